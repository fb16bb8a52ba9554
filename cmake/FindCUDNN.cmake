# SPDX-License-Identifier: Apache-2.0
# cuDNN 9 or later: CUDNN_INCLUDE_DIR and CUDNN_LIBRARY, from NVIDIA's packages, beside the CUDA toolkit, or inside Python's
# nvidia-cudnn package. -D CUDNN_ROOT=FOLDER (with include/ and lib/) goes first. Only the headers are needed to build; the
# library is opened by the program when it runs, and CUDNN_LIBRARY is where it looks first.

set(hints ${CUDNN_ROOT} $ENV{CUDNN_ROOT} $ENV{CUDNN_PATH})
find_program(CUDNN_PYTHON NAMES python3 python)
mark_as_advanced(CUDNN_PYTHON)
if(CUDNN_PYTHON)
  # A namespace package: where it is, without importing what belongs to it.
  execute_process(COMMAND ${CUDNN_PYTHON} -c "import nvidia.cudnn as m; print(';'.join(m.__path__))"
                  OUTPUT_VARIABLE in_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    set(in_python)
  endif()
endif()
# A package manager's and the toolkit's own before Python's, which may belong to another CUDA version.
find_path(CUDNN_INCLUDE_DIR cudnn_version.h
          HINTS ${hints} ${CUDAToolkit_INCLUDE_DIRS} ${in_python} PATHS /usr/local/cuda PATH_SUFFIXES include)
find_file(CUDNN_LIBRARY NAMES libcudnn.so.9
          HINTS ${hints} ${CUDAToolkit_LIBRARY_DIR} ${in_python} PATHS /usr/local/cuda /usr
          PATH_SUFFIXES lib64 lib lib/x86_64-linux-gnu lib/aarch64-linux-gnu)
mark_as_advanced(CUDNN_INCLUDE_DIR CUDNN_LIBRARY)

if(CUDNN_INCLUDE_DIR)
  foreach(file cudnn_version.h cudnn_version_v9.h)
    if(EXISTS ${CUDNN_INCLUDE_DIR}/${file})
      file(STRINGS ${CUDNN_INCLUDE_DIR}/${file} lines REGEX "^#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) ")
      string(REGEX REPLACE "[^0-9;]" "" numbers "${lines}")
      if(numbers)
        list(JOIN numbers "." CUDNN_VERSION)
        break()
      endif()
    endif()
  endforeach()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CUDNN REQUIRED_VARS CUDNN_INCLUDE_DIR VERSION_VAR CUDNN_VERSION)
