// BCOS: Stochastic Approximation with Block Coordinate Optimal Stepsizes (Jiang and Xiao, 2025, arXiv:2507.08963). m_0 = g_1, v_0 = g_1^2, b = beta;
// w <- w - lr d / (sqrt(v) + eps), where by mode
//
//   g: d = g;  m: d = m, the new average;  both: v <- average of d^2 with beta2 (absent: beta)
//   c: d = m, the new one, and with the old one M  v = (3 b^2 - 2 b^3) M^2 + (1 - b)^2 g^2 + 2 b (1 - b)^2 M g
//      (simple_cond: k M^2 + (1 - k) g^2, k = beta2 or 1 - (1 - b)^2)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct BCOSOptions {
  double lr = 1e-3;
  double beta = 0.9;  ///< in [0, 1)
  std::optional<double> beta2{};
  std::string mode = "c";  ///< or "g", "m"
  bool simple_cond = false;
  double eps = 1e-6;
  double weight_decay = 0.1;
  bool weight_decouple = true;  ///< false: L2
  void visit(Visitor& v);
};

struct BCOSState {
  Tensor m, v;
  int64_t step = 0;
  void visit(Visitor& v);
};

class BCOS : public Method<BCOS, BCOSOptions, BCOSState> {
 public:
  static constexpr std::string_view type = "BCOS";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const BCOSOptions& o);
};

extern template class Method<BCOS, BCOSOptions, BCOSState>;

}  // namespace tare::optim
