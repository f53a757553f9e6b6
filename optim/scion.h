// Scion: Training Deep Learning Models with Norm-Constrained LMOs (Pethick et al., 2025, arXiv:2502.07529): the step is the point of a norm
// ball that agrees most with the momentum.
//
//   1. b <- (1 - momentum) b + momentum g            (momentum 1: b = g)
//   2. u by `norm`:  auto: rank <= 1: b / (rms(b) + 1e-8);  2: NS(b) sqrt(rows / cols);
//                    more: NS of the view (out, rest) sqrt(out / in) / (size of the kernel)
//                    sign: sign(b) / cols;  col: b / (rms of its columns);  row: b / (sqrt(cols) |row|)
//   3. w <- (1 - lr) w - lr scale u                  unconstrained: w <- w - lr scale u
#pragma once

#include "optim/method.h"
#include "optim/states.h"

namespace tare::optim {

struct ScionOptions {
  double lr = 1e-3;
  double momentum = 1;  ///< weight of the new gradient, in (0, 1]
  std::string norm = "auto";  ///< or "sign", "col", "row"
  double scale = 1;  ///< radius of the ball
  bool unconstrained = false;
  int64_t ns_steps = 5;
  void visit(Visitor& v);
};

class Scion : public PerParameter<Scion, ScionOptions, MomentumState> {
 public:
  static constexpr std::string_view type = "Scion";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, MomentumState& s, const ScionOptions& o);
  static void check_options(const ScionOptions& o);
};

extern template class Method<Scion, ScionOptions, MomentumState>;

}  // namespace tare::optim
