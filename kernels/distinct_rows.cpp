// Every row gets a hash of its bits, and a table of hashes tells which rows look alike: one pass over the matrix, a hundredth of a product with
// it. Whether they are alike is then seen by comparing them. Two different rows of one hash (64 bits: as good as never) count as nothing found.
#include "kernels/distinct_rows.h"

#include <atomic>
#include <bit>
#include <cstring>
#include <vector>

#include "core/parallel.h"

namespace tare::kernels {
namespace {

constexpr int64_t kRowGrain = 65536;  // bytes a piece

// Four lanes, since a multiplication waits for the one before it.
uint64_t hash_of(const char* row, size_t bytes) {
  constexpr uint64_t odd = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio
  uint64_t lane[4] = {1, 2, 3, 4};
  auto take = [&](const char* from) {
    uint64_t word[4];
    std::memcpy(word, from, sizeof word);
    for (int i = 0; i < 4; i++) lane[i] = (lane[i] ^ word[i]) * odd, lane[i] ^= lane[i] >> 29;
  };
  for (; bytes >= 32; row += 32, bytes -= 32) take(row);
  char rest[32] = {};
  std::memcpy(rest, row, bytes);
  take(rest);
  uint64_t hash = 0;
  for (uint64_t l : lane) hash = (hash ^ l) * odd, hash ^= hash >> 32;
  return hash;
}

// index[i]: the number of row i's hash in the order in which hashes first come; firsts: the rows where they do. False when there are more than
// `most` of them.
bool number_hashes(const std::vector<uint64_t>& hashes, size_t most, int64_t* index, std::vector<int64_t>& firsts) {
  std::vector<int64_t> slots(std::bit_ceil(4 * most + 1), -1);  // open addressing; at most a quarter is taken
  const size_t mask = slots.size() - 1;
  for (size_t i = 0; i < hashes.size(); i++) {
    size_t at = hashes[i] & mask;
    while (slots[at] >= 0 && hashes[size_t(firsts[size_t(slots[at])])] != hashes[i]) at = (at + 1) & mask;
    if (slots[at] < 0) {
      if (firsts.size() == most) return false;
      slots[at] = int64_t(firsts.size());
      firsts.push_back(int64_t(i));
    }
    index[i] = slots[at];
  }
  return true;
}

}  // namespace

DistinctRows distinct_rows(const Tensor& matrix) {
  const int64_t rows = matrix.shape()[0], size = matrix.shape()[1];
  const size_t bytes = static_cast<size_t>(size * item_size(matrix.dtype()));
  const char* data = static_cast<const char*>(matrix.raw());
  const int64_t grain = kRowGrain / int64_t(bytes + 1) + 1;
  std::vector<uint64_t> hashes(static_cast<size_t>(rows));
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) hashes[size_t(i)] = hash_of(data + size_t(i) * bytes, bytes);
  });
  DistinctRows r{{}, empty({rows}, DType::int64)};
  int64_t* index = r.index.mutable_data<int64_t>();
  std::vector<int64_t> firsts;
  if (!number_hashes(hashes, static_cast<size_t>(rows / 2), index, firsts)) return {};

  Tensor table = empty({int64_t(firsts.size()), size}, matrix.dtype());
  char* to = static_cast<char*>(table.mutable_raw());
  for (size_t d = 0; d < firsts.size(); d++) std::memcpy(to + d * bytes, data + size_t(firsts[d]) * bytes, bytes);
  std::atomic<bool> alike{true};
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++)
      if (std::memcmp(data + size_t(i) * bytes, to + size_t(index[i]) * bytes, bytes) != 0) alike.store(false, std::memory_order_relaxed);
  });
  if (alike) r.table = table;
  return r;
}

}  // namespace tare::kernels
