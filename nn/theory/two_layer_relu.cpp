#include "nn/theory/two_layer_relu.h"

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

void check_neurons(std::string_view who, const Tensor& u, const Tensor& a) {
  check<ShapeError>(u.dim() == 2 && a.dim() == 1 && u.size(0) == a.size(0), who, ": expected neurons U [p, d] and a [p] but they are ", u.shape(), " and ", a.shape());
}

void check_samples(std::string_view who, const Tensor& u, const Tensor& x) {
  check<ShapeError>(x.dim() == 2 && u.dim() == 2 && x.size(1) == u.size(1), who, ": expected samples [n, ", u.dim() == 2 ? u.size(1) : -1, "] but they are ", x.shape());
}

/// (n, p): neuron i's contribution to every prediction.
Tensor contributions(const Tensor& u, const Tensor& a, const Tensor& x) { return relu(matmul(x, transpose(u))) * a; }

/// sqrt(t) where t > 0, `otherwise` elsewhere; the slope at 0 would be infinite.
Tensor root_or(const Tensor& t, double otherwise) { return where(gt(t, 0), sqrt(where(gt(t, 0), t, 1.0)), otherwise); }

}  // namespace

void TwoLayerReLUOptions::visit(Visitor& v) {
  v.option("in_features", in_features);
  v.option("hidden_features", hidden_features);
}

TwoLayerReLU::TwoLayerReLU(Options o) : options(o) {
  check<ConfigError>(o.in_features >= 1 && o.hidden_features >= 1, "TwoLayerReLU: in_features and hidden_features must be at least 1, not ", o.in_features, " and ",
                     o.hidden_features);
  weight = Parameter(init::layer_default({o.hidden_features, o.in_features}));
  output = Parameter(reshape(init::layer_default({1, o.hidden_features}), {o.hidden_features}));
}

void TwoLayerReLU::visit(Visitor& v) {
  v.parameter("weight", weight);
  v.parameter("output", output);
}

Tensor TwoLayerReLU::forward(const Tensor& x) {
  check<ShapeError>(x.dim() == 2 && x.size(1) == options.in_features, "TwoLayerReLU: expected an input [N, ", options.in_features, "] (in_features) but it is ", x.shape());
  return mv(relu(matmul(x, transpose(weight()))), output());
}

Tensor relu_patterns(const Tensor& x, const Tensor& g) {
  check_samples("relu_patterns", g, x);
  NoGrad off;
  return to(ge(matmul(x, transpose(g)), 0), x.dtype());
}

Tensor convex_relu_objective(const Tensor& v, const Tensor& w, const Tensor& x, const Tensor& y, const Tensor& d, double lam) {
  check_samples("convex_relu_objective", v, x);
  check<ShapeError>(w.shape() == v.shape(), "convex_relu_objective: V and W must be of one shape, not ", v.shape(), " and ", w.shape());
  check<ShapeError>(d.shape() == Shape({x.size(0), v.size(0)}) && y.shape() == Shape({x.size(0)}), "convex_relu_objective: expected targets [", x.size(0), "] and patterns [",
                    x.size(0), ", ", v.size(0), "] but they are ", y.shape(), " and ", d.shape());
  Tensor fit = sum(d * matmul(x, transpose(v - w)), {1});
  return 0.5 * sum(square(fit - y)) + lam * (sum(norm(v, 2, {1})) + sum(norm(w, 2, {1})));
}

Tensor relu_network_objective(const Tensor& u, const Tensor& a, const Tensor& x, const Tensor& y, double lam) {
  check_neurons("relu_network_objective", u, a);
  check_samples("relu_network_objective", u, x);
  check<ShapeError>(y.shape() == Shape({x.size(0)}), "relu_network_objective: expected targets [", x.size(0), "] but they are ", y.shape());
  return 0.5 * sum(square(sum(contributions(u, a, x), {1}) - y)) + 0.5 * lam * (sum(square(u)) + sum(square(a)));
}

