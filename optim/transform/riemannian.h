// Riemannian steps: a method on a manifold (Absil, Mahony and Sepulchre, 2008).
//
// 1. each gradient is projected on the tangent space at w,  2. the base takes its step,  3. the result is retracted to the manifold.
//
//   sphere    ||w|| = 1                 tangent: g - <g, w> w             retraction: w / ||w||
//   oblique   every row of length 1     the same row by row
//   stiefel   W^T W = I, filters as columns of W (fan_in, out), or W W^T = I when there are more filters than inputs
//             tangent: G - W sym(W^T G)   retraction: Q of the QR decomposition with R's diagonal positive
//   spd       symmetric positive definite, with the affine-invariant metric
//             tangent: W sym(G) W         retraction of a step D: W^1/2 exp(W^-1/2 D W^-1/2) W^1/2, along a geodesic
//
// The manifold of a parameter is the one its list entry names (LieBNSPD's weight does), otherwise the option's. Moments of the base live in the
// surrounding space.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct RiemannianOptions {
  enum class Manifold { oblique, stiefel, sphere, spd } manifold = Manifold::oblique;
  std::vector<std::string> params{};  ///< patterns on paths; empty: weights of at least two dimensions, and what names its manifold
  void visit(Visitor& v);
};
class Riemannian : public Wrapper<Riemannian, RiemannianOptions> {
 public:
  static constexpr std::string_view type = "Riemannian";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  static void check_options(const RiemannianOptions&) {}
};

extern template class Wrapper<Riemannian, RiemannianOptions>;

}  // namespace tare::optim
