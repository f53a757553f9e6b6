// Small blocks of memory: tensors of a few numbers and the nodes of the tape live in them, for the time of a step.
//
// A thread keeps the blocks it frees in a list for each size, and takes from there first: a few instructions, and the block is still in the
// cache. Below stands oneTBB's scalable allocator, which costs several times as much. A list holds a bounded number of bytes, so that a
// thread that frees what others took passes it on; when a thread ends, all it kept is given back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tare {

namespace detail {

constexpr size_t kBlockStep = 64;      // sizes are rounded up to this, a line of the cache
constexpr size_t kLargestKept = 1024;  // bytes of the largest blocks that have a list

struct FreeBlock {
  FreeBlock* next;
};
struct BlockList {
  FreeBlock* first = nullptr;
  uint32_t room = 0;  // how many more it holds; a thread's lists are closed until it frees its first block, and again when it ends
};
inline BlockList& block_list(size_t bytes) {
  thread_local constinit BlockList lists[kLargestKept / kBlockStep + 1];
  return lists[(bytes + kBlockStep - 1) / kBlockStep];
}
void* new_block(size_t bytes);
void delete_block(void* p, size_t bytes);

}  // namespace detail

/// A block on a boundary of 64 bytes. Throws std::bad_alloc.
inline void* small_allocate(size_t bytes) {
  if (bytes > detail::kLargestKept) return detail::new_block(bytes);
  detail::BlockList& list = detail::block_list(bytes);
  detail::FreeBlock* block = list.first;
  if (!block) [[unlikely]] return detail::new_block(bytes);
  list.first = block->next;
  list.room++;
  return block;
}

/// Frees a block of small_allocate, of any thread; `bytes` as given there.
inline void small_free(void* p, size_t bytes) {
  if (bytes > detail::kLargestKept) return detail::delete_block(p, bytes);
  detail::BlockList& list = detail::block_list(bytes);
  if (list.room == 0) [[unlikely]] return detail::delete_block(p, bytes);
  auto* block = static_cast<detail::FreeBlock*>(p);
  block->next = list.first;
  list.first = block;
  list.room--;
}

/// Bytes in the calling thread's lists.
size_t small_bytes_kept();
/// Gives them back to the allocator below.
void give_back_small_blocks();

}  // namespace tare
