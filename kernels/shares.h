// Work in blocks that need a workspace: a few shares of consecutive blocks, each with a workspace of its own, so that what one
// block wrote is still in cache when the next block of the share uses the place again.
//
// The blocks are cut by size alone. Which share does a block decides only where its workspace lies, so that the number of
// shares may follow the number of threads without any result following it.
#pragma once

#include <algorithm>
#include <atomic>

#include "core/parallel.h"

namespace tare::kernels {

/// The number of shares for so many blocks: enough for a balanced load.
inline int64_t shares_of(int64_t blocks) { return std::min<int64_t>(blocks, 4 * int64_t(num_threads())); }

/// Calls run(share, begin, end) for each of `shares` shares and its consecutive blocks [begin, end), in parallel.
template <class F>
void parallel_shares(int64_t shares, int64_t blocks, F run) {
  parallel_pieces(shares, [&](int64_t share) { run(share, share * blocks / shares, (share + 1) * blocks / shares); });
}

/// Calls run(worker, piece) for every piece: each of at most num_threads() workers takes the next piece when it is done with one, so that
/// a workspace a worker is enough.
template <class F>
void parallel_workers(int64_t pieces, F run) {
  std::atomic<int64_t> next{0};
  parallel_pieces(std::min<int64_t>(pieces, num_threads()), [&](int64_t worker) {
    for (int64_t piece; (piece = next.fetch_add(1, std::memory_order_relaxed)) < pieces;) run(worker, piece);
  });
}

}  // namespace tare::kernels
