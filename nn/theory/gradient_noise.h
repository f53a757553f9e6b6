// SGD Implicitly Regularizes Generalization Error (Roberts, 2021, arXiv:2104.04874).
//
// Sample gradients g_i have mean gbar and covariance C; Tr C = E ||g||^2 - ||gbar||^2 is a function of the parameters. To the first order in the rate
// eta, one step on the mean loss of N fresh samples widens the gap between test and training loss by
//
//     eta Tr C / N                                                        the step follows the sample's own noise
//
// and T steps on the T batches of these samples, against T steps on all of them, end to the second order apart by
//
//     E[theta_SGD - theta_GD] = -eta^2 T (T - 1) / (4 N) grad Tr C         successive batches share no noise
//
// Tr C of n gradients is estimated with 1/n (biased) or 1/(n - 1). The second statement is derived here for the paper's claim; its normalization may
// differ. The rate is that of the mean loss.
#pragma once

#include "nn/any_module.h"
#include "nn/functional_call.h"
#include "nn/layer.h"

namespace tare::nn {

struct GradientStatistics {
  Tensor trace_biased, trace_unbiased, mean_square;  ///< Tr C with 1/n, with 1/(n - 1), and ||gbar||^2
  Tensors flatten() const { return {trace_biased, trace_unbiased, mean_square}; }
};
/// g (n, p): a gradient a row. Differentiable. Of one sample the unbiased trace is NaN.
GradientStatistics gradient_statistics(const Tensor& g);
/// eta Tr C / N.
Tensor expected_gap_change(const Tensor& trace, double lr, int64_t train_size);
/// -eta^2 T (T - 1) / (4 N) grad Tr C; `steps` is T. Throws ValueError unless T divides N.
Tensor sgd_minus_gd_shift(const Tensor& grad_trace, double lr, int64_t steps, int64_t train_size);

struct GradientNoiseOptions {
  AnyModule model{};
  AnyModule loss{};  ///< of a prediction and a target; is called with one sample at a time
  void visit(Visitor& v);
};
/// The statistics of a model's sample gradients: (x, y) -> GradientStatistics, off the tape.
class GradientNoise : public Layer<GradientNoise> {
 public:
  static constexpr std::string_view type = "GradientNoise";
  using Options = GradientNoiseOptions;
  explicit GradientNoise(Options options);
  GradientStatistics forward(const Tensor& x, const Tensor& y);
  /// grad Tr C (biased; times n/(n-1) when `unbiased`) by the model's parameters, by name: 2/n sum_i H_i g_i - 2 H gbar, two double backward passes a
  /// sample.
  NamedTensors grad_noise_trace(const Tensor& x, const Tensor& y, bool unbiased = false);
  void visit(Visitor& v) override;

  Options options;

 private:
  Tensor losses(const Tensor& x, const Tensor& y);
};

extern template class Layer<GradientNoise>;

}  // namespace tare::nn
