// What this processor can do beyond every x86-64, for plain loops that exist twice (Google Highway chooses for its own).
#pragma once

#include <cstdint>

namespace tare {

/// Functions so marked are compiled for vectors of 32 bytes; call them only where has_wide_vectors(). Without fused multiply-adds, so that
/// they give the same bits as their plain forms.
#ifdef __x86_64__
#define TARE_WIDE [[gnu::target("avx2")]]
#else
#define TARE_WIDE
#endif
bool has_wide_vectors();
/// Before a loop whose turns touch different numbers: it is vectorised without checks that its arrays do not overlap, of which compilers make only so many.
#ifdef __clang__
#define TARE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define TARE_INDEPENDENT _Pragma("GCC ivdep")
#endif
/// Before a loop that streams through memory: four vectors a turn, so that more loads are under way at a time. (Clang does so by itself.)
#ifdef __clang__
#define TARE_UNROLLED
#else
#define TARE_UNROLLED _Pragma("GCC unroll 4")
#endif
/// AVX-512 as Highway uses it.
bool has_512_bit_vectors();
/// Bytes of the last level of cache, as far as one core can use it; 32 MiB where the system does not say.
int64_t last_level_cache_bytes();

}  // namespace tare
