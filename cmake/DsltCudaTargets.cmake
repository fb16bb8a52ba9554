# SPDX-License-Identifier: Apache-2.0
# Which of DSLT_CUDA_ARCHITECTURES this nvcc can make: DSLT_CUDA_TARGETS is the list for the target property (machine
# code for each, PTX for the first and the last), DSLT_CUDA_NUMBERS and DSLT_CUDA_PTX the same as C initialisers. An older toolkit does not know
# the newest GPUs and a newer one has dropped the oldest, so what it cannot make is left out and named.

execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --list-gpu-code OUTPUT_VARIABLE codes ERROR_VARIABLE trouble
                RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${CMAKE_CUDA_COMPILER} --list-gpu-code failed: ${trouble}")
endif()
string(REGEX MATCHALL "sm_[0-9]+" codes "${codes}")

set(DSLT_CUDA_TARGETS)
set(DSLT_CUDA_NUMBERS)
set(left_out)
set(wanted ${DSLT_CUDA_ARCHITECTURES})
list(SORT wanted COMPARE NATURAL)
foreach(architecture ${wanted})
  if(NOT architecture MATCHES "^[0-9]+$")
    message(FATAL_ERROR "DSLT_CUDA_ARCHITECTURES takes numbers such as 75;90, not \"${architecture}\"")
  elseif("sm_${architecture}" IN_LIST codes)
    list(APPEND DSLT_CUDA_TARGETS ${architecture}-real)
    list(APPEND DSLT_CUDA_NUMBERS ${architecture})
  else()
    list(APPEND left_out ${architecture})
  endif()
endforeach()
if(NOT DSLT_CUDA_NUMBERS)
  message(FATAL_ERROR "CUDA ${CUDAToolkit_VERSION} makes none of DSLT_CUDA_ARCHITECTURES=${DSLT_CUDA_ARCHITECTURES}")
endif()
if(left_out)
  message(STATUS "dslt: CUDA ${CUDAToolkit_VERSION} makes no code for ${left_out}; left out")
endif()
# PTX for what has no machine code here: of the oldest, which every later GPU can compile, and of the newest.
list(GET DSLT_CUDA_NUMBERS 0 oldest)
list(GET DSLT_CUDA_NUMBERS -1 newest)
set(DSLT_CUDA_PTX ${oldest} ${newest})
list(REMOVE_DUPLICATES DSLT_CUDA_PTX)
foreach(architecture ${DSLT_CUDA_PTX})
  list(APPEND DSLT_CUDA_TARGETS ${architecture}-virtual)
endforeach()
list(JOIN DSLT_CUDA_NUMBERS "," DSLT_CUDA_NUMBERS)
list(JOIN DSLT_CUDA_PTX "," DSLT_CUDA_PTX)
