// Piecewise-linear activations. Derivatives at corners are PyTorch's.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

/// min(max(x, 0), 6).
class ReLU6 : public Layer<ReLU6> {
 public:
  static constexpr std::string_view type = "ReLU6";
  Tensor forward(const Tensor& x);
};

struct LeakyReLUOptions {
  double negative_slope = 0.01;
  void visit(Visitor& v);
};
/// x for x > 0, negative_slope x otherwise (Maas et al. 2013).
class LeakyReLU : public Layer<LeakyReLU> {
 public:
  static constexpr std::string_view type = "LeakyReLU";
  using Options = LeakyReLUOptions;
  explicit LeakyReLU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

struct ThresholdOptions {
  double threshold = 0;
  double value = 0;
  void visit(Visitor& v);
};
/// x for x > threshold, value otherwise.
class Threshold : public Layer<Threshold> {
 public:
  static constexpr std::string_view type = "Threshold";
  using Options = ThresholdOptions;
  explicit Threshold(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

struct HardtanhOptions {
  double min_val = -1;
  double max_val = 1;
  void visit(Visitor& v);
};
/// x limited to [min_val, max_val].
class Hardtanh : public Layer<Hardtanh> {
 public:
  static constexpr std::string_view type = "Hardtanh";
  using Options = HardtanhOptions;
  explicit Hardtanh(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// (x + 3) / 6 limited to [0, 1].
class Hardsigmoid : public Layer<Hardsigmoid> {
 public:
  static constexpr std::string_view type = "Hardsigmoid";
  Tensor forward(const Tensor& x);
};

/// x hardsigmoid(x) (Howard et al. 2019, arXiv:1905.02244).
class Hardswish : public Layer<Hardswish> {
 public:
  static constexpr std::string_view type = "Hardswish";
  Tensor forward(const Tensor& x);
};

struct HardshrinkOptions {
  double lambd = 0.5;
  void visit(Visitor& v);
};
/// x where |x| > lambd, 0 otherwise.
class Hardshrink : public Layer<Hardshrink> {
 public:
  static constexpr std::string_view type = "Hardshrink";
  using Options = HardshrinkOptions;
  explicit Hardshrink(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

struct SoftshrinkOptions {
  double lambd = 0.5;  ///< at least 0
  void visit(Visitor& v);
};
/// x moved towards 0 by lambd, 0 where |x| <= lambd.
class Softshrink : public Layer<Softshrink> {
 public:
  static constexpr std::string_view type = "Softshrink";
  using Options = SoftshrinkOptions;
  explicit Softshrink(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<ReLU6>;
extern template class Layer<LeakyReLU>;
extern template class Layer<Threshold>;
extern template class Layer<Hardtanh>;
extern template class Layer<Hardsigmoid>;
extern template class Layer<Hardswish>;
extern template class Layer<Hardshrink>;
extern template class Layer<Softshrink>;

}  // namespace tare::nn
