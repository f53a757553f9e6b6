// Visualizing the Loss Landscape of Neural Nets (Li et al., 2017, arXiv:1712.09913): the loss along directions in weight space,
//
//   f(a, b) = L(theta + a dx + b dy)      on one fixed batch, the model in evaluation
//
// Random directions are rescaled to the weights, which takes the scale symmetry of rectified and normalised nets away. Of each tensor W with direction D:
//   filter   D[i] *= ||W[i]|| / (||D[i]|| + 1e-10)     i along axis 0, for Linear too        layer   D *= ||W|| / ||D||
//   weight   D *= W                                     dfilter  D[i] /= ||D[i]|| + 1e-10     dlayer  D /= ||D||
// Tensors of at most one axis (biases, batch norm): D = 0 with ignore = "biasbn", otherwise D = W, not random, as in the authors' code. Differences of two models
// and the axes of a trajectory are not normalised. Running statistics stay as they are ("weights" mode).
#pragma once

#include "nn/analysis/objective.h"
#include "nn/functional_call.h"
#include "nn/layer.h"

namespace tare::nn {

/// `norm` as above; `ignore` is "biasbn" or "".
Tensor normalize_direction(const Tensor& direction, const Tensor& weight, std::string_view norm = "filter", std::string_view ignore = "biasbn");

/// Standard normal numbers for every parameter, normalised.
NamedTensors random_direction(Module& model, std::string_view norm = "filter", std::string_view ignore = "biasbn", Generator* generator = nullptr);
/// b - a of two models of the same parameters; f(a) along it goes from the first (0) to the second (1).
NamedTensors difference_direction(Module& a, Module& b);
/// A flat vector, in the order of parameters(), as a direction: an eigenvector of the Hessian (nn/analysis/hessian.h), say.
NamedTensors direction_of(Module& model, const Tensor& flat);

struct Trajectory {
  NamedTensors dx, dy;  ///< unit vectors: the first two principal components of theta_t - theta_T, t < T, centred as sklearn's PCA does
  Tensor coordinates;   ///< (T + 1, 2): theta_t - theta_T along them
  Tensor explained;     ///< (2): shares of the variance
};
/// Of at least 3 snapshots of the parameters, the last one the end. Through the T x T Gram matrix.
Trajectory trajectory_directions(const std::vector<NamedTensors>& snapshots);
/// Copies of the parameters: a snapshot.
NamedTensors snapshot(Module& model);

/// One tensor for each parameter of a model, in buffers "<prefix>.<parameter>"; zeros at first.
class WeightDirection {
 public:
  WeightDirection() = default;
  explicit WeightDirection(Module& model);
  /// Throws ConfigError for a missing or unknown parameter, ShapeError for another shape.
  WeightDirection& operator=(const NamedTensors& values);
  void visit(Visitor& v, std::string_view prefix);
  const std::vector<std::pair<std::string, Buffer>>& parts() const { return parts_; }

 private:
  std::vector<std::pair<std::string, Buffer>> parts_;
};

struct LossCurveOptions {
  AnyModule model{};
  std::string loss = "CrossEntropyLoss";
  void visit(Visitor& v);
};
/// State: the model's, dx.<parameter>.
class LossCurve : public Layer<LossCurve> {
 public:
  static constexpr std::string_view type = "LossCurve";
  using Options = LossCurveOptions;
  explicit LossCurve(Options options);
  /// alphas (A) -> f (A).
  Tensor forward(const Tensor& x, const Tensor& y, const Tensor& alphas);
  void visit(Visitor& v) override;
  Options options;
  WeightDirection dx;
};

struct LossSurfaceOptions {
  AnyModule model{};
  std::string loss = "CrossEntropyLoss";
  void visit(Visitor& v);
};
/// State: the model's, dx.<parameter>, dy.<parameter>.
class LossSurface : public Layer<LossSurface> {
 public:
  static constexpr std::string_view type = "LossSurface";
  using Options = LossSurfaceOptions;
  explicit LossSurface(Options options);
  /// alphas (A), betas (B) -> f (A, B).
  Tensor forward(const Tensor& x, const Tensor& y, const Tensor& alphas, const Tensor& betas);
  /// |smallest / largest eigenvalue| of the Hessian at each point, by n_iter Lanczos steps: close to 0 where the loss is convex.
  Tensor curvature(const Tensor& x, const Tensor& y, const Tensor& alphas, const Tensor& betas, int64_t n_iter = 30);
  void visit(Visitor& v) override;
  Options options;
  WeightDirection dx, dy;
};

/// A grid as text: a line "alpha,beta,value" for each point, under a heading.
std::string grid_csv(const Tensor& alphas, const Tensor& betas, const Tensor& values);

extern template class Layer<LossCurve>;
extern template class Layer<LossSurface>;

}  // namespace tare::nn
