// Generalized divisive normalization: Density Modeling of Images using a Generalized Normalization Transformation (Balle, Laparra and Simoncelli, 2016,
// arXiv:1511.06281); the form with non-negative parameters is End-to-end Optimized Image Compression's (Balle et al., 2017, arXiv:1611.01704).
//
//   GDN              y_i = x_i / sqrt(beta_i + sum_j gamma_ij x_j^2) at every position; inverse (IGDN) multiplies by the root
//   GDN1             y_i = x_i / (beta_i + sum_j gamma_ij |x_j|);                       inverse multiplies
//
// gamma_ij: row i is the output's channel. GDN and GDN1 store roots: effective = max(stored, bound)^2 - p, p = 2^-36, bound = sqrt(minimum + p), minimum =
// beta_min for beta and 0 for gamma. The gradient of the bound is not that of max: it passes where stored >= bound, and below it where a descent step would
// raise the number (grad < 0), so that nothing sticks at the bound. Everything is tracked; no state. The full form is in generalized_gdn.h.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

/// max(x, bound); its gradient passes where x >= bound or where it is negative.
Tensor lower_bound(const Tensor& x, double bound);

struct GDNOptions {
  int64_t num_features = 0;  ///< C, at least 1
  bool inverse = false;      ///< multiplies instead of dividing
  double beta_min = 1e-6;    ///< least effective beta
  double gamma_init = 0.1;   ///< gamma starts at this times the identity
  void visit(Visitor& v);
};

/// x (N, C, *) -> the same shape. Stored roots beta (C), of ones, and gamma (C, C).
template <int Power>
class DivisiveNorm : public Layer<DivisiveNorm<Power>> {
 public:
  static constexpr std::string_view type = Power == 2 ? "GDN" : "GDN1";
  using Options = GDNOptions;
  explicit DivisiveNorm(Options options);
  explicit DivisiveNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter beta, gamma;
};
using GDN = DivisiveNorm<2>;
using GDN1 = DivisiveNorm<1>;

extern template class DivisiveNorm<1>;
extern template class DivisiveNorm<2>;
extern template class Layer<GDN>;
extern template class Layer<GDN1>;

}  // namespace tare::nn
