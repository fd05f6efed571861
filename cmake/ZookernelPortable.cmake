# ZOOKERNEL_PORTABLE=ON: programs that run on every Linux with glibc ZOOKERNEL_GLIBC_FLOOR or newer (packaging/portable/README.md). They are
# compiled as always; only what they are linked with is other: stand-ins of an old C library, a C++ library of their own, and third parties
# as static archives. Included before anything is looked for.

option(ZOOKERNEL_PORTABLE "Build for every Linux with an old glibc, third parties linked statically (needs Debian 12)" OFF)
set(ZOOKERNEL_GLIBC_FLOOR 2.12 CACHE STRING "The oldest glibc that a portable build runs on")
# Libraries that belong to nobody but us: a folder of our own, where no distribution and no other program looks.
set(ZOOKERNEL_PRIVATE_LIBDIR lib/zookernel)
if(NOT ZOOKERNEL_PORTABLE)
  return()
endif()

set(portable_sources "${PROJECT_SOURCE_DIR}/packaging/portable")
set(floor "${PROJECT_BINARY_DIR}/floor")
set(floor_libraries "${floor}/usr/lib64")
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(zookernel_run_portable_step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    list(GET ARGN 1 step)
    message(FATAL_ERROR "${step} failed:\n${said}")
  endif()
endfunction()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  "${portable_sources}/make_floor.py" "${portable_sources}/make_cxx_library.py" "${portable_sources}/missing_functions.c"
  "${portable_sources}/nonshared.c" "${portable_sources}/start.c" "${portable_sources}/thread_exit.c")
zookernel_run_portable_step("${Python3_EXECUTABLE}" "${portable_sources}/make_floor.py" ${ZOOKERNEL_GLIBC_FLOOR} "${floor}")
zookernel_run_portable_step("${Python3_EXECUTABLE}" "${portable_sources}/make_cxx_library.py" "${floor}"
  "${PROJECT_BINARY_DIR}/lib/libzookernel-c++.so.6")
set(CMAKE_BUILD_RPATH "${PROJECT_BINARY_DIR}/lib")
install(PROGRAMS "${PROJECT_BINARY_DIR}/lib/libzookernel-c++.so.6" DESTINATION ${ZOOKERNEL_PRIVATE_LIBDIR})

# Third parties. Those that are named by -lNAME are found in the floor, and nowhere else.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(Boost_USE_STATIC_LIBS ON)
set(OPENSSL_USE_STATIC_LIBS ON)
set(Protobuf_USE_STATIC_LIBS ON)
foreach(name deflate z snappy zstd tinfo bsd md)
  find_library(ZOOKERNEL_STATIC_${name} NAMES ${name} REQUIRED)
  file(CREATE_LINK "${ZOOKERNEL_STATIC_${name}}" "${floor_libraries}/lib${name}.a" SYMBOLIC)
endforeach()
# Debian's protobuf cannot become part of a shared object.
set(protobuf_lite "${PROJECT_BINARY_DIR}/protobuf/libprotobuf-lite.a")
if(NOT EXISTS "${protobuf_lite}")
  message(STATUS "Building protobuf's small library")
  zookernel_run_portable_step(sh "${portable_sources}/make_protobuf.sh" "${PROJECT_BINARY_DIR}/protobuf")
endif()
set(Protobuf_LITE_LIBRARY_RELEASE "${protobuf_lite}" CACHE FILEPATH "" FORCE)
set(Protobuf_LITE_LIBRARY "${protobuf_lite}" CACHE FILEPATH "" FORCE)

# What the debugger and our own messages name is where the sources are of a debuginfo package, wherever this was built. DWARF 5 is too
# new for the debuggers of old systems.
add_compile_options("-ffile-prefix-map=${PROJECT_BINARY_DIR}=/usr/src/zookernel-${PROJECT_VERSION}/build"
  "-ffile-prefix-map=${PROJECT_SOURCE_DIR}=/usr/src/zookernel-${PROJECT_VERSION}" -gdwarf-4 -fstack-protector-strong -ffunction-sections
  "$<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>")
set(portable_link "--sysroot=${floor} -B${floor_libraries}/ -L${floor_libraries} -Wl,--exclude-libs,ALL -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,-z,defs")
foreach(kind EXE SHARED MODULE)
  string(APPEND CMAKE_${kind}_LINKER_FLAGS " ${portable_link}")
endforeach()
# In an old glibc these are libraries of their own.
string(APPEND CMAKE_CXX_STANDARD_LIBRARIES " -Wl,--push-state,--no-as-needed -lpthread -ldl -lrt -lm -Wl,--pop-state")
string(APPEND CMAKE_C_STANDARD_LIBRARIES " -Wl,--push-state,--no-as-needed -lpthread -ldl -lrt -lm -Wl,--pop-state")
