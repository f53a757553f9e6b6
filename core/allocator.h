// Memory for tensors: 64-byte aligned, cached, counted.
//
// Small blocks come from small_blocks.h; from 64 KiB on they come from a cache of freed blocks on huge pages, because
// touching a fresh 64 MiB costs 35 ms with 4 KiB pages and nothing when the block was just used.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tare {

struct MemoryStats {
  int64_t live_bytes;      ///< held by tensors now
  int64_t peak_bytes;      ///< largest live_bytes since the last reset, to 32 KiB a thread
  int64_t cached_bytes;    ///< freed, kept for reuse
};

/// At least `bytes` bytes, 64-byte aligned, contents undefined. Throws std::bad_alloc.
void* allocate(size_t bytes);
/// Returns a block of allocate; `bytes` as given there.
void deallocate(void* p, size_t bytes);

MemoryStats memory_stats();
void reset_peak_memory();
/// Gives cached blocks back to the system, and the calling thread's small ones to the allocator below.
void empty_memory_cache();

}  // namespace tare
