# SPDX-License-Identifier: Apache-2.0
# make install, find_package(dslt) and pkg-config. Nothing installed names the prefix, so the tree may be moved.

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dslt)

# ---- files -----------------------------------------------------------------------------------------

# Libraries found outside the system's folders (a oneDNN in /opt, say) are found at run time too.
set_target_properties(dslt dslt_shared PROPERTIES INSTALL_RPATH_USE_LINK_PATH TRUE)
set_target_properties(dslt_shared PROPERTIES EXPORT_NAME dslt)
set_target_properties(dslt_static PROPERTIES EXPORT_NAME static)

# Two export sets: who links the shared library needs none of what the static one asks for.
install(TARGETS dslt RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS dslt_shared EXPORT dslt-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS dslt_static EXPORT dslt-static-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_SOURCE_DIR}/include/dslt/dslt.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/dslt)
# The Python of `dslt report`; the program looks for it beside itself, installed or in the build folder.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/host/report/ DESTINATION ${CMAKE_INSTALL_DATADIR}/dslt/report
  FILES_MATCHING PATTERN "*.py" PATTERN "*.css" PATTERN "*.js" PATTERN "*.html" PATTERN "__pycache__" EXCLUDE)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/dslt)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/host/report ${CMAKE_BINARY_DIR}/share/dslt/report SYMBOLIC)
# ... and of `dslt bench --plot`.
install(FILES ${CMAKE_SOURCE_DIR}/bench/plot_sweep.py DESTINATION ${CMAKE_INSTALL_DATADIR}/dslt/bench)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/bench ${CMAKE_BINARY_DIR}/share/dslt/bench SYMBOLIC)
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)

# ---- dslt(1), completions for bash, zsh and fish ---------------------------------------------------

# From the program's own --help; without Python there are none.
find_program(DSLT_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
set(manual ${CMAKE_BINARY_DIR}/manual)
set(manual_files ${manual}/dslt.1 ${manual}/dslt.bash ${manual}/_dslt ${manual}/dslt.fish)
add_custom_target(dslt_manual ALL)
if(DSLT_PYTHON)
  add_custom_command(OUTPUT ${manual_files}
    COMMAND ${DSLT_PYTHON} ${CMAKE_SOURCE_DIR}/scripts/manual.py $<TARGET_FILE:dslt> ${manual}
    DEPENDS dslt ${CMAKE_SOURCE_DIR}/scripts/manual.py COMMENT "Writing dslt(1) and completions" VERBATIM)
  add_custom_target(dslt_manual_files DEPENDS ${manual_files})
  add_dependencies(dslt_manual dslt_manual_files)
endif()
install(FILES ${manual}/dslt.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES ${manual}/dslt.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME dslt OPTIONAL)
install(FILES ${manual}/_dslt DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
install(FILES ${manual}/dslt.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)

# ---- find_package(dslt) ----------------------------------------------------------------------------

install(EXPORT dslt-targets NAMESPACE dslt:: DESTINATION ${package_dir})
install(EXPORT dslt-static-targets NAMESPACE dslt:: DESTINATION ${package_dir})

# The OpenMP runtime by name (gomp, omp): it must be the one these objects were compiled for, whatever compiler
# the user has, and a project in C++ alone can link it as well.
set(DSLT_OPENMP_LIBRARIES ${OpenMP_C_LIB_NAMES})
list(REMOVE_ITEM DSLT_OPENMP_LIBRARIES pthread)

configure_package_config_file(cmake/dslt-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/dslt-config.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a new minor version may change the interface.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/dslt-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/dslt-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/dslt-config-version.cmake
  DESTINATION ${package_dir})
if(DSLT_ONEDNN)
  install(FILES cmake/FindDNNL.cmake DESTINATION ${package_dir})
endif()

# ---- pkg-config ------------------------------------------------------------------------------------

# "-L/opt/x/lib -lx" for libx found there, "-lx" in the compiler's own folders.
function(dslt_link_flags out)
  set(flags)
  foreach(library ${ARGN})
    if(IS_ABSOLUTE "${library}")
      get_filename_component(folder "${library}" DIRECTORY)
      get_filename_component(name "${library}" NAME)
      string(REGEX REPLACE "^lib(.+)\\.(a|so[0-9.]*)$" "\\1" name "${name}")
      if(NOT folder IN_LIST CMAKE_C_IMPLICIT_LINK_DIRECTORIES)
        list(APPEND flags "-L${folder}")
      endif()
      list(APPEND flags "-l${name}")
    else()
      list(APPEND flags "-l${library}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES flags)
  list(JOIN flags " " flags)
  set(${out} "${flags}" PARENT_SCOPE)
endfunction()

# All in Libs.private, nothing in Requires.private: there, `pkg-config --cflags dslt` would fail for want of
# jansson's development files, of which a user of the shared library needs none.
set(private ${JANSSON_LINK_LIBRARIES})
if(DSLT_ONEDNN)
  list(APPEND private ${DNNL_LIBRARY})
endif()
if(DSLT_LIBCRYPTO)
  list(APPEND private ${LIBCRYPTO_LINK_LIBRARIES})
endif()
if(DSLT_LAPACK)
  list(APPEND private ${LAPACK_LINK_LIBRARIES})
endif()
if(DSLT_ONNX)
  list(APPEND private ${DSLT_ONNX_LIBRARY} ${PROTOBUF_LINK_LIBRARIES} stdc++)
endif()
if(DSLT_CUDA)
  get_target_property(cudart CUDA::cudart_static IMPORTED_LOCATION)
  list(APPEND private ${cudart} stdc++ dl rt)
endif()
dslt_link_flags(DSLT_PC_PRIVATE ${private} ${DSLT_OPENMP_LIBRARIES} pthread m)

# From lib/pkgconfig back to the prefix.
file(RELATIVE_PATH DSLT_PC_PREFIX /dslt/${CMAKE_INSTALL_LIBDIR}/pkgconfig /dslt)
string(REGEX REPLACE "/$" "" DSLT_PC_PREFIX "${DSLT_PC_PREFIX}")
configure_file(cmake/dslt.pc.in ${CMAKE_CURRENT_BINARY_DIR}/dslt.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/dslt.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(DSLT_BUILD_TESTS)
  add_subdirectory(tests/install)
endif()
