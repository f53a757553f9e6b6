// The full form of generalized divisive normalization: Density Modeling of Images using a Generalized Normalization Transformation (Balle, Laparra and
// Simoncelli, 2016, arXiv:1511.06281).
//
//     y_i = z_i / D_i^epsilon_i,   D_i = beta_i + sum_j gamma_ij |z_j|^alpha_ij
//     dy_i/dz_k = [i = k] D_i^-epsilon_i - z_i epsilon_i D_i^(-epsilon_i - 1) gamma_ik alpha_ik |z_k|^(alpha_ik - 1) sign(z_k)
//
// With the log-determinant of that matrix the layer is a density model: log p(z) = log N(y; 0, I) + log |det dy/dz|. Parameters are plain numbers: keep beta,
// alpha and epsilon positive and gamma at least 0. Everything is tracked; |z|^alpha counts as flat at z = 0. No state.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct GeneralizedGDNOptions {
  int64_t num_features = 0;     ///< C, at least 1
  bool return_log_det = false;  ///< also log |det dy/dz| of each sample, at a cost of C^3
  void visit(Visitor& v);
};

/// z (N, C) -> {y (N, C)} or {y, log_det (N)}. beta (C) starts at 1, gamma (C, C) at 0.1 times the identity, alpha (C, C) at 2, epsilon (C) at 1/2.
class GeneralizedGDN : public Layer<GeneralizedGDN> {
 public:
  static constexpr std::string_view type = "GeneralizedGDN";
  using Options = GeneralizedGDNOptions;
  explicit GeneralizedGDN(Options options);
  explicit GeneralizedGDN(int64_t num_features);
  Tensors forward(const Tensor& z);
  void visit(Visitor& v) override;

  Options options;
  Parameter beta, gamma, alpha, epsilon;
};

extern template class Layer<GeneralizedGDN>;

}  // namespace tare::nn
