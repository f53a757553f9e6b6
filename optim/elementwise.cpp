#include "optim/elementwise.h"

#include <bit>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"

namespace tare::optim::detail {
namespace {

/// Numbers a piece of the parallel loop covers: about 20 us of work, small enough to balance, large enough to cost nothing.
constexpr int64_t kPiece = 32768;
/// Numbers checked and updated at a time: the update finds the gradient in the first-level cache.
constexpr int64_t kBlock = 2048;

struct FusedPiece {
  const FusedParameter* whole;
  int64_t begin, count;
};

/// Whether all exponents are below the one of Inf and NaN. On bits: a loop over integers vectorises.
template <class Bits, Bits kExponent>
bool all_finite(const void* data, int64_t n) {
  const Bits* x = static_cast<const Bits*>(data);
  Bits bad = 0;
  for (int64_t i = 0; i < n; i++) bad |= Bits((x[i] & kExponent) == kExponent);
  return bad == 0;
}

bool all_finite(DType dtype, const void* data, int64_t n) {
  return dtype == DType::float32 ? all_finite<uint32_t, 0x7f800000u>(data, n) : all_finite<uint64_t, 0x7ff0000000000000u>(data, n);
}

}  // namespace

void* ready(std::string_view who, Tensor& t, const Tensor& w) {
  if (!t.defined()) t = zeros_raw(w.shape(), w.dtype());
  check<StateError>(t.shape() == w.shape() && t.dtype() == w.dtype(), who, ": a state is ", describe(t), " but its parameter is ", describe(w),
                    "; was it saved for another model?");
  return t.mutable_raw();
}

void run_fused(const Step& s, std::string_view who, const std::vector<FusedParameter>& work, size_t sums, double* totals) {
  std::vector<FusedPiece> pieces;
  int64_t total = 0;
  for (const FusedParameter& p : work) {
    write_guard("step", s.param(p.index));
    int64_t n = p.g.numel();
    total += n;
    int64_t arrays = 3;  // the gradient is read, the parameter and the states read and written
    for (void* state : p.state) arrays += state ? 2 : 0;
    kernels::count_work(2 * arrays * n, arrays * kernels::bytes_of(p.g));
    for (int64_t at = 0; at < n; at += kPiece) pieces.push_back({&p, at, std::min(kPiece, n - at)});
  }
  std::vector<double> partial(pieces.size() * sums);
  std::vector<char> bad(pieces.size());
  // Small models: serial work beats waking a thread.
  int64_t together = total <= kPiece ? int64_t(pieces.size()) : 1;
  parallel_for(int64_t(pieces.size()), together, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; p++) {
      const FusedPiece& piece = pieces[size_t(p)];
      const FusedParameter& whole = *piece.whole;
      for (int64_t at = 0; at < piece.count && !bad[size_t(p)]; at += kBlock) {
        int64_t count = std::min(kBlock, piece.count - at), skip = (piece.begin + at) * item_size(whole.g.dtype());
        auto move = [skip](void* base) { return static_cast<char*>(base) + skip; };
        const void* g = static_cast<const char*>(whole.g.raw()) + skip;
        bad[size_t(p)] = !all_finite(whole.g.dtype(), g, count);
        if (bad[size_t(p)]) break;
        void* state[kMostStates];
        for (size_t k = 0; k < kMostStates; k++) state[k] = whole.state[k] ? move(whole.state[k]) : nullptr;
        whole.loop(whole.rule, move(whole.w), g, state, count, partial.data() + size_t(p) * sums);
      }
    }
  });
  for (size_t p = 0; p < pieces.size(); p++) {
    if (bad[p]) not_finite(s, who, pieces[p].whole->index);
    for (size_t k = 0; k < sums; k++) totals[pieces[p].whole->index * sums + k] += partial[p * sums + k];
  }
}

}  // namespace tare::optim::detail

namespace tare::optim {

void in_parts(const Step& s, const std::function<void(Step& part)>& f) {
  constexpr int64_t kPart = 512 * 1024;  // numbers; five float arrays of them take 10 MB
  for (size_t begin = 0; begin < s.size();) {
    Step part = s;
    part.grads.assign(s.size(), Tensor());
    int64_t numbers = 0;
    size_t end = begin;
    for (; end < s.size() && (numbers == 0 || numbers + s.param(end).numel() <= kPart); end++) {
      if (!s.grads[end].defined()) continue;
      part.grads[end] = s.grads[end];
      numbers += s.param(end).numel();
    }
    if (numbers) f(part);
    begin = end;
  }
}

}  // namespace tare::optim
