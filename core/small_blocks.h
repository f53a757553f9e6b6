// Small blocks of memory: oneTBB's scalable allocator. A build with sanitizers takes the C library's instead, which they watch.
#pragma once

#include <cstddef>

#ifdef TARE_SANITIZED
#include <cstdlib>
#else
#include <oneapi/tbb/scalable_allocator.h>
#endif

namespace tare {

/// Null when there is no memory left. Freed by small_free alone.
inline void* small_allocate(size_t bytes) {
#ifdef TARE_SANITIZED
  return std::malloc(bytes);
#else
  return scalable_malloc(bytes);
#endif
}
inline void small_free(void* p) {
#ifdef TARE_SANITIZED
  std::free(p);
#else
  scalable_free(p);
#endif
}

/// The same, on a boundary of 64 bytes. Freed by small_free_aligned alone.
inline void* small_allocate_aligned(size_t bytes) {
#ifdef TARE_SANITIZED
  void* p = nullptr;
  return posix_memalign(&p, 64, bytes) == 0 ? p : nullptr;
#else
  return scalable_aligned_malloc(bytes, 64);
#endif
}
inline void small_free_aligned(void* p) {
#ifdef TARE_SANITIZED
  std::free(p);
#else
  scalable_aligned_free(p);
#endif
}

}  // namespace tare
