# Compiler settings and third parties that every target shares.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()

option(ZOOKERNEL_WERROR "Treat warnings as errors" ON)
option(ZOOKERNEL_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
set(ZOOKERNEL_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

find_program(ZOOKERNEL_CCACHE ccache)
if(ZOOKERNEL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(launcher "${ZOOKERNEL_CCACHE}")
  if(ZOOKERNEL_PORTABLE)
    # A base directory makes the cache hand relative paths to the compiler, which then stand in the programs.
    set(launcher "${CMAKE_COMMAND}" -E env CCACHE_BASEDIR= "${ZOOKERNEL_CCACHE}")
  endif()
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

add_library(zookernel_flags INTERFACE)
target_compile_options(zookernel_flags INTERFACE
  -Wall -Wextra -Wshadow
  $<$<COMPILE_LANGUAGE:CXX>:-Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual>
  $<$<BOOL:${ZOOKERNEL_WERROR}>:-Werror>)
if(ZOOKERNEL_SANITIZE)
  target_compile_options(zookernel_flags INTERFACE -fsanitize=${ZOOKERNEL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(zookernel_flags INTERFACE -fsanitize=${ZOOKERNEL_SANITIZE})
endif()
target_include_directories(zookernel_flags INTERFACE "${PROJECT_SOURCE_DIR}")
# Installed trees are relocatable: programs and plugins find their libraries relative to themselves.
# A portable build never holds its place: a path in a file that is only replaced when it is installed would still be in its build id.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ${ZOOKERNEL_PORTABLE})
set(CMAKE_INSTALL_LIBDIR lib)

set(Boost_NO_WARN_NEW_VERSIONS ON)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