ReluNeurons convex_to_network(const Tensor& v, const Tensor& w) {
  check<ShapeError>(v.dim() == 2 && w.dim() == 2 && v.size(1) == w.size(1), "convex_to_network: expected blocks [P, d] but they are ", v.shape(), " and ", w.shape());
  Tensor blocks = cat({v, w}, 0), size = norm(blocks, 2, {1});
  Tensor sign = cat({ones({v.size(0)}, v.dtype()), full({w.size(0)}, -1.0, v.dtype())}, 0);
  return {blocks / unsqueeze(root_or(size, 1), 1), sign * root_or(size, 0)};
}

ReluNeurons balance_neurons(const Tensor& u, const Tensor& a) {
  check_neurons("balance_neurons", u, a);
  Tensor size = norm(u, 2, {1}), both = abs(a) * size;
  return {u * unsqueeze(root_or(both, 0) / where(gt(size, 0), size, 1.0), 1), sign(a) * root_or(both, 0)};
}

void OptimalPrunerOptions::visit(Visitor& v) {
  v.option("tol", tol);
  v.option("penalty_safe", penalty_safe);
}

ReluNeurons prune_relu_network(const Tensor& u, const Tensor& a, const Tensor& x, const OptimalPrunerOptions& o) {
  check_neurons("prune_relu_network", u, a);
  check_samples("prune_relu_network", u, x);
  check<ConfigError>(o.tol >= 0 && o.tol < 1, "prune_relu_network: tol must be in [0, 1), not ", o.tol);
  NoGrad off;
  int64_t n = x.size(0), p = u.size(0);
  std::vector<double> q = to(contributions(u, a, x), DType::float64).to_vector<double>();
  std::vector<double> weight = to(abs(a) * norm(u, 2, {1}), DType::float64).to_vector<double>();
  std::vector<double> scale(size_t(p), 1);
  std::vector<int64_t> active;
  for (int64_t i = 0; i < p; i++)
    if (weight[size_t(i)] != 0) active.push_back(i);
  while (!active.empty()) {
    int64_t k = int64_t(active.size());
    Tensor columns = empty({n, k}, DType::float64);
    for (int64_t row = 0; row < n; row++)
      for (int64_t j = 0; j < k; j++) columns.mutable_data<double>()[row * k + j] = scale[size_t(active[size_t(j)])] * q[size_t(row * p + active[size_t(j)])];
    auto [left, values, right] = svd(columns, true);
    std::vector<double> s = values.to_vector<double>();
    bool independent = k <= n && s.back() > o.tol * s.front();
    if (independent) break;
    std::vector<double> beta = select(right, 0, k - 1).to_vector<double>();
    double penalty = 0;
    for (size_t j = 0; j < beta.size(); j++) penalty += beta[j] * scale[size_t(active[j])] * weight[size_t(active[j])];
    if (o.penalty_safe && penalty < 0)
      for (double& b : beta) b = -b;
    auto rank = [&](size_t j) { return o.penalty_safe ? beta[j] : std::abs(beta[j]); };
    size_t removed = 0;
    for (size_t j = 1; j < beta.size(); j++)
      if (rank(j) > rank(removed)) removed = j;
    std::vector<int64_t> left_over;
    for (size_t j = 0; j < beta.size(); j++) {
      double& factor = scale[size_t(active[j])];
      factor = j == removed ? 0 : factor * (1 - beta[j] / beta[removed]);
      if (factor > 0) left_over.push_back(active[j]);
    }
    active = std::move(left_over);
  }
  std::vector<double> roots;
  for (int64_t i : active) roots.push_back(std::sqrt(scale[size_t(i)]));
  Tensor kept = from_vector(active, {int64_t(active.size())}), root = from_vector(roots, {int64_t(active.size())}, u.dtype());
  return {index_select(u.detach(), 0, kept) * unsqueeze(root, 1), index_select(a.detach(), 0, kept) * root};
}

TwoLayerReLU OptimalPruner::operator()(const TwoLayerReLU& net, const Tensor& x) const {
  ReluNeurons left = prune_relu_network(net.weight(), net.output(), x, options);
  check<ValueError>(left.a.numel() > 0, "OptimalPruner: no neuron of the network is active on these samples, nothing would be left");
  TwoLayerReLU small({.in_features = net.options.in_features, .hidden_features = left.a.numel()});
  small.weight = left.u;
  small.output = left.a;
  return small;
}

template class Layer<TwoLayerReLU>;

}  // namespace tare::nn
