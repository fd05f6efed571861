# zookernel::catch2: Catch2 with its main function. Version 3 is used where the system has it; version 2 (Debian 12) gets the header
# names of version 3 from tests/support/catch2_compat, so that test sources include <catch2/catch_test_macros.hpp> either way.

find_package(Catch2 REQUIRED)
# Imported targets belong to the folder that looked for them; tests live in many.
foreach(target Catch2::Catch2 Catch2::Catch2WithMain)
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
  endif()
endforeach()
if(Catch2_VERSION VERSION_GREATER_EQUAL 3)
  add_library(zookernel_catch2 INTERFACE)
  target_link_libraries(zookernel_catch2 INTERFACE Catch2::Catch2WithMain)
else()
  add_library(zookernel_catch2 STATIC "${PROJECT_SOURCE_DIR}/tests/support/catch2_main.cc")
  target_link_libraries(zookernel_catch2 PUBLIC Catch2::Catch2 PRIVATE zookernel_flags)
  target_include_directories(zookernel_catch2 SYSTEM PUBLIC "${PROJECT_SOURCE_DIR}/tests/support/catch2_compat")
  # It uses std::regex for its command line.
  zookernel_regex_source("${PROJECT_SOURCE_DIR}/tests/support/catch2_main.cc")
endif()
add_library(zookernel::catch2 ALIAS zookernel_catch2)
