// Grokfast: Accelerated Grokking by Amplifying Slow Gradients (Lee, Kang, Kim, Lee, 2024, arXiv:2405.20233) before AdamW:
//
//   G <- alpha G + (1 - alpha) g  (G_1 = g_1),  AdamW with g + lamb G
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct GrokfastAdamWOptions {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double grokfast_alpha = 0.98;  ///< in [0, 1)
  double grokfast_lamb = 2;
  double eps = 1e-8;
  double weight_decay = 0.01;  ///< decoupled
  void visit(Visitor& v);
};

struct GrokfastState {
  Tensor exp_avg, exp_avg_sq, grok_exp_avg;
  int64_t step = 0;
  void visit(Visitor& v);
};

class GrokfastAdamW : public Method<GrokfastAdamW, GrokfastAdamWOptions, GrokfastState> {
 public:
  static constexpr std::string_view type = "GrokfastAdamW";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const GrokfastAdamWOptions& o);
};

extern template class Method<GrokfastAdamW, GrokfastAdamWOptions, GrokfastState>;

}  // namespace tare::optim
