# Each dependency is found here and nowhere else.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)

# dslt_find(<result> <choice> <what> <package>) : AUTO takes what is there, ON insists.
if(NOT DSLT_WITH_ONEDNN STREQUAL "OFF")
  find_package(dnnl CONFIG QUIET)
  if(NOT dnnl_FOUND AND DSLT_WITH_ONEDNN STREQUAL "ON")
    message(FATAL_ERROR "oneDNN was asked for and not found: apt-get install libdnnl-dev")
  endif()
endif()
set(DSLT_ONEDNN ${dnnl_FOUND})

if(NOT DSLT_WITH_OPENCV STREQUAL "OFF")
  find_package(OpenCV 4 QUIET COMPONENTS core imgproc imgcodecs videoio OPTIONAL_COMPONENTS highgui)
  if(NOT OpenCV_FOUND AND DSLT_WITH_OPENCV STREQUAL "ON")
    message(FATAL_ERROR "OpenCV was asked for and not found: apt-get install libopencv-dev")
  endif()
endif()
set(DSLT_OPENCV ${OpenCV_FOUND})

if(NOT DSLT_WITH_CUDA STREQUAL "OFF")
  include(CheckLanguage)
  # Compile for real architectures only; the target property carries the list.
  set(CMAKE_CUDA_ARCHITECTURES OFF)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    find_package(CUDAToolkit REQUIRED)
    set(CMAKE_CUDA_STANDARD 17)
    set(DSLT_CUDA ON)
  elseif(DSLT_WITH_CUDA STREQUAL "ON")
    message(FATAL_ERROR "CUDA was asked for and nvcc was not found: put it on PATH or set CUDACXX")
  endif()
endif()
if(NOT DSLT_CUDA)
  set(DSLT_CUDA OFF)
endif()

message(STATUS "dslt: oneDNN ${DSLT_ONEDNN}, OpenCV ${DSLT_OPENCV}, CUDA ${DSLT_CUDA}")
