# A page for each program that is installed. What is long is in docs/manual; a page says what is called how, and with what result.
foreach(section 1 5 8)
  file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.${section}")
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
