// Spectral Normalization for Generative Adversarial Networks (Miyato, Kataoka, Koyama and Yoshida 2018, arXiv:1802.05957).
//
//     weight = lipschitz * weight_orig / sigma,   sigma = u^T M v,   M the weight with axis `dim` first and the others taken together
//
// In training each forward first repeats n_power_iterations times, off the tape, v <- normalize(M^T u), u <- normalize(M v); in evaluation, and while
// statistics are frozen, u and v stay. sigma is on the tape with u and v constant. Variants: `exact` takes the largest singular value itself, and keeps no u
// and v; `shrink_only` divides by max(1, sigma / lipschitz), so that smaller weights stay as they are (Gouk, Frank, Pfahringer and Cree 2018,
// arXiv:1804.04368). Of a convolution this bounds the kernel's matrix, not the convolution's own norm.
// torch.nn.utils.parametrizations.spectral_norm differs: u before v, and 15 iterations at the start.
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct SpectralNormOptions {
  int64_t n_power_iterations = 1;  ///< each training forward; at least 1
  double eps = 1e-12;              ///< floor of the norms that u and v are divided by
  int64_t dim = 0;                 ///< the output axis; 1 for transposed convolutions
  bool exact = false;              ///< sigma by singular value decomposition
  double lipschitz = 1;            ///< the spectral norm that the weight is given
  bool shrink_only = false;        ///< leaves weights below it alone
  void visit(Visitor& v);
};

/// State: weight_orig, and unless exact the buffers weight_u (h) and weight_v (w), random at the start.
class SpectralNorm : public Reparam<SpectralNorm, RawWeight> {
 public:
  static constexpr std::string_view type = "SpectralNorm";
  using Options = SpectralNormOptions;
  explicit SpectralNorm(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;

  Options options;
  Buffer u, v;

 private:
  Tensor sigma(const Tensor& m);
};

extern template class Reparam<SpectralNorm, RawWeight>;

}  // namespace tare::nn
