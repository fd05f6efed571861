# zookernel_add_plugin(NAME SOURCE...): a plugin of the outer circle, libNAME.so, in C or C++ (11 and up).
# It exports nothing but its manifest and is never unloaded.
function(zookernel_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE zookernel::abi)
  set_target_properties(${name} PROPERTIES PREFIX lib C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  set(map "${CMAKE_CURRENT_BINARY_DIR}/${name}.map")
  file(WRITE "${map}" "{ global: zookernel_plugin; local: *; };\n")
  target_link_options(${name} PRIVATE "-Wl,--version-script=${map}" -Wl,-z,nodelete -Wl,-z,now)
endfunction()
