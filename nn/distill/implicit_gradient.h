// Gradients through an inner optimum, by the implicit function theorem.
//
// theta* = argmin over theta of inner(theta, h). For outer(theta*, h) as a function of the hyper-parameters h, with H the Hessian of inner by theta,
//
//     v = H^-1 d outer / d theta,      d outer / d h = direct - d/dh <d inner / d theta, v>,      direct: with theta held
//
// H is applied by double backward passes. v is solved exactly (a row of H a parameter), or by Adam on 1/2 v^T H v - v^T g from 0, which is what is
// done for networks.
#pragma once

#include <functional>

#include "core/tensor.h"

namespace tare::nn {

using BilevelLoss = std::function<Tensor(const Tensors& theta, const Tensors& hyper)>;

struct ImplicitGradientOptions {
  int64_t steps = 0;    ///< Adam steps for v; 0: exactly
  double lr = 3e-2;     ///< of these steps
  bool implicit = true; ///< false: the direct part alone, v stays undefined
  bool clip = false;    ///< the implicit part of each hyper-parameter is scaled to be no longer than the direct one
};
struct ImplicitGradient {
  Tensor outer;            ///< the outer loss
  Tensors v;               ///< by theta
  Tensors direct, hyper;   ///< by h: with theta held, and in all
  bool rose = false, fell = false;  ///< the Adam steps ended higher than they began; never went up
};
/// theta is taken as the optimum. Off the tape. Throws LinAlgError when H is singular, ShapeError when a loss is no number.
ImplicitGradient implicit_gradient(const BilevelLoss& inner, const BilevelLoss& outer, const Tensors& theta, const Tensors& hyper, const ImplicitGradientOptions& options = {});

}  // namespace tare::nn
