#include "core/small_blocks.h"

#include <new>

#ifdef TARE_SANITIZED
#include <cstdlib>
#else
#include <oneapi/tbb/scalable_allocator.h>
#endif

namespace tare {
namespace {

using detail::kBlockStep, detail::kLargestKept, detail::block_list;

constexpr size_t kKept = size_t{1} << 16;  // bytes a list holds: those of a thread come to a mebibyte at most

template <class F>
void for_each_list(F f) {
  for (size_t size = kBlockStep; size <= kLargestKept; size += kBlockStep) f(block_list(size), size);
}

#ifdef TARE_SANITIZED

// Sanitizers watch the C library's blocks one by one; a list would hide from them that a block was freed.
void* below(size_t bytes) {
  void* p = nullptr;
  return posix_memalign(&p, kBlockStep, bytes) == 0 ? p : nullptr;
}
void free_below(void* p) { std::free(p); }
bool open_lists() { return false; }

#else

void* below(size_t bytes) { return scalable_aligned_malloc((bytes + kBlockStep - 1) / kBlockStep * kBlockStep, kBlockStep); }
void free_below(void* p) { scalable_aligned_free(p); }

enum class State : uint8_t { unused, open, closed };
thread_local constinit State state = State::unused;

struct CloseAtEnd {
  ~CloseAtEnd() {
    give_back_small_blocks();
    for_each_list([](detail::BlockList& list, size_t) { list.room = 0; });
    state = State::closed;  // what is freed after this, by other destructors of the thread, is not kept
  }
};

/// True when this was the first block the thread freed.
bool open_lists() {
  if (state != State::unused) return false;
  state = State::open;
  thread_local CloseAtEnd at_end;
  for_each_list([](detail::BlockList& list, size_t size) { list.room = uint32_t(kKept / size); });
  return true;
}

#endif

}  // namespace

void* detail::new_block(size_t bytes) {
  void* p = below(bytes ? bytes : 1);
  if (!p) throw std::bad_alloc();
  return p;
}

void detail::delete_block(void* p, size_t bytes) {
  if (bytes && bytes <= kLargestKept && open_lists()) return small_free(p, bytes);
  free_below(p);
}

size_t small_bytes_kept() {
  size_t total = 0;
  for_each_list([&](detail::BlockList& list, size_t size) {
    for (auto* b = list.first; b; b = b->next) total += size;
  });
  return total;
}

void give_back_small_blocks() {
  for_each_list([](detail::BlockList& list, size_t) {
    while (detail::FreeBlock* b = list.first) {
      list.first = b->next;
      list.room++;
      free_below(b);
    }
  });
}

}  // namespace tare
