#include "core/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <mutex>
#include <new>
#include <unordered_map>
#include <vector>

#include "core/per_thread.h"
#include "core/small_blocks.h"

namespace tare {
namespace {

#ifdef TARE_SANITIZED
constexpr size_t kLarge = size_t{1} << 20;     // sanitizers watch the small ones
#else
constexpr size_t kLarge = size_t{1} << 16;     // from here on blocks are mapped and cached
#endif
constexpr size_t kHugePage = size_t{2} << 20;  // transparent huge pages want this alignment
constexpr size_t kRegion = size_t{32} << 20;   // blocks shorter than a huge page are cut from regions of this size, touched as they are needed
constexpr size_t kCacheLimit = size_t{4} << 30;

std::atomic<int64_t> live{0}, peak{0}, cached{0}, uncounted_at_reset{0};

// A thread's small blocks are added to `live` when they have come to this much: an atomic addition costs half as much as taking a block.
constexpr int64_t kUncounted = 1 << 15;
struct Uncounted {
  std::atomic<int64_t> bytes{0};
};

void count_all(int64_t delta) {
  int64_t now = live.fetch_add(delta, std::memory_order_relaxed) + delta;
  int64_t before = peak.load(std::memory_order_relaxed);
  while (now > before && !peak.compare_exchange_weak(before, now, std::memory_order_relaxed)) {
  }
}

void count(int64_t delta) {
  std::atomic<int64_t>& mine = PerThread<Uncounted>::mine().bytes;
  int64_t sum = mine.load(std::memory_order_relaxed) + delta;
  if (sum > kUncounted || sum < -kUncounted) {
    count_all(sum);
    sum = 0;
  }
  mine.store(sum, std::memory_order_relaxed);
}

int64_t uncounted() {
  int64_t total = 0;
  PerThread<Uncounted>::each([&](const Uncounted& u) { total += u.bytes.load(std::memory_order_relaxed); });
  return total;
}

// Sizes of large blocks are rounded up so that a freed block fits later requests of about its size: eight classes an octave.
size_t round_large(size_t bytes) {
  size_t step = std::bit_floor(bytes) / 8;  // a multiple of a page
  return (bytes + step - 1) / step * step;
}

void* map(size_t bytes) {
  // Map more than needed and trim, so that the block starts on a huge page.
  void* raw = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  auto start = reinterpret_cast<uintptr_t>(raw), address = (start + kHugePage - 1) / kHugePage * kHugePage;
  if (address > start) munmap(raw, address - start);
  if (start + kHugePage > address) munmap(reinterpret_cast<void*>(address + bytes), start + kHugePage - address);
  madvise(reinterpret_cast<void*>(address), bytes, MADV_HUGEPAGE);
  return reinterpret_cast<void*>(address);
}

struct Cache {
  std::mutex mutex;
  std::vector<void*> bins[8 * 64];  // by class, as round_large makes them
  std::unordered_map<void*, size_t> larger;  // blocks in use that came from a larger class, with their sizes
  char *region = nullptr, *region_end = nullptr;

  static size_t bin_of(size_t rounded) {
    size_t octave = size_t(std::bit_width(rounded)) - 1;
    return octave * 8 + (rounded >> (octave - 3)) % 8;
  }
  static size_t bytes_of_bin(size_t i) { return (8 + i % 8) << (i / 8 > 3 ? i / 8 - 3 : 0); }
  // A freed block of the class, or of one up to twice as large: a model's workspaces are of many sizes, and a class of blocks for each of
  // them would hold as much again as its tensors.
  void* take(size_t bytes) {
    std::lock_guard lock(mutex);
    size_t own = bin_of(bytes);
    for (size_t i = own; i < std::min(own + 8, std::size(bins)); i++) {
      if (bins[i].empty()) continue;
      void* p = bins[i].back();
      bins[i].pop_back();
      cached.fetch_sub(int64_t(bytes_of_bin(i)), std::memory_order_relaxed);
      if (i != own) larger[p] = bytes_of_bin(i);
      return p;
    }
    if (bytes >= kHugePage) return map(bytes);
    if (size_t(region_end - region) < bytes) {  // what is left of the old one is never touched
      region = static_cast<char*>(map(kRegion));
      region_end = region + kRegion;
    }
    region += bytes;
    return region - bytes;
  }
  void put(void* p, size_t bytes) {
    std::lock_guard lock(mutex);
    if (auto at = larger.empty() ? larger.end() : larger.find(p); at != larger.end()) {
      bytes = at->second;
      larger.erase(at);
    }
    if (cached.load(std::memory_order_relaxed) + int64_t(bytes) > int64_t(kCacheLimit)) {
      munmap(p, bytes);
      return;
    }
    cached.fetch_add(int64_t(bytes), std::memory_order_relaxed);
    bins[bin_of(bytes)].push_back(p);
  }
};

// Never destroyed: tensors with static lifetime may be freed after any static destructor.
Cache& cache() {
  static Cache* c = new Cache;
  return *c;
}

}  // namespace

void* allocate(size_t bytes) {
  void* p;
  if (bytes < kLarge) p = small_allocate(bytes);
  else {
    if (bytes > (size_t{1} << 46)) throw std::bad_alloc();
    p = cache().take(round_large(bytes));
  }
  count(int64_t(bytes));
  return p;
}

void deallocate(void* p, size_t bytes) {
  if (!p) return;
  count(-int64_t(bytes));
  if (bytes < kLarge) return small_free(p, bytes);
  cache().put(p, round_large(bytes));
}

MemoryStats memory_stats() {
  int64_t now = live.load() + uncounted();
  return {now, std::max(peak.load() + uncounted_at_reset.load(), now), cached.load()};
}
void reset_peak_memory() {
  uncounted_at_reset = uncounted();  // threads that have ended may have left some for good
  peak = live.load();
}

void empty_memory_cache() {
  give_back_small_blocks();
  Cache& c = cache();
  std::lock_guard lock(c.mutex);
  for (size_t i = 0; i < std::size(c.bins); i++) {
    size_t bytes = Cache::bytes_of_bin(i);
    for (void* p : c.bins[i]) munmap(p, bytes);
    cached.fetch_sub(int64_t(bytes * c.bins[i].size()), std::memory_order_relaxed);
    c.bins[i].clear();
  }
}

}  // namespace tare
