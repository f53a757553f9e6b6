// signSGD: Compressed Optimisation for Non-Convex Problems (Bernstein et al., 2018, arXiv:1802.04434), with momentum (Signum); and Tiger
// (Su, 2023, kexue.fm/archives/9512), the same with one beta and decay.
//
//   SignSGD:  m <- momentum m + (1 - momentum) g;  w <- (1 - lr weight_decay) w - lr sign(m)        (momentum 0: sign(g))
//   Tiger:    m <- beta m + (1 - beta) g;          w <- (1 - lr weight_decay) w - lr sign(m)
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct SignSGDOptions {
  double lr = 1e-3;
  double momentum = 0.9;  ///< in [0, 1)
  double weight_decay = 0;  ///< decoupled
  void visit(Visitor& v);
};

class SignSGD : public Method<SignSGD, SignSGDOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "SignSGD";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const SignSGDOptions& o);
};

struct TigerOptions {
  double lr = 1e-3;
  double beta = 0.965;  ///< in [0, 1)
  double weight_decay = 0.01;  ///< decoupled
  void visit(Visitor& v);
};

class Tiger : public Method<Tiger, TigerOptions, MomentState> {
 public:
  static constexpr std::string_view type = "Tiger";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const TigerOptions& o);
};

extern template class Method<SignSGD, SignSGDOptions, MomentumState>;
extern template class Method<Tiger, TigerOptions, MomentState>;

}  // namespace tare::optim
