// The task of the experiments on flat minima: 2000 images of Fashion-MNIST, standardized, a fifth of them with random labels. A perceptron can learn
// these by heart, at a sharp minimum; what keeps it where the loss is flat should keep it from that, and so classify better.
#pragma once

#include <functional>

#include "examples/papers/data.h"
#include "examples/papers/experiment.h"
#include "nn/sequential.h"
#include "optim/optimizer.h"

namespace tare::papers {

/// A perceptron 784-256-128-10, and the rate of its SGD.
struct NoisyNet {
  const char* name;
  bool batch_norm;
  double lr;
};
inline constexpr NoisyNet kWithBatchNorm{"BN", true, 0.1}, kPlainNet{"no BN", false, 0.05};

class NoisyLabels {
 public:
  using Loss = std::function<Tensor(nn::Sequential& net, const Tensor& x, const Tensor& y)>;
  static constexpr const char *kAccuracy = "test accuracy", *kSharpness = "lambda_max", *kNearby = "gradient nearby";

  /// Throws FileError as fashion() does. 5000 test images.
  NoisyLabels();
  /// What methods are compared with, and wrap: momentum 0.9, weight decay 5e-4.
  static optim::AnyOptimizer sgd(const NoisyNet& net);
  /// "SGD, BN"
  static std::string named(const std::string& method, const NoisyNet& net) { return method + ", " + net.name; }
  /// Begins named(method, net), trains with the unbound `optimizer` for 400 steps of 100 samples (cosine to 0) on `loss`, the cross entropy unless
  /// given, and measures the test accuracy and, on 500 training samples in evaluation, the Hessian's largest eigenvalue and the gradient's length at
  /// w + 0.1 g / |g|. Labels, start and minibatches are those of the seed, whatever the method.
  void learn(Experiment& e, const std::string& method, const NoisyNet& net, int64_t seed, const optim::AnyOptimizer& optimizer,
             const Loss& loss = {}) const;

 private:
  Split data_;
};

}  // namespace tare::papers
