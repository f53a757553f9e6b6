#include "core/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <new>
#include <vector>

#include "core/per_thread.h"
#include "core/small_blocks.h"

namespace tare {
namespace {

#ifdef TARE_SANITIZED
constexpr size_t kLarge = size_t{1} << 20;     // sanitizers watch the small ones
#else
constexpr size_t kLarge = size_t{1} << 16;     // from here on blocks are cut from mapped regions
#endif
constexpr size_t kHugePage = size_t{2} << 20;  // transparent huge pages want this alignment
constexpr size_t kPage = 4096;
constexpr size_t kRegion = size_t{128} << 20;  // addresses mapped at once, and touched as they are needed: few borders that a block cannot cross
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

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

void* map(size_t bytes) {
  // Map more than needed and trim, so that the block starts on a huge page.
  void* raw = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) throw std::bad_alloc();
  auto start = reinterpret_cast<uintptr_t>(raw), address = round_up(start, kHugePage);
  if (address > start) munmap(raw, address - start);
  if (start + kHugePage > address) munmap(reinterpret_cast<void*>(address + bytes), start + kHugePage - address);
  madvise(reinterpret_cast<void*>(address), bytes, MADV_HUGEPAGE);
  return reinterpret_cast<void*>(address);
}

// Large blocks in address-ordered first fit: a block is cut from the first freed range that holds it, a freed one grows together with its
// neighbours. Johnstone and Wilson, The memory fragmentation problem: solved? (ISMM 1998), find it among the policies that waste least. A
// training step peaks at a twentieth above its tensors, where size classes took half as much again. Memory that was never in use is
// touched only when no freed range is long enough.
struct Cache {
  struct Range {
    char* at;
    size_t bytes;
  };
  std::mutex mutex;
  std::vector<Range> freed;                      // by address; no two touch
  char *fresh = nullptr, *fresh_end = nullptr;  // the rest of the last region, never handed out

  void* take(size_t bytes) {
    std::lock_guard lock(mutex);
    for (size_t i = 0; i < freed.size(); i++)
      if (freed[i].bytes >= bytes) return cut(i, bytes);
    // A freed range that the fresh memory continues.
    size_t i = position(fresh);
    size_t before = i > 0 && freed[i - 1].at + freed[i - 1].bytes == fresh ? freed[i - 1].bytes : 0;
    if (fresh && size_t(fresh_end - fresh) >= bytes - before) {
      if (before) cut(i - 1, before);
      fresh += bytes - before;
      return fresh - bytes;
    }
    if (bytes > kRegion) return map(bytes);
    char* region = static_cast<char*>(map(kRegion));
    if (fresh < fresh_end) munmap(fresh, size_t(fresh_end - fresh));
    fresh = region + bytes;
    fresh_end = region + kRegion;
    return region;
  }

  void put(void* block, size_t bytes) {
    std::lock_guard lock(mutex);
    if (cached.load(std::memory_order_relaxed) + int64_t(bytes) > int64_t(kCacheLimit)) {
      munmap(block, bytes);
      return;
    }
    cached.fetch_add(int64_t(bytes), std::memory_order_relaxed);
    char* at = static_cast<char*>(block);
    size_t i = position(at);
    bool joins_next = i < freed.size() && at + bytes == freed[i].at;
    if (i > 0 && freed[i - 1].at + freed[i - 1].bytes == at) {
      freed[i - 1].bytes += bytes;
      if (!joins_next) return;
      freed[i - 1].bytes += freed[i].bytes;
      freed.erase(freed.begin() + std::ptrdiff_t(i));
    } else if (joins_next) {
      freed[i] = {at, bytes + freed[i].bytes};
    } else {
      freed.insert(freed.begin() + std::ptrdiff_t(i), {at, bytes});
    }
  }

  void clear() {
    std::lock_guard lock(mutex);
    for (Range r : freed) {
      munmap(r.at, r.bytes);
      cached.fetch_sub(int64_t(r.bytes), std::memory_order_relaxed);
    }
    freed.clear();
  }

 private:
  /// The first freed range that begins at `at` or beyond.
  size_t position(const char* at) const {
    auto found = std::lower_bound(freed.begin(), freed.end(), at, [](const Range& r, const char* p) { return std::less<>()(static_cast<const char*>(r.at), p); });
    return size_t(found - freed.begin());
  }
  void* cut(size_t i, size_t bytes) {
    Range& r = freed[i];
    char* p = r.at;
    r = {p + bytes, r.bytes - bytes};
    if (r.bytes == 0) freed.erase(freed.begin() + std::ptrdiff_t(i));
    cached.fetch_sub(int64_t(bytes), std::memory_order_relaxed);
    return p;
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
    p = cache().take(round_up(bytes, kPage));
  }
  count(int64_t(bytes));
  return p;
}

void deallocate(void* p, size_t bytes) {
  if (!p) return;
  count(-int64_t(bytes));
  if (bytes < kLarge) return small_free(p, bytes);
  cache().put(p, round_up(bytes, kPage));
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
  cache().clear();
}

}  // namespace tare
