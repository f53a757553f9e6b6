#include "optim/subspace_zo_adam.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {
namespace {

/// The directions of small but not of no variance of the rows; undefined when there are none.
Tensor quiet_directions(const Tensor& rows, double nu) {
  Tensor moved = rows - narrow(rows, 0, 0, 1);  // a constant column is exactly 0 from here on
  Tensor centred = moved - mean(moved, {0}, true), deviation = std(centred, {0}, 0, true);
  auto [u, s, vh] = svd(centred / where(gt(deviation, 0), deviation, 1.0), false);
  std::vector<double> share;
  double total = 0, so_far = 0;
  for (double x : s.to_vector<double>()) total += x * x, share.push_back(x * x);
  int64_t first = int64_t(share.size()), last = 0;
  for (size_t j = 0; j < share.size(); j++) {
    share[j] = total > 0 ? share[j] / total : 0;
    if ((so_far += share[j]) > 1 - nu) first = std::min(first, int64_t(j) + 1);
    if (share[j] > 1e-10) last = int64_t(j) + 1;
  }
  return first < last ? kernels::copy(narrow(vh, 0, first, last - first)) : Tensor();
}

}  // namespace

void SubspaceZOAdamOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "eps", eps, "n", n, "tau", tau, "nu", nu); }
void SubspaceZOAdamState::visit(Visitor& v) {
  list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "history", history, "directions", directions, "step", step);
}

void SubspaceZOAdam::check_options(const SubspaceZOAdamOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.n >= 1 && o.tau >= 1, "SubspaceZOAdam: n and tau must be at least 1, not ", o.n, " and ", o.tau);
  check_range(type, "nu", o.nu, 0, 1);
}

void SubspaceZOAdam::update(const Tensor& w, Tensor g, SubspaceZOAdamState& s, const SubspaceZOAdamOptions& o) {
  int64_t dim = w.numel();
  if (dim == 0) return;
  double n = double(o.n), free = double(dim - (s.directions.defined() ? s.directions.size(0) : 0));
  g = reshape(g, {dim}) / (n * std::sqrt((free + n - 1) / n));
  if (s.directions.defined()) g = g - mv(transpose(s.directions), mv(s.directions, g));
  g = reshape(g, w.shape());
  int64_t slot = s.step++ % o.tau;
  double t = double(s.step);
  average_in(s.exp_avg, g, o.betas[0]);
  average_in(s.exp_avg_sq, square(g), o.betas[1]);
  Tensor root = sqrt(s.exp_avg_sq / (1 - std::pow(o.betas[1], t))) + o.eps;
  add_in_place(w, s.exp_avg / root, -o.lr / (1 - std::pow(o.betas[0], t)));
  if (!s.history.defined()) s.history = zeros({o.tau, dim}, w.dtype());
  kernels::copy_into(narrow(s.history, 0, slot, 1), reshape(w.detach(), {1, dim}));
  if (slot == o.tau - 1) s.directions = quiet_directions(s.history, o.nu);
}

template class Method<SubspaceZOAdam, SubspaceZOAdamOptions, SubspaceZOAdamState>;

}  // namespace tare::optim
