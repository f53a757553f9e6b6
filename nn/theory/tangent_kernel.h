// Neural tangent kernels, and networks linearized about their start.
//
//   EmpiricalNTK   K(x, x') = <df/dtheta(x), df/dtheta(x')> over all parameters that require a gradient, for a model of one output
//                  (Jacot, Gabriel and Hongler, 2018, arXiv:1806.07572)
//   relu_ntk       its limit for an infinitely wide ReLU network without biases, He scaling (variance 2/fan_in, last layer 1/fan_in): S = K = x . x',
//                  and for each hidden layer, with n = ||x|| ||x'||, r = S/n and angles
//                      k0 = (pi - acos r) / pi,   k1 = (r (pi - acos r) + sqrt(1 - r^2)) / pi,   S <- n k1,   K <- K k0 + S
//   LinearizedModel   f(x; theta_0) + J(x) delta: what a lazily trained network is (Zhu et al., 2023, arXiv:2305.19377, "Benign Overfitting in Deep
//                  Neural Networks under Lazy Training"). delta is trained, theta_0 stays.
#pragma once

#include "nn/any_module.h"
#include "nn/functional_call.h"
#include "nn/layer.h"

namespace tare::nn {

struct EmpiricalNTKOptions {
  AnyModule model{};  ///< (N, ...) -> (N) or (N, 1)
  void visit(Visitor& v);
};
/// x1 (n1, ...), x2 (n2, ...) -> (n1, n2), off the tape. x2 may be left out: K(x1, x1).
class EmpiricalNTK : public Layer<EmpiricalNTK> {
 public:
  static constexpr std::string_view type = "EmpiricalNTK";
  using Options = EmpiricalNTKOptions;
  explicit EmpiricalNTK(Options options);
  Tensor forward(const Tensor& x1, const Tensor& x2 = {});
  void visit(Visitor& v) override;

  Options options;
};

/// x1 (n1, d), x2 (n2, d) -> (n1, n2); `depth` hidden layers, 0 is x . x'. Off the tape.
Tensor relu_ntk(const Tensor& x1, const Tensor& x2, int64_t depth);

/// J(x) delta for a change of the parameters named in `delta`, linear in delta and differentiable by it (two backward passes; theta_0 is a constant).
Tensor tangent(Module& model, const NamedTensors& delta, const Tensor& x);

struct LinearizedModelOptions {
  AnyModule model{};
  void visit(Visitor& v);
};
class LinearizedModel : public Layer<LinearizedModel> {
 public:
  static constexpr std::string_view type = "LinearizedModel";
  using Options = LinearizedModelOptions;
  explicit LinearizedModel(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  std::vector<std::pair<std::string, Parameter>> delta;  ///< by the model's names ("delta_0_weight" is of "0.weight"), starting at 0. The model's own get no gradient
};

extern template class Layer<EmpiricalNTK>;
extern template class Layer<LinearizedModel>;

}  // namespace tare::nn
