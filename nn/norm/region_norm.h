// Region Normalization for Image Inpainting (Yu et al., 2020, arXiv:1911.10507).
//
//   RegionNorm    the mask m in {0, 1} splits the positions of all samples in two regions, k = m and k = 1 - m, of S positions of M = N H W:
//                 mu = mean of x_c over the region;  r = x k + mu (1 - k);  n = (r - mean r) / sqrt(var r + 1e-5) over batch and positions;
//                 y = the sum over both regions of n sqrt(S / M)
//                 On its region this is (x - mu) / sqrt(var_region + 1e-5 M / S), elsewhere 0. An empty region gives 0.
//   RegionNormB   m resized to x by nearest neighbour;  y = RN (m (1 + foreground_gamma) + (1 - m) (1 + background_gamma)) + foreground_beta + background_beta
//   RegionNormL   map = sigmoid(conv1([mean_c x, max_c x]));  m = map >= threshold;  y = RN(x, m) (1 + gamma_conv(map)) + beta_conv(map)
//
// Statistics are the batch's in training and in evaluation; gradients flow through them. Masks are detached: conv1 learns through gamma and beta alone.
// As in the authors' code, both betas of RegionNormB are added at every position.
#pragma once

#include "nn/conv/conv.h"

namespace tare::nn {

struct RegionNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  void visit(Visitor& v);
};

/// x (N, C, H, W), mask (N, 1, H, W) of zeros and ones -> x's shape. No parameters.
class RegionNorm : public Layer<RegionNorm> {
 public:
  static constexpr std::string_view type = "RegionNorm";
  using Options = RegionNormOptions;
  explicit RegionNorm(Options options);
  explicit RegionNorm(int64_t num_features);
  Tensor forward(const Tensor& x, const Tensor& mask);

  Options options;
};

/// x (N, C, H, W), mask (N, 1, any height, any width) -> x's shape. Gammas and betas (C) start at 0.
class RegionNormB : public Layer<RegionNormB> {
 public:
  static constexpr std::string_view type = "RegionNormB";
  using Options = RegionNormOptions;
  explicit RegionNormB(Options options);
  explicit RegionNormB(int64_t num_features);
  Tensor forward(const Tensor& x, const Tensor& mask);
  void visit(Visitor& v) override;

  Options options;
  Parameter foreground_gamma, foreground_beta, background_gamma, background_beta;
};

struct RegionNormLOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double threshold = 0.8;    ///< of the attention map, between 0 and 1
  int64_t kernel_size = 7;   ///< of the three convolutions; odd
  void visit(Visitor& v);
};

/// x (N, C, H, W) -> the same shape.
class RegionNormL : public Layer<RegionNormL> {
 public:
  static constexpr std::string_view type = "RegionNormL";
  using Options = RegionNormLOptions;
  explicit RegionNormL(Options options);
  explicit RegionNormL(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Conv2d conv1, gamma_conv, beta_conv;
};

extern template class Layer<RegionNorm>;
extern template class Layer<RegionNormB>;
extern template class Layer<RegionNormL>;

}  // namespace tare::nn
