// AUTOSPARSE: Towards Automated Sparse Training of Deep Neural Networks (Kundu et al. 2023, arXiv:2304.06941).
//
//     e = sign(w) relu(|w| - T),   T = sigmoid(s),   s one trained number
//
// A weight is active where |w| > T. The gradient is the paper's, not the derivative: with h = 1 for active weights and alpha for masked ones,
//     dw = de h,   ds = -sum(de sign(w) h) T (1 - T)
// so that masked weights may come back. alpha = 0 is soft threshold reparameterization (STR), where this is the derivative; alpha = 1 is straight-through.
// alpha is annealed from alpha0 to exactly 0 by set_step. Weight decay acts on w and on s (towards T = 1/2). Same in training and evaluation.
// It starts from the present weight: w = sign(e) (|e| + T), and 0 where e is 0.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct AutoSparseOptions {
  enum class Schedule { sigmoid_cosine, cosine, sigmoid, linear };
  double threshold_init = -6.0;  ///< s at the start: T = 0.0025
  double alpha = 0.75;           ///< at the start
  double alpha0 = 0.75;          ///< what set_step anneals from
  int64_t anneal_steps = 1000;
  Schedule schedule = Schedule::sigmoid_cosine;
  void visit(Visitor& v);
};

class AutoSparse : public Reparam<AutoSparse> {
 public:
  static constexpr std::string_view type = "AutoSparse";
  using Options = AutoSparseOptions;
  explicit AutoSparse(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  Parameter* base() override { return &raw; }
  void visit(Visitor& visitor) override;

  /// Anneals alpha to its value at optimizer step i.
  void set_step(int64_t i);
  /// Share of weights with |w| <= T.
  double sparsity() const;
  /// bool, true where a weight is active.
  Tensor export_mask() const;

  Options options;
  Parameter raw;        ///< "weight"
  Parameter threshold;  ///< s, a scalar
  Buffer alpha;
};

/// alpha at step i of `total_steps`: alpha0 times (1 + cos(pi t)) / 2 or 1 - sigmoid(12 t - 6), t = i / total_steps, or the larger of the two, or
/// 1 - t; 0 from total_steps on.
double autosparse_alpha(int64_t i, double alpha0, int64_t total_steps, AutoSparseOptions::Schedule schedule);

extern template class Reparam<AutoSparse>;

}  // namespace tare::nn
