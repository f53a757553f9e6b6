// Class activation maps: relu of a weighted sum of a layer's channels A_i (h x w), with G_i = d logit_c / dA_i; resized to the input (bilinear,
// align_corners = false) and divided by the maximum where that is positive. Maps are off the tape.
//
// GradCAM (Selvaraju et al., 2017, arXiv:1610.02391): weights w_i = mean G_i.
//
// CFCAM, Cluster Filter Class Activation Mapping (He, Pan and Yao, 2025, arXiv:2504.00060), as the authors' code has it:
//   1. channels with ||A_i|| >= the 75th percentile are important (label -2): w_i = mean G_i
//   2. the R others are clustered by DBSCAN on their rows A_i: eps = the 25th percentile of their distances (at least 1e-5), min_samples = max(2, floor(0.05 R))
//   3. a cluster (labels 0, 1, ...) shares w = mean F(m), m the mean of its members' G; channels without one (-1) are dropped
//   4. cam = relu(sum_i s_i A_i) over the channels that are left, s = softmax(w)
// The paper's F is a Gaussian filter (filter = "gaussian": sigma 1, radius 3, reflected edges: our reading); the code correlates m with one kernel, the product of
// a Gaussian of the distance to (h / 2, w / 2), which is off the centre, and one of m's distance to its own mean (filter = "reference"). Gradients are small
// numbers, so that the softmax is close to uniform: the map hardly depends on the class.
#pragma once

#include "nn/layer.h"
#include "nn/saliency/saliency.h"

namespace tare::nn {

/// Clusters of the rows of x (n, d) by density (Ester et al., 1996), int64 (n): 0, 1, ... in order of discovery, -1 for noise. Neighbours lie within eps,
/// inclusive, the point itself counts; core points have at least min_samples; a border point belongs to the first cluster that reaches it.
Tensor dbscan(const Tensor& x, double eps, int64_t min_samples);

/// F of the reference: m (h, w) correlated with its own kernel, zeros around it, (size - 1) / 2 of them before.
Tensor cf_cam_reference_filter(const Tensor& m, double sigma_spatial = 5, double sigma_range = 0.1);

struct CFCAMParams {
  std::string filter = "reference";  ///< or "gaussian"
  double important_percentile = 75;
  double eps_percentile = 25;
  double sigma_spatial = 5;
  double sigma_range = 0.1;
  void visit(Visitor& v);
};
struct CFCAMResult {
  Tensor cam;     ///< (H, W) in [0, 1]
  Tensor labels;  ///< int64 (C)
};
/// activation and gradient (1, C, h, w).
CFCAMResult cf_cam(const Tensor& activation, const Tensor& gradient, const Shape& size, const CFCAMParams& params = {});

struct GradCAMOptions {
  AnyModule model{};
  std::string target_layer{};  ///< path in the model of a layer with outputs (N, C, h, w)
  void visit(Visitor& v);
};

/// x (N, C, H, W), target int64 (N) or none -> (N, 1, H, W).
class GradCAM : public Layer<GradCAM> {
 public:
  static constexpr std::string_view type = "GradCAM";
  using Options = GradCAMOptions;
  explicit GradCAM(Options options);
  Tensor forward(const Tensor& x, const Tensor& target = {});
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }

  Options options;
};

struct CFCAMOptions {
  AnyModule model{};
  std::string target_layer{};
  CFCAMParams cam{};  ///< their keys stand beside the others
  void visit(Visitor& v);
};

/// x (N, C, H, W), target int64 (N) or none -> (N, 1, H, W), each sample by itself.
class CFCAM : public Layer<CFCAM> {
 public:
  static constexpr std::string_view type = "CFCAM";
  using Options = CFCAMOptions;
  explicit CFCAM(Options options);
  Tensor forward(const Tensor& x, const Tensor& target = {});
  void visit(Visitor& v) override { v.exchangeable("model", options.model); }

  Options options;
};

extern template class Layer<GradCAM>;
extern template class Layer<CFCAM>;

}  // namespace tare::nn
