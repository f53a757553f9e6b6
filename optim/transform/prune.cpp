#include "optim/transform/prune.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"
#include "optim/transform/project.h"

namespace tare::optim {

void MagnitudePruningOptions::visit(Visitor& v) {
  list_options(v, "initial_sparsity", initial_sparsity, "final_sparsity", final_sparsity, "begin", begin, "end", end, "every", every, "global", global, "params",
               params);
}
void MaskState::visit(Visitor& v) { v.state("mask", mask); }
void MagnitudePruning::visit_global_state(Visitor& v) { v.state("t", t_); }

void MagnitudePruning::check_options(const MagnitudePruningOptions& o) {
  for (double s : {o.initial_sparsity, o.final_sparsity}) check<ConfigError>(s >= 0 && s <= 1, type, ": a sparsity must be in [0, 1], not ", s);
  check<ConfigError>(o.begin >= 0 && o.end >= o.begin && o.every >= 1, type, ": expected 0 <= begin <= end and every >= 1 but they are ", o.begin, ", ", o.end, " and ",
                     o.every);
}

double MagnitudePruning::sparsity_at(int64_t t) const {
  const MagnitudePruningOptions& o = options();
  if (t < o.begin) return o.initial_sparsity;
  if (t >= o.end) return o.final_sparsity;
  double left = 1 - double(t - o.begin) / double(o.end - o.begin);
  return o.final_sparsity + (o.initial_sparsity - o.final_sparsity) * left * left * left;
}

void MagnitudePruning::apply(Step& s) {
  if (!s.updates) return;
  const MagnitudePruningOptions& o = options();
  std::vector<size_t> chosen = projected(s, o.params, 2, type);
  int64_t t = t_++;
  bool renew = t >= o.begin && t <= o.end && ((t - o.begin) % o.every == 0 || t == o.end);
  if (renew) {
    // Sizes of all tensors one after another; each is a range of its own unless they compete together.
    std::vector<double> sizes;
    std::vector<size_t> starts;
    for (size_t i : chosen) {
      starts.push_back(sizes.size());
      for (double x : s.param(i).to_vector<double>()) sizes.push_back(std::abs(x));
    }
    starts.push_back(sizes.size());
    std::vector<char> keep(sizes.size(), 1);
    auto cut = [&](size_t begin, size_t end) {
      std::vector<size_t> order(end - begin);
      std::iota(order.begin(), order.end(), begin);
      auto count = std::ptrdiff_t(std::llround(sparsity_at(t) * double(end - begin)));
      std::nth_element(order.begin(), order.begin() + std::min<std::ptrdiff_t>(count, std::ssize(order)), order.end(),
                       [&](size_t a, size_t b) { return sizes[a] != sizes[b] ? sizes[a] < sizes[b] : a < b; });
      for (std::ptrdiff_t k = 0; k < count; k++) keep[order[size_t(k)]] = 0;
    };
    if (o.global) cut(0, sizes.size());
    else
      for (size_t k = 0; k < chosen.size(); k++) cut(starts[k], starts[k + 1]);
    for (size_t k = 0; k < chosen.size(); k++) {
      Tensor mask = empty(s.param(chosen[k]).shape(), DType::boolean);
      std::copy(keep.begin() + std::ptrdiff_t(starts[k]), keep.begin() + std::ptrdiff_t(starts[k + 1]), mask.mutable_data<bool>());
      state(chosen[k]).mask = mask;
    }
  }
  for (size_t i : chosen)
    if (const MaskState* m = state_or_null(i); m && m->mask.defined()) assign(s.param(i), kernels::mul(s.param(i), m->mask));
}

template class Method<MagnitudePruning, MagnitudePruningOptions, MaskState>;

}  // namespace tare::optim
