#include "core/allocator.h"

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <mutex>
#include <new>
#include <vector>

#include "core/small_blocks.h"

namespace tare {
namespace {

constexpr size_t kLarge = size_t{1} << 20;     // from here on blocks are mapped and cached
constexpr size_t kHugePage = size_t{2} << 20;  // transparent huge pages want this alignment
constexpr size_t kCacheLimit = size_t{4} << 30;

std::atomic<int64_t> live{0}, peak{0}, cached{0};

void count(int64_t delta) {
  int64_t now = live.fetch_add(delta, std::memory_order_relaxed) + delta;
  int64_t before = peak.load(std::memory_order_relaxed);
  while (now > before && !peak.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
  }
}

// Sizes of large blocks are rounded up so that a freed block fits later requests of about its size: eight classes an octave.
size_t round_large(size_t bytes) {
  size_t step = std::bit_floor(bytes) / 8;
  if (step < 65536) step = 65536;
  return (bytes + step - 1) / step * step;
}

struct Cache {
  std::mutex mutex;
  struct Bin {
    size_t bytes;
    std::vector<void*> blocks;
  };
  std::vector<Bin> bins;  // few distinct sizes occur in a program; a scan is faster than a map

  void* take(size_t bytes) {
    std::lock_guard lock(mutex);
    for (Bin& bin : bins)
      if (bin.bytes == bytes && !bin.blocks.empty()) {
        void* p = bin.blocks.back();
        bin.blocks.pop_back();
        cached.fetch_sub(int64_t(bytes), std::memory_order_relaxed);
        return p;
      }
    return nullptr;
  }
  bool put(void* p, size_t bytes) {
    if (cached.load(std::memory_order_relaxed) + int64_t(bytes) > int64_t(kCacheLimit)) return false;
    std::lock_guard lock(mutex);
    cached.fetch_add(int64_t(bytes), std::memory_order_relaxed);
    for (Bin& bin : bins)
      if (bin.bytes == bytes) return bin.blocks.push_back(p), true;
    bins.push_back({bytes, {p}});
    return true;
  }
};

// Never destroyed: tensors with static lifetime may be freed after any static destructor.
Cache& cache() {
  static Cache* c = new Cache;
  return *c;
}

void* map(size_t bytes) {
  // Map more than needed and trim, so that the block starts on a huge page when it is at least one long.
  size_t slack = bytes >= kHugePage ? kHugePage : 0;
  void* raw = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  auto address = reinterpret_cast<uintptr_t>(raw);
  if (slack) {
    uintptr_t aligned = (address + kHugePage - 1) / kHugePage * kHugePage;
    if (aligned > address) munmap(raw, aligned - address);
    if (address + slack > aligned) munmap(reinterpret_cast<void*>(aligned + bytes), address + slack - aligned);
    address = aligned;
    madvise(reinterpret_cast<void*>(address), bytes, MADV_HUGEPAGE);
  }
  return reinterpret_cast<void*>(address);
}

}  // namespace

void* allocate(size_t bytes) {
  void* p;
  if (bytes < kLarge) {
    p = small_allocate_aligned(bytes ? bytes : 1);
    if (!p) throw std::bad_alloc();
  } else {
    if (bytes > (size_t{1} << 46)) throw std::bad_alloc();
    size_t rounded = round_large(bytes);
    p = cache().take(rounded);
    if (!p) p = map(rounded);
  }
  count(int64_t(bytes));
  return p;
}

void deallocate(void* p, size_t bytes) {
  if (!p) return;
  count(-int64_t(bytes));
  if (bytes < kLarge) return small_free_aligned(p);
  size_t rounded = round_large(bytes);
  if (!cache().put(p, rounded)) munmap(p, rounded);
}

MemoryStats memory_stats() { return {live.load(), peak.load(), cached.load()}; }
void reset_peak_memory() { peak = live.load(); }

void empty_memory_cache() {
  Cache& c = cache();
  std::lock_guard lock(c.mutex);
  for (Cache::Bin& bin : c.bins) {
    for (void* p : bin.blocks) munmap(p, bin.bytes);
    cached.fetch_sub(int64_t(bin.bytes * bin.blocks.size()), std::memory_order_relaxed);
    bin.blocks.clear();
  }
}

}  // namespace tare
