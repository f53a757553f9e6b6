// ScaledResidual, ResidualTower: residual sums whose branches are scaled, which is what lets them be deep without normalization.
//
// ScaledResidual: y = shortcut(x) + scale module(x). A trained scale that starts at 0 is SkipInit (De and Smith 2020, arXiv:2002.10444) and ReZero
// (Bachlechner et al. 2020, arXiv:2003.04887); a fixed one of 1 / sqrt(depth) keeps the variance of a random net bounded.
//
// ResidualTower (Dherin and Munn 2025, arXiv:2510.03470): h_0 = x, h_j = h_{j-1} + lambda f_j(h_{j-1}), output h_n: the ensemble of all ordered selections of
// its n modules, selections of k weighted by lambda^k. With ||f_j|| <= c it grows by at most (1 + lambda c)^n: lambda = 1/n bounds it by e^c, and for random
// independent modules 1/sqrt(n) suffices.
#pragma once

#include "nn/any_module.h"
#include "nn/factor.h"
#include "nn/layer.h"

namespace tare::nn {

struct ScaledResidualOptions {
  AnyModule module{};     ///< the branch
  AnyModule shortcut{};   ///< null: the identity
  double scale = 0;       ///< at the start, where it is learned
  bool learnable = true;  ///< a parameter "scale" (a scalar)
  void visit(Visitor& v);
};

class ScaledResidual : public Layer<ScaledResidual> {
 public:
  static constexpr std::string_view type = "ScaledResidual";
  using Options = ScaledResidualOptions;
  explicit ScaledResidual(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter scale;
};

struct ResidualTowerOptions {
  int64_t depth = 1;    ///< at least 1
  Factor lambda = 1.0;  ///< a number, "1/n" or "1/sqrt(n)" with n = depth
  AnyModule module{};   ///< what each f_j is: `depth` modules of this type and these options, each with a start of its own
  void visit(Visitor& v);
};

class ResidualTower : public Layer<ResidualTower> {
 public:
  static constexpr std::string_view type = "ResidualTower";
  using Options = ResidualTowerOptions;
  explicit ResidualTower(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;
  /// What the branches are multiplied by.
  double lambda() const;

  Options options;
  ModuleVector modules_in_order;
};

/// The terms of a tower's expansion in lambda for modules f_j(x) = act(W_j x): h_n itself, then for each order asked for
/// 1: sum_j f_j(x), 2: sum_{i<j} Df_j(x)[f_i(x)]. x (d), weights n matrices (d, d), activation "identity" or "tanh".
Tensors residual_expansion(const Tensor& x, const Tensors& weights, double lambda, std::string_view activation, const std::vector<int64_t>& orders);
/// How many ordered selections of k of n modules there are: n! / (k! (n - k)!).
double residual_path_count(int64_t n, int64_t k);

extern template class Layer<ScaledResidual>;
extern template class Layer<ResidualTower>;

}  // namespace tare::nn
