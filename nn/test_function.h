// TestFunction: a point x and the value of a function there, so that optimizers can be tried on functions of known shape by training configs
// as usual.
//
//   rosenbrock:  f(x) = sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2                 (Rosenbrock, 1960)
//   quadratic:   f(x) = 1/2 sum_i l_i (q_i . (x - 1))^2,   l_i = condition^(i / (dim - 1) - 1/2) for i = 0 .. dim - 1
//
// The eigenvalues l_i of the quadratic reach from 1 / sqrt(condition) to sqrt(condition) in even ratios; its axes q_i are the rows of I - 2/dim 1 1^T, a
// reflection, so that no coordinate has a curvature of its own. Both functions have their minimum, 0, at ones: nothing is won by weight decay.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct TestFunctionOptions {
  std::string function = "rosenbrock";  ///< or "quadratic"
  int64_t dim = 2;                      ///< at least 2
  double condition = 100;               ///< of the quadratic: its largest curvature over its least
  std::vector<double> start{};          ///< dim numbers; empty: (-1.2, 1, -1.2, ...) for rosenbrock, twos for quadratic
  double spread = 0;                    ///< standard deviation of normal numbers added to the start
  void visit(Visitor& v);
};

/// (N, *) -> (N): f(x), the same for every sample; the input's numbers do not matter. x (dim) is the parameter. With L1Loss against zeros the loss is f(x).
class TestFunction : public Layer<TestFunction> {
 public:
  static constexpr std::string_view type = "TestFunction";
  using Options = TestFunctionOptions;
  explicit TestFunction(Options options = {});
  Tensor forward(const Tensor& input);
  void visit(Visitor& v) override;

  Options options;
  Parameter x;
};

extern template class Layer<TestFunction>;

}  // namespace tare::nn
