# The few kinds of target that the project has, each declared in one call.

# zookernel_add_library(NAME SOURCES ... LIBS ... [PRIVATE_LIBS ...]): a static, position independent library.
function(zookernel_add_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_LIBS} PRIVATE $<BUILD_INTERFACE:zookernel_flags> ${arg_PRIVATE_LIBS})
endfunction()

# zookernel_add_builtin_plugin(KIND NAME SOURCES ... [LIBS ...] [EXTRA_SOURCES ...]): a plugin of our own. The code is a static library
# (plugin_KIND_NAME_code), so that tests and the simulation can link it; the shared object adds the manifest (plugin.cc) and exports
# nothing else. It is installed to lib/zookernel/plugins.
function(zookernel_add_builtin_plugin kind name)
  cmake_parse_arguments(arg "" "MANIFEST" "SOURCES;LIBS" ${ARGN})
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST plugin.cc)
  endif()
  set(target plugin_${kind}_${name})
  set(code)
  if(arg_SOURCES)
    add_library(${target}_code STATIC ${arg_SOURCES})
    target_link_libraries(${target}_code PUBLIC zookernel::sdk zookernel::wire ${arg_LIBS} PRIVATE $<BUILD_INTERFACE:zookernel_flags>)
    set(code ${target}_code)
  endif()
  add_library(${target} MODULE ${arg_MANIFEST})
  target_link_libraries(${target} PRIVATE ${code} zookernel::sdk zookernel::wire ${arg_LIBS} zookernel_flags)
  set_target_properties(${target} PROPERTIES
    PREFIX lib OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/plugins"
    BUILD_RPATH "${PROJECT_BINARY_DIR}/lib"
    INSTALL_RPATH "$ORIGIN/..")
  target_link_options(${target} PRIVATE
    "-Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/plugin.map" -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,--exclude-libs,ALL)
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/zookernel/plugins)
  set_property(GLOBAL APPEND PROPERTY zookernel_builtin_plugins ${target})
endfunction()

# zookernel_add_test(NAME SOURCES ... LIBS ... [LABELS ...]): one Catch2 program, registered with ctest as one test.
function(zookernel_add_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(NOT TARGET zookernel::catch2)
    include(ZookernelCatch2)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} zookernel::catch2 zookernel_flags)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
    if(ZOOKERNEL_SANITIZE)
      set(arg_TIMEOUT 600)
    endif()
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
    ENVIRONMENT "ZOOKERNEL_SOURCE_DIR=${PROJECT_SOURCE_DIR};ZOOKERNEL_BUILD_DIR=${PROJECT_BINARY_DIR}")
endfunction()

# zookernel_regex_source(FILE): FILE, of a target of this folder, uses std::regex. GCC under the address sanitizer takes that, inlined, for a
# use of uninitialised memory (GCC bug 105562): the warning is off for the file, in that build.
function(zookernel_regex_source file)
  if(ZOOKERNEL_SANITIZE MATCHES "address" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set_source_files_properties("${file}" PROPERTIES COMPILE_OPTIONS -Wno-maybe-uninitialized)
  endif()
endfunction()
