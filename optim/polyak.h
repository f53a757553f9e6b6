// Rates from the loss f: as if its least value were known and a line would reach it. Both need step(closure), or the loss in the Step; |g| is over
// all tensors.
//
//   PolyakSGD (Polyak, 1987; Loizou et al., 2021, arXiv:2002.10542):  w <- w - min((f - f_min) / (|g|^2 + eps), max_lr) g
//       nothing moves while |g|^2 + eps is at most machine epsilon
//   AliG (Berrada, Zisserman, Kumar, 2020, arXiv:1906.05661):  y = min(f / (|g|^2 + eps), max_lr),  w <- w - y g;  with momentum
//       b <- momentum b - y g,  w <- w + momentum b          adjusted_momentum:  b <- momentum b - g,  w <- w + y momentum b
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct PolyakSGDOptions {
  double max_lr = 1;  ///< at least 0
  double f_min = 0;   ///< the least value of the loss
  double eps = 0;
  void visit(Visitor& v);
};

class PolyakSGD : public Method<PolyakSGD, PolyakSGDOptions> {
 public:
  static constexpr std::string_view type = "PolyakSGD";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const PolyakSGDOptions& o);
};

struct AliGOptions {
  double momentum = 0;  ///< in [0, 1)
  std::optional<double> max_lr{};  ///< absent: no bound
  bool adjusted_momentum = false;
  double eps = 1e-5;
  void visit(Visitor& v);
};

class AliG : public Method<AliG, AliGOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "AliG";
  using Method::Method;
  void apply(Step& s) override;
  bool needs_closure() const override { return true; }
  static void check_options(const AliGOptions& o);
};

extern template class Method<PolyakSGD, PolyakSGDOptions>;
extern template class Method<AliG, AliGOptions, MomentumState>;

}  // namespace tare::optim
