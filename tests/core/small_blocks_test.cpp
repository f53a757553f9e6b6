// The lists of freed small blocks that threads keep. Builds with sanitizers keep none.
#include "core/small_blocks.h"

#include <doctest/doctest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "core/allocator.h"
#include "core/tensor.h"

using namespace tare;

namespace {

#ifdef TARE_SANITIZED
constexpr bool kLists = false;
#else
constexpr bool kLists = true;
#endif
constexpr size_t kListBytes = size_t{1} << 16;

}  // namespace

TEST_CASE("small blocks: aligned, apart, and the one freed last is taken first") {
  std::vector<size_t> sizes = {1, 63, 64, 65, 192, 256, 1000, 1024, 1025, 5000};
  std::vector<void*> blocks;
  for (size_t n : sizes) {
    blocks.push_back(small_allocate(n));
    CHECK(reinterpret_cast<uintptr_t>(blocks.back()) % 64 == 0);
    std::memset(blocks.back(), int(blocks.size()), n);
  }
  for (size_t i = 0; i < sizes.size(); i++) {
    auto* p = static_cast<unsigned char*>(blocks[i]);
    CHECK((p[0] == i + 1 && p[sizes[i] - 1] == i + 1));
    small_free(p, sizes[i]);
  }
  void* first = small_allocate(200);
  small_free(first, 200);
  void* again = small_allocate(250);  // the same size, rounded up
  if (kLists) CHECK(again == first);
  small_free(again, 250);
  give_back_small_blocks();
  CHECK(small_bytes_kept() == 0);
}

TEST_CASE("small blocks: a list is bounded, so that a thread passes on what another one took") {
  int64_t before = memory_stats().live_bytes;
  std::vector<void*> blocks;
  for (int i = 0; i < 5000; i++) blocks.push_back(allocate(i % 2 ? 100 : 900));
  Tensor t = empty({3, 4}), view = view_of(t, {4, 3}, {1, 4}, 0);
  CHECK(memory_stats().live_bytes > before + 2500 * 1000);
  size_t kept = 0;
  std::thread([&] {
    for (int i = 0; i < 5000; i++) deallocate(blocks[size_t(i)], i % 2 ? 100 : 900);
    t = Tensor();
    view = Tensor();
    kept = small_bytes_kept();
  }).join();
  CHECK(kept <= 4 * kListBytes);  // the two sizes, and those of the tensors
  if (kLists) CHECK(kept > kListBytes);
  CHECK(memory_stats().live_bytes == before);
}

namespace {

size_t kept_at_end = 1, kept_after_end = 1;

// Made before its thread frees a block, it is destroyed after the thread's lists were closed.
struct Outlives {
  void* block = nullptr;
  ~Outlives() {
    kept_at_end = small_bytes_kept();
    small_free(block, 128);
    void* another = small_allocate(128);
    small_free(another, 128);
    kept_after_end = small_bytes_kept();
  }
};

}  // namespace

TEST_CASE("small blocks: a thread that ends gives back all it kept, and keeps nothing that is freed later") {
  size_t kept = 0;
  std::thread([&] {
    thread_local Outlives late;
    late.block = small_allocate(128);
    void* p = small_allocate(128);
    small_free(p, 128);
    kept = small_bytes_kept();
  }).join();
  if (kLists) CHECK(kept == 128);
  CHECK(kept_at_end == 0);
  CHECK(kept_after_end == 0);
}
