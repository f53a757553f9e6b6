// KATE: Remove that Square Root: A New Efficient Scale-Invariant Version of AdaGrad (Choudhury et al., 2024, arXiv:2403.02648).
//
//   b <- b + g^2,  m <- m + eta g^2 + g^2 / (b + eps),  w <- w - lr sqrt(m) g / (b + eps)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct KateOptions {
  double lr = 1e-3;
  double eta = 0;
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  void visit(Visitor& v);
};

struct KateState {
  Tensor m, b;
  int64_t step = 0;
  void visit(Visitor& v);
};

class Kate : public Method<Kate, KateOptions, KateState> {
 public:
  static constexpr std::string_view type = "Kate";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const KateOptions& o);
};

extern template class Method<Kate, KateOptions, KateState>;

}  // namespace tare::optim
