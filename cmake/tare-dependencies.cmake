# The libraries tare stands on, as imported targets in TARE_DEPENDENCIES. Read by the build and by the installed tare-config.cmake, so that
# a program using the installed library finds the same ones.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(TBB)
find_dependency(ZLIB)
find_dependency(PNG)
find_dependency(fmt)
find_dependency(hwy)

# OpenBLAS and LAPACKE: Debian ships several builds of each, found through their alternatives; their own CMake files name one build's path.
find_path(TARE_CBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES openblas openblas-pthread ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread)
find_path(TARE_LAPACKE_INCLUDE_DIR lapacke.h)
find_library(TARE_OPENBLAS_LIBRARY openblas)
find_library(TARE_LAPACKE_LIBRARY lapacke)
# KissFFT: the header-only template serves float and double.
find_path(TARE_KISSFFT_INCLUDE_DIR kissfft/kissfft.hh)
foreach(part CBLAS_INCLUDE_DIR LAPACKE_INCLUDE_DIR OPENBLAS_LIBRARY LAPACKE_LIBRARY KISSFFT_INCLUDE_DIR)
  mark_as_advanced(TARE_${part})
  if(NOT TARE_${part})
    message(FATAL_ERROR "tare: OpenBLAS, LAPACKE or KissFFT is missing (TARE_${part}). On Debian: "
                        "apt-get install libopenblas-dev liblapacke-dev libkissfft-dev")
  endif()
endforeach()
if(NOT TARGET tare::blas)
  add_library(tare::blas INTERFACE IMPORTED)
  target_include_directories(tare::blas INTERFACE ${TARE_CBLAS_INCLUDE_DIR} ${TARE_LAPACKE_INCLUDE_DIR} ${TARE_KISSFFT_INCLUDE_DIR})
  target_link_libraries(tare::blas INTERFACE ${TARE_LAPACKE_LIBRARY} ${TARE_OPENBLAS_LIBRARY})
endif()

set(TARE_DEPENDENCIES tare::blas TBB::tbb TBB::tbbmalloc ZLIB::ZLIB PNG::PNG fmt::fmt hwy::hwy Threads::Threads)
