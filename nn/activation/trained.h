// Activations with a slope that is trained, random, or an option.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct PReLUOptions {
  int64_t num_parameters = 1;  ///< 1, or the number of channels (axis 1)
  double init = 0.25;
  void visit(Visitor& v);
};

/// x for x > 0, weight x otherwise, weight trained (He et al. 2015, arXiv:1502.01852).
class PReLU : public Layer<PReLU> {
 public:
  static constexpr std::string_view type = "PReLU";
  using Options = PReLUOptions;
  explicit PReLU(Options options = {});
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight;
};

struct RReLUOptions {
  double lower = 1.0 / 8;
  double upper = 1.0 / 3;
  void visit(Visitor& v);
};

/// x for x > 0, a x otherwise; in training a is uniform in [lower, upper] for each number, in evaluation their middle (Xu et al. 2015, arXiv:1505.00853).
class RReLU : public Layer<RReLU> {
 public:
  static constexpr std::string_view type = "RReLU";
  using Options = RReLUOptions;
  explicit RReLU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

struct SnakeOptions {
  int64_t num_parameters = 1;  ///< 1, or the number of channels (axis 1)
  double init = 1;
  bool trained = true;         ///< otherwise alpha stays at init
  void visit(Visitor& v);
};

/// x + sin^2(alpha x) / alpha: learns periodic functions (Ziyin et al. 2020, arXiv:2006.08195).
class Snake : public Layer<Snake> {
 public:
  static constexpr std::string_view type = "Snake";
  using Options = SnakeOptions;
  explicit Snake(Options options = {});
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter alpha;
};

extern template class Layer<PReLU>;
extern template class Layer<RReLU>;
extern template class Layer<Snake>;

}  // namespace tare::nn
