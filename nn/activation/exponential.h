// Exponential units: saturating for negative inputs, so that mean activations come closer to 0.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct ELUOptions {
  double alpha = 1;
  void visit(Visitor& v);
};
/// x for x > 0, alpha (e^x - 1) otherwise (Clevert et al. 2015, arXiv:1511.07289).
class ELU : public Layer<ELU> {
 public:
  static constexpr std::string_view type = "ELU";
  using Options = ELUOptions;
  explicit ELU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// scale ELU(x) with the constants that make mean 0 and variance 1 a fixed point (Klambauer et al. 2017, arXiv:1706.02515).
class SELU : public Layer<SELU> {
 public:
  static constexpr std::string_view type = "SELU";
  Tensor forward(const Tensor& x);
};

struct CELUOptions {
  double alpha = 1;  ///< not 0
  void visit(Visitor& v);
};
/// max(0, x) + min(0, alpha (e^(x / alpha) - 1)) (Barron 2017, arXiv:1704.07483).
class CELU : public Layer<CELU> {
 public:
  static constexpr std::string_view type = "CELU";
  using Options = CELUOptions;
  explicit CELU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

extern template class Layer<ELU>;
extern template class Layer<SELU>;
extern template class Layer<CELU>;

}  // namespace tare::nn
