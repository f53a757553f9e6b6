// RMSprop (Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013, arXiv:1308.0850), as in PyTorch; and RMSpropTF, TensorFlow's.
//
//   1. s <- alpha s + (1 - alpha) g^2;  centered: a <- alpha a + (1 - alpha) g
//   2. d = sqrt(s) + eps;               centered: d = sqrt(s - a^2) + eps
//   3. momentum > 0:  b <- momentum b + g / d,  w <- w - lr b;  otherwise  w <- w - lr g / d
//
// RMSpropTF: s starts at 1, d = sqrt(s + eps) with eps inside the root, and with lr_in_momentum b <- momentum b + lr g / d, w <- w - b.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;  ///< in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0;  ///< L2
  double momentum = 0;
  bool centered = false;  ///< divide by the standard deviation
  bool maximize = false;
  void visit(Visitor& v);
};

struct RMSpropState {
  Tensor square_avg, momentum_buffer, grad_avg;
  int64_t step = 0;
  void visit(Visitor& v);
};

class RMSprop : public Method<RMSprop, RMSpropOptions, RMSpropState> {
 public:
  static constexpr std::string_view type = "RMSprop";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const RMSpropOptions& o);
};

struct RMSpropTFOptions {
  double lr = 1e-2;
  double momentum = 0;
  double alpha = 0.9;  ///< in [0, 1)
  double eps = 1e-10;
  double weight_decay = 0;
  bool centered = false;
  bool weight_decouple = false;  ///< true: decoupled decay, false: L2
  bool lr_in_momentum = true;    ///< the rate enters the momentum
  void visit(Visitor& v);
};

class RMSpropTF : public Method<RMSpropTF, RMSpropTFOptions, RMSpropState> {
 public:
  static constexpr std::string_view type = "RMSpropTF";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const RMSpropTFOptions& o);
};

extern template class Method<RMSprop, RMSpropOptions, RMSpropState>;
extern template class Method<RMSpropTF, RMSpropTFOptions, RMSpropState>;

}  // namespace tare::optim
