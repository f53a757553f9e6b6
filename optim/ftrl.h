// FTRL-Proximal: Ad Click Prediction: a View from the Trenches (McMahan et al., 2013). lambda_1 makes exact zeros. p = lr_power:
//
//   n' = n + g^2,  z <- z + g - (n'^-p - n^-p) / lr w
//   w <- 0 where |z| <= lambda_1, otherwise (lambda_1 sign(z) - z) / ((beta + sqrt(n')) / lr + lambda_2)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct FTRLOptions {
  double lr = 1e-3;  ///< positive
  double beta = 0;
  double lr_power = -0.5;
  double lambda_1 = 0;
  double lambda_2 = 0;
  void visit(Visitor& v);
};

struct FTRLState {
  Tensor z, n;
  int64_t step = 0;
  void visit(Visitor& v);
};

class FTRL : public Method<FTRL, FTRLOptions, FTRLState> {
 public:
  static constexpr std::string_view type = "FTRL";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const FTRLOptions& o);
};

extern template class Method<FTRL, FTRLOptions, FTRLState>;

}  // namespace tare::optim
