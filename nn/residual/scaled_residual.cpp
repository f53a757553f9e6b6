#include "nn/residual/scaled_residual.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "nn/save.h"

namespace tare::nn {
namespace {

// kept + scale branch, where nothing is broadcast.
Tensor scaled_sum(std::string_view type, const Tensor& kept, const Tensor& branch) {
  check<ShapeError>(branch.shape() == kept.shape(), type, ": the branch gives ", branch.shape(), " but the shortcut ", kept.shape(),
                    "; where the branch changes the shape, the shortcut must do the same");
  return kept + branch;
}

}  // namespace

void ScaledResidualOptions::visit(Visitor& v) {
  v.option("module", module);
  v.option("shortcut", shortcut);
  v.option("scale", scale);
  v.option("learnable", learnable);
}

ScaledResidual::ScaledResidual(Options o) : options(std::move(o)) {
  check<ConfigError>(bool(options.module), "ScaledResidual: module must be given");
  if (options.learnable) scale = Parameter(full({}, options.scale, default_dtype()));
}

void ScaledResidual::visit(Visitor& v) {
  v.parameter("scale", scale, Role::other);
  v.exchangeable("module", options.module);
  v.exchangeable("shortcut", options.shortcut);
}

Tensor ScaledResidual::forward(const Tensor& x) {
  Tensor branch, kept = x;
  at_path("module", *options.module, [&] { branch = options.module(x); });
  if (options.shortcut) at_path("shortcut", *options.shortcut, [&] { kept = options.shortcut(x); });
  return scaled_sum(type, kept, options.learnable ? branch * scale() : branch * options.scale);
}

void ResidualTowerOptions::visit(Visitor& v) {
  v.option("depth", depth);
  v.option("lambda", lambda);
  v.option("module", module);
}

ResidualTower::ResidualTower(Options o) : options(std::move(o)) {
  check<ConfigError>(options.depth >= 1, "ResidualTower: depth must be at least 1, not ", options.depth);
  check<ConfigError>(bool(options.module), "ResidualTower: module must be given");
  lambda();
  Json each = options.module.to_json();
  for (int64_t i = 0; i < options.depth; i++) modules_in_order.items.emplace_back(build_module(each, "ResidualTower.module"));
}

double ResidualTower::lambda() const {
  const Factor& f = options.lambda;
  if (f.word.empty()) return f.value;
  check<ConfigError>(f.word == "1/n" || f.word == "1/sqrt(n)", "ResidualTower: lambda must be a number, \"1/n\" or \"1/sqrt(n)\", not \"", f.word, "\"");
  return f.word == "1/n" ? 1 / double(options.depth) : 1 / std::sqrt(double(options.depth));
}

void ResidualTower::visit(Visitor& v) { modules_in_order.visit(v); }

Tensor ResidualTower::forward(const Tensor& x) {
  double factor = lambda();
  Tensor h = x;
  for (size_t i = 0; i < modules_in_order.items.size(); i++) {
    AnyModule& f = modules_in_order[i];
    Tensor branch;
    at_path(text(i), *f, [&] { branch = f(h); });
    h = scaled_sum(type, h, factor == 1 ? branch : branch * factor);
  }
  return h;
}

// Df_j(x)[v] = act'(W_j x) (W_j v), and the sum over i < j is a running one.
Tensors residual_expansion(const Tensor& x, const Tensors& weights, double lambda, std::string_view activation, const std::vector<int64_t>& orders) {
  check<ConfigError>(activation == "identity" || activation == "tanh", "residual_expansion: activation must be identity or tanh, not \"", activation, "\"");
  check<ShapeError>(x.dim() == 1, "residual_expansion: expected a vector x, not ", x.shape());
  for (const Tensor& w : weights)
    check<ShapeError>(w.shape() == Shape({x.numel(), x.numel()}), "residual_expansion: expected matrices (", x.numel(), ", ", x.numel(), "), not ", w.shape());
  bool curved = activation == "tanh";
  Tensor h = x, first = zeros_like(x), second = zeros_like(x);
  for (const Tensor& w : weights) {
    Tensor at_h = mv(w, h), at_x = mv(w, x), f = curved ? tanh(at_x) : at_x;
    h = h + (curved ? tanh(at_h) : at_h) * lambda;
    Tensor pushed = mv(w, first);
    second = second + (curved ? (1 - square(f)) * pushed : pushed);
    first = first + f;
  }
  Tensors out{h};
  for (int64_t order : orders) {
    check<ConfigError>(order == 1 || order == 2, "residual_expansion: orders are 1 and 2, not ", order);
    out.push_back(order == 1 ? first : second);
  }
  return out;
}

double residual_path_count(int64_t n, int64_t k) {
  check<ValueError>(n >= 0 && k >= 0, "residual_path_count: n and k must be at least 0, not ", n, " and ", k);
  if (k > n) return 0;
  double count = 1;
  for (int64_t i = 1; i <= k; i++) count = count * double(n - k + i) / double(i);
  return std::round(count);
}

template class Layer<ScaledResidual>;
template class Layer<ResidualTower>;

}  // namespace tare::nn
