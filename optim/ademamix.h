// AdEMAMix: Better, Faster, Older (Pagliardini, Ablin, Grangier, 2024, arXiv:2409.03137): a fast and a slow average of the gradient; and its
// simplification (Morwani et al., 2025, arXiv:2502.02431) with one sum and the present gradient.
//
//   AdEMAMix (betas = b1, b2, b3):  n <- b3 n + (1 - b3) g,  w <- w - lr ((mh + alpha n) / (sqrt(v) / sqrt(1 - b2^t) + eps) + weight_decay w)
//   SimplifiedAdEMAMix:             m <- b1 m + g,           w <- w - lr ((alpha g + m) / (sqrt(vh) + eps) + weight_decay w)
//
// Warm-ups over T steps: alpha min(1, t / T); a beta so that 1 / ln beta moves linearly from that of the first to that of the last.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AdEMAMixOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999, 0.9999};
  double alpha = 5;  ///< weight of the slow average
  std::optional<int64_t> alpha_warmup{};  ///< steps
  std::optional<int64_t> beta3_warmup{};  ///< steps
  double eps = 1e-8;
  double weight_decay = 0;
  void visit(Visitor& v);
};

struct AdEMAMixState {
  Tensor exp_avg, exp_avg_slow, exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

class AdEMAMix : public Method<AdEMAMix, AdEMAMixOptions, AdEMAMixState> {
 public:
  static constexpr std::string_view type = "AdEMAMix";
  using Method::Method;
  void apply(Step& s) override;
};

struct SimplifiedAdEMAMixOptions {
  double lr = 1e-4;
  std::vector<double> betas = {0.99, 0.95};
  double alpha = 0;  ///< weight of the present gradient
  std::optional<int64_t> beta1_warmup{};  ///< steps
  double min_beta1 = 0.9;  ///< in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0;
  void visit(Visitor& v);
};

struct SimplifiedAdEMAMixState {
  Tensor exp_avg, exp_avg_sq;
  double num_sum = 0, den_sum = 0;  ///< sums of the weights in the two averages
  int64_t step = 0;
  void visit(Visitor& v);
};

class SimplifiedAdEMAMix : public Method<SimplifiedAdEMAMix, SimplifiedAdEMAMixOptions, SimplifiedAdEMAMixState> {
 public:
  static constexpr std::string_view type = "SimplifiedAdEMAMix";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const SimplifiedAdEMAMixOptions& o);
};

extern template class Method<AdEMAMix, AdEMAMixOptions, AdEMAMixState>;
extern template class Method<SimplifiedAdEMAMix, SimplifiedAdEMAMixOptions, SimplifiedAdEMAMixState>;

}  // namespace tare::optim
