# SPDX-License-Identifier: Apache-2.0
# What a user may choose, and how everything is compiled.

set(DSLT_WITH_ONEDNN AUTO CACHE STRING "CPU convolutions by oneDNN: AUTO, ON or OFF (plain C instead)")
set(DSLT_WITH_ONNX AUTO CACHE STRING "ONNX files as weights by libonnx: AUTO, ON or OFF")
set(DSLT_WITH_OPENCV AUTO CACHE STRING "Videos, images and windows by OpenCV: AUTO, ON or OFF (PNM and rendered scenes only)")
set(DSLT_WITH_CIVETWEB AUTO CACHE STRING "The page of dslt live by civetweb: AUTO, ON or OFF")
set(DSLT_WITH_CUDA AUTO CACHE STRING "CUDA parts: AUTO (when nvcc is found), ON or OFF")
set(DSLT_WITH_GSTREAMER AUTO CACHE STRING "GStreamer's element dslttrack, a plugin: AUTO, ON or OFF")
option(DSLT_BUILD_TESTS "Build the tests" ON)
option(DSLT_BUILD_PYTHON "Build the extension module of the Python package; `pip install .` turns it on" OFF)
option(DSLT_WERROR "Treat warnings as errors" OFF)
set(DSLT_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")
# Code of graphics cards does not run on the GPUs beside ARM processors (Jetson Orin and Thor), which need their own.
set(architectures 75 80 86 89 90 100 120)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  list(APPEND architectures 87 110)
endif()
set(DSLT_CUDA_ARCHITECTURES "${architectures}" CACHE STRING
    "SASS is made for each of these, PTX for the first and the last")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()

# Compile through ccache where it is installed, unless the user chose a launcher.
find_program(DSLT_CCACHE ccache)
mark_as_advanced(DSLT_CCACHE)
foreach(language C CXX)
  if(DSLT_CCACHE AND NOT DEFINED CMAKE_${language}_COMPILER_LAUNCHER)
    set(CMAKE_${language}_COMPILER_LAUNCHER ${DSLT_CCACHE})
  endif()
endforeach()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(dslt_flags INTERFACE)
target_compile_options(dslt_flags INTERFACE
  $<$<COMPILE_LANGUAGE:C,CXX>:-Wall -Wextra -Wpedantic -Wshadow>
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
  $<$<AND:$<BOOL:${DSLT_WERROR}>,$<COMPILE_LANGUAGE:C,CXX>>:-Werror>
  # __FILE__ and debug paths must not carry the build folder into the bytes.
  $<$<COMPILE_LANGUAGE:C,CXX>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.>)
target_compile_definitions(dslt_flags INTERFACE _GNU_SOURCE)
target_include_directories(dslt_flags INTERFACE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/host)

if(DSLT_SANITIZE)
  # Not for nvcc, which does not know them.
  add_compile_options($<$<COMPILE_LANGUAGE:C,CXX>:-fsanitize=${DSLT_SANITIZE}>
    $<$<COMPILE_LANGUAGE:C,CXX>:-fno-omit-frame-pointer> $<$<COMPILE_LANGUAGE:C,CXX>:-fno-sanitize-recover=all>)
  add_link_options(-fsanitize=${DSLT_SANITIZE})
  # With the instrumentation in its way gcc takes std::regex of its own library for uninitialized.
  add_compile_options($<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
endif()
