#include "core/cpu.h"

#include <fstream>

namespace tare {

bool has_wide_vectors() {
#ifdef __x86_64__
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
#else
  return false;
#endif
}

bool has_512_bit_vectors() {
#ifdef __x86_64__
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512vl");
  return has;
#else
  return false;
#endif
}

int64_t last_level_cache_bytes() {
  static const int64_t bytes = [] {
    // Not sysconf: glibc multiplies by processors that do not share the cache. The file says "32768K", of one cache.
    std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index3/size");
    int64_t kib = 0;
    return file >> kib && kib > 0 ? kib << 10 : int64_t{32} << 20;
  }();
  return bytes;
}

}  // namespace tare
