// Work in blocks that need a workspace: a few pieces, each with its own, so that what a block wrote is still in cache when the
// next block of the piece uses it again.
#pragma once

#include <algorithm>

#include "core/parallel.h"

namespace tare::kernels {

/// The number of pieces for so many blocks: enough for dozens of threads.
inline int64_t shares_of(int64_t blocks) { return std::min<int64_t>(blocks, 48); }

/// Calls run(piece, begin, end) for each piece and its consecutive blocks [begin, end), in parallel.
template <class F>
void parallel_shares(int64_t blocks, F run) {
  int64_t pieces = shares_of(blocks);
  parallel_pieces(pieces, [&](int64_t piece) { run(piece, piece * blocks / pieces, (piece + 1) * blocks / pieces); });
}

}  // namespace tare::kernels
