// Reflected flow matching (Xie, Zhu, Yu, Yang, Cheng, Zhang, Zhang, Reflected Flow Matching, 2024, arXiv:2405.16577): flow matching on a box, whose
// sampler reflects at the walls.
//
//     x_t = (1 - t) x0 + t x1,  u = x1 - x0,  loss = mean of (v(x_t, t) - u)^2,   x0 from a prior on the box, x1 data in it, t ~ U(0, 1)
//     R(x) = lo + r,  r = (x - lo) mod 2e, and 2e - r where r > e,  e = hi - lo: any number of bounces;  s(x) = -1 where r > e, else 1
//     Euler   x <- R(x + h v(x, t))
//     Heun-3  k1 = v(x, t);  y1 = x + h k1 / 3,  k2 = s(y1) v(R(y1), t + h/3);  y2 = x + 2 h k2 / 3,  k3 = s(y2) v(R(y2), t + 2h/3);
//             x <- R(x + h (k1 / 4 + 3 k3 / 4))
//
// The straight path between two points of a convex domain stays inside, so that the training target is that of plain flow matching: only the prior and the
// sampler differ. The modulus is the floored one. (The authors' sign function never flips on a box of width 2, by an integer division; this is the sign
// that is meant.) Clipping instead of reflecting puts mass on the walls.
#pragma once

#include <functional>
#include <string>

#include "core/tensor.h"

namespace tare::nn {

/// R(x), elementwise; its gradient is s(x). Throws ValueError unless low < high, as do the others.
Tensor reflect_box(const Tensor& x, double low, double high);
/// s(x): 1 or -1; no gradient.
Tensor reflect_velocity_sign(const Tensor& x, double low, double high);

struct FlowPair {
  Tensor xt, u;
};
/// x_t and u; x0, x1 (B, ...), t (B).
FlowPair flow_matching_pair(const Tensor& x0, const Tensor& x1, const Tensor& t);

/// The velocity at points (B, ...) and a time.
using Velocity = std::function<Tensor(const Tensor& x, double t)>;
/// x moved from time 0 to 1 in equal steps of the reflected solver "euler" or "heun3".
Tensor reflected_ode(const Velocity& v, const Tensor& x, int64_t steps, double low, double high, std::string_view method = "euler");

struct ReflectedFlowMatchingOptions {
  double low = -1, high = 1;
  std::string prior = "truncated_normal";  ///< N(0, 1) cut to the box, or "uniform"
  std::string method = "euler";            ///< or "heun3"
};
class ReflectedFlowMatching {
 public:
  /// v(x, t), t (B) for the points' own times.
  using Model = std::function<Tensor(const Tensor& x, const Tensor& t)>;
  /// Throws ConfigError for an option it does not know.
  explicit ReflectedFlowMatching(ReflectedFlowMatchingOptions options = {});
  /// n points of the prior.
  Tensor prior(const Shape& shape, DType dtype) const;
  /// The mean squared error on data x1 (B, ...), x0 and t drawn.
  Tensor loss(const Model& model, const Tensor& x1) const;
  /// Points of this shape in the box; no gradient.
  Tensor sample(const Model& model, const Shape& shape, int64_t steps, DType dtype) const;

  ReflectedFlowMatchingOptions options;
};

}  // namespace tare::nn
