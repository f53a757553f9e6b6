// Smooth activations.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

/// 1 / (1 + e^-x).
class Sigmoid : public Layer<Sigmoid> {
 public:
  static constexpr std::string_view type = "Sigmoid";
  Tensor forward(const Tensor& x);
};

/// log sigmoid(x), without overflow.
class LogSigmoid : public Layer<LogSigmoid> {
 public:
  static constexpr std::string_view type = "LogSigmoid";
  Tensor forward(const Tensor& x);
};

/// The hyperbolic tangent.
class Tanh : public Layer<Tanh> {
 public:
  static constexpr std::string_view type = "Tanh";
  Tensor forward(const Tensor& x);
};

/// x - tanh(x).
class Tanhshrink : public Layer<Tanhshrink> {
 public:
  static constexpr std::string_view type = "Tanhshrink";
  Tensor forward(const Tensor& x);
};

struct SoftplusOptions {
  double beta = 1;
  double threshold = 20;  ///< x itself where beta x is beyond this
  void visit(Visitor& v);
};
/// log(1 + e^(beta x)) / beta.
class Softplus : public Layer<Softplus> {
 public:
  static constexpr std::string_view type = "Softplus";
  using Options = SoftplusOptions;
  explicit Softplus(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// x / (1 + |x|).
class Softsign : public Layer<Softsign> {
 public:
  static constexpr std::string_view type = "Softsign";
  Tensor forward(const Tensor& x);
};

struct GELUOptions {
  std::string approximate = "none";  ///< "none" (exact) or "tanh"
  void visit(Visitor& v);
};
/// x times the normal distribution function of x (Hendrycks and Gimpel 2016, arXiv:1606.08415).
class GELU : public Layer<GELU> {
 public:
  static constexpr std::string_view type = "GELU";
  using Options = GELUOptions;
  explicit GELU(Options options = {});
  Tensor forward(const Tensor& x);

  Options options;
};

/// x sigmoid(x), also called Swish.
class SiLU : public Layer<SiLU> {
 public:
  static constexpr std::string_view type = "SiLU";
  Tensor forward(const Tensor& x);
};

/// x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681).
class Mish : public Layer<Mish> {
 public:
  static constexpr std::string_view type = "Mish";
  Tensor forward(const Tensor& x);
};

extern template class Layer<Sigmoid>;
extern template class Layer<LogSigmoid>;
extern template class Layer<Tanh>;
extern template class Layer<Tanhshrink>;
extern template class Layer<Softplus>;
extern template class Layer<Softsign>;
extern template class Layer<GELU>;
extern template class Layer<SiLU>;
extern template class Layer<Mish>;

}  // namespace tare::nn
