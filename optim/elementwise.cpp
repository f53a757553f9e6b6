#include "optim/elementwise.h"

#include <exception>

#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/elementwise.h"

namespace tare::optim::detail {
namespace {

/// Numbers a piece of the parallel loop covers: about 20 us of work, small enough to balance, large enough to cost nothing.
constexpr int64_t kPiece = 32768;

struct FusedPiece {
  const FusedParameter* whole;
  int64_t begin, count;
};

}  // namespace

void* ready(std::string_view who, Tensor& t, const Tensor& w) {
  if (!t.defined()) t = zeros_raw(w.shape(), w.dtype());
  check<StateError>(t.shape() == w.shape() && t.dtype() == w.dtype(), who, ": a state is ", t, " but its parameter is ", w,
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
      int64_t skip = piece.begin * item_size(whole.g.dtype());
      auto move = [skip](void* base) { return static_cast<char*>(base) + skip; };
      void* state[kMostStates];
      for (size_t k = 0; k < kMostStates; k++) state[k] = whole.state[k] ? move(whole.state[k]) : nullptr;
      const void* g = static_cast<const char*>(whole.g.raw()) + skip;
      bad[size_t(p)] = !whole.loop(whole.rule, whole.checked, move(whole.w), g, state, piece.count, partial.data() + size_t(p) * sums);
    }
  });
  for (size_t p = 0; p < pieces.size(); p++) {
    if (bad[p]) not_finite(s, who, pieces[p].whole->index);
    for (size_t k = 0; k < sums; k++) totals[pieces[p].whole->index * sums + k] += partial[p * sums + k];
  }
}

}  // namespace tare::optim::detail

namespace tare::optim {
namespace {

/// f(k) for k < sizes.size(): those of few numbers at once, each on one thread, where what it reads twice stays in its cache; large ones after another, each on all.
/// Recording is off. Throws what the first in order throws, after the others ran.
void at_once(const std::vector<int64_t>& sizes, const std::function<void(size_t k)>& f) {
  constexpr int64_t kLarge = 1 << 20, kSerial = 32768;
  std::vector<std::exception_ptr> errors(sizes.size());
  auto run = [&](size_t k) {
    NoGrad off;
    try {
      f(k);
    } catch (...) {
      errors[k] = std::current_exception();
    }
  };
  std::vector<size_t> small;
  int64_t total = 0;
  for (size_t k = 0; k < sizes.size(); k++) {
    if (sizes[k] > kLarge) run(k);
    else small.push_back(k), total += sizes[k];
  }
  parallel_for(int64_t(small.size()), total <= kSerial ? int64_t(small.size()) : 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++) run(small[size_t(k)]);
  });
  for (const std::exception_ptr& e : errors)
    if (e) std::rethrow_exception(e);
}

}  // namespace

void each_parameter(const Step& s, const std::function<void(size_t i)>& f) {
  std::vector<size_t> present;
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) present.push_back(i), sizes.push_back(s.param(i).numel());
  at_once(sizes, [&](size_t k) { f(present[k]); });
}

void in_parts(const Step& s, const std::function<void(Step& part)>& f) {
  constexpr int64_t kPart = 256 * 1024;
  std::vector<std::vector<size_t>> parts;
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < s.size(); i++) {
    if (!s.grads[i].defined()) continue;
    int64_t numbers = s.param(i).numel();
    if (parts.empty() || sizes.back() + numbers > kPart) parts.emplace_back(), sizes.push_back(0);
    parts.back().push_back(i), sizes.back() += numbers;
  }
  at_once(sizes, [&](size_t k) {
    Step part = s;
    part.grads.assign(s.size(), Tensor());
    for (size_t i : parts[k]) part.grads[i] = s.grads[i];
    f(part);
  });
}

}  // namespace tare::optim
