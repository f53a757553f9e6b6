#include "core/allocator.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using namespace tare;

namespace {
constexpr size_t kMega = size_t{1} << 20;
}

TEST_CASE("a freed block serves smaller ones, and is whole again when they are freed") {
  empty_memory_cache();
  void* first = allocate(12 * kMega);
  deallocate(first, 12 * kMega);
  CHECK(memory_stats().cached_bytes == int64_t(12 * kMega));
  char* parts[3];
  for (int i = 0; i < 3; i++) parts[i] = static_cast<char*>(allocate(4 * kMega));
  for (int i = 0; i < 3; i++) CHECK(parts[i] == static_cast<char*>(first) + size_t(i) * 4 * kMega);
  CHECK(memory_stats().cached_bytes == 0);
  for (int i : {0, 2, 1}) deallocate(parts[i], 4 * kMega);  // the last joins both neighbours
  void* again = allocate(12 * kMega);
  CHECK(again == first);
  deallocate(again, 12 * kMega);
  void* longer = allocate(14 * kMega);  // memory that was never in use continues a freed block
  CHECK(longer == first);
  deallocate(longer, 14 * kMega);
  CHECK(memory_stats().cached_bytes == int64_t(14 * kMega));
  void* apart = allocate(200 * kMega);  // longer than what is mapped at once
  deallocate(apart, 200 * kMega);
  CHECK(memory_stats().cached_bytes == int64_t(214 * kMega));
  empty_memory_cache();
  CHECK(memory_stats().cached_bytes == 0);
}

// Every block is filled with a number of its own, which is still there when it is freed: no two blocks overlap.
TEST_CASE("blocks of random sizes from several threads do not overlap, and all memory comes back") {
  int64_t before = memory_stats().live_bytes;
  bool intact = true, aligned = true;
  auto work = [&](uint64_t seed) {
    struct Block {
      unsigned char* p;
      size_t n;
      unsigned char mark;
    };
    std::vector<Block> blocks;
    uint64_t state = seed;
    auto random = [&] { return (state = state * 6364136223846793005ull + 1442695040888963407ull) >> 33; };
    auto drop = [&](size_t i) {
      Block b = blocks[i];
      if (b.p[0] != b.mark || b.p[b.n / 2] != b.mark || b.p[b.n - 1] != b.mark) intact = false;
      deallocate(b.p, b.n);
      blocks[i] = blocks.back();
      blocks.pop_back();
    };
    for (int step = 0; step < 3000; step++) {
      if (blocks.size() > 40 || (!blocks.empty() && random() % 2)) drop(random() % blocks.size());
      else {
        size_t n = 1 + random() % (size_t{1} << (4 + random() % 18));
        auto* p = static_cast<unsigned char*>(allocate(n));
        if (reinterpret_cast<uintptr_t>(p) % 64 != 0) aligned = false;
        auto mark = static_cast<unsigned char>(random());
        p[0] = p[n / 2] = p[n - 1] = mark;
        blocks.push_back({p, n, mark});
      }
    }
    while (!blocks.empty()) drop(0);
  };
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 3; t++) threads.emplace_back(work, 17 + t);
  for (std::thread& t : threads) t.join();
  CHECK(intact);
  CHECK(aligned);
  CHECK(memory_stats().live_bytes == before);
}
