// Parallel loops on oneTBB whose results do not depend on the number of threads.
//
// Work is cut into pieces by size, never by thread count. A loop inside a loop runs serially. oneTBB stays out of this
// header: the body travels as a function pointer and a context.
#pragma once

#include <cstdint>
#include <type_traits>

namespace tare {

/// Number of threads parallel loops may use. Starts at the number of hardware threads.
int num_threads();
/// Throws ValueError unless n >= 1. May exceed the number of cores.
void set_num_threads(int n);
/// True inside the body of a parallel loop: there further loops run serially.
bool in_parallel();

namespace detail {
void run_pieces(int64_t pieces, void (*body)(void* context, int64_t piece), void* context);
}

/// Calls f(piece) for piece = 0 .. pieces-1, in any order and in parallel. Exceptions of the body reach the caller.
template <class F>
void parallel_pieces(int64_t pieces, F&& f) {
  if (pieces == 1) return f(int64_t{0});
  if (pieces <= 0) return;
  using Body = std::remove_reference_t<F>;
  detail::run_pieces(pieces, [](void* c, int64_t i) { (*static_cast<Body*>(c))(i); }, const_cast<void*>(static_cast<const void*>(&f)));
}

/// Calls f(begin, end) over consecutive ranges of at most `grain` that cover [0, n). The ranges depend on n and grain alone.
template <class F>
void parallel_for(int64_t n, int64_t grain, F&& f) {
  if (n <= 0) return;
  if (grain < 1) grain = 1;
  if (n <= grain) return f(int64_t{0}, n);
  parallel_pieces((n + grain - 1) / grain, [&](int64_t i) {
    int64_t begin = i * grain;
    f(begin, begin + grain < n ? begin + grain : n);
  });
}

}  // namespace tare
