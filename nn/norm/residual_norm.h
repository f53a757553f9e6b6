// Residual branches with their normalization: where the norm N stands around x + f(x).
//
// PreNormResidual (Xiong et al., On Layer Normalization in the Transformer Architecture, 2020, arXiv:2002.04745):   x + f(N(x))
// PostNormResidual (Vaswani et al., Attention Is All You Need, 2017, arXiv:1706.03762):   N(x + f(x))
// HybridNormResidual (Zhuo et al., HybridNorm, 2025, arXiv:2503.04598):   n = N(x), n + f(n). The feed-forward half; the attention half is x + attention
//     with q, k and v normalised per head
// SandwichNormResidual (Ding et al., CogView, 2021, arXiv:2105.13290; Kim et al., Peri-LN, 2025, arXiv:2502.02732):   x + N_out(f(N_in(x)))
// ReZeroResidual (Bachlechner et al., ReZero is All You Need, 2020, arXiv:2003.04887):   x + alpha f(x), alpha trained from 0, without a norm
// DeepNormResidual (Wang et al., DeepNet: Scaling Transformers to 1,000 Layers, 2022, arXiv:2203.00555), f computed outside:   LN(alpha x + f)
// NGPTResidual (Loshchilov, Hsieh, Sun and Ginsburg, nGPT, 2024, arXiv:2410.01131), f computed outside, u(v) = v / ||v|| along the last axis:
//     y = u(a + |alpha alpha_init / alpha_scale| (u(f) - a)),   a = u(h)
// SubLNFeedForward (Wang et al., Foundation Transformers / Magneto, 2022, arXiv:2210.06423):   fc2(LN(gelu(fc1(x))))
//
// Gradients flow everywhere; training and evaluation differ only where the parts do.
#pragma once

#include "nn/any_module.h"
#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct NormResidualOptions {
  AnyModule norm{};      ///< N
  AnyModule sublayer{};  ///< f; keeps the shape
  void visit(Visitor& v);
};

enum class NormPlace { pre, post, hybrid };

template <NormPlace P>
class NormResidual : public Layer<NormResidual<P>> {
 public:
  static constexpr std::string_view type = P == NormPlace::pre ? "PreNormResidual" : P == NormPlace::post ? "PostNormResidual" : "HybridNormResidual";
  using Options = NormResidualOptions;
  explicit NormResidual(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};
using PreNormResidual = NormResidual<NormPlace::pre>;
using PostNormResidual = NormResidual<NormPlace::post>;
using HybridNormResidual = NormResidual<NormPlace::hybrid>;

struct SandwichNormResidualOptions {
  AnyModule norm_in{};
  AnyModule norm_out{};
  AnyModule sublayer{};  ///< f; keeps the shape
  void visit(Visitor& v);
};
class SandwichNormResidual : public Layer<SandwichNormResidual> {
 public:
  static constexpr std::string_view type = "SandwichNormResidual";
  using Options = SandwichNormResidualOptions;
  explicit SandwichNormResidual(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};

struct ReZeroResidualOptions {
  AnyModule sublayer{};   ///< f; keeps the shape
  double alpha_init = 0;
  void visit(Visitor& v);
};
/// alpha (1).
class ReZeroResidual : public Layer<ReZeroResidual> {
 public:
  static constexpr std::string_view type = "ReZeroResidual";
  using Options = ReZeroResidualOptions;
  explicit ReZeroResidual(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter alpha;
};

struct DeepNormResidualOptions {
  Shape normalized_shape{};  ///< sizes of the trailing dimensions; JSON also takes one integer
  double alpha = 1;          ///< deepnorm_constants() knows the paper's
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};
/// x and f (*, normalized_shape) -> the same shape. weight from 1, bias from 0.
class DeepNormResidual : public Layer<DeepNormResidual>, public Affine {
 public:
  static constexpr std::string_view type = "DeepNormResidual";
  using Options = DeepNormResidualOptions;
  explicit DeepNormResidual(Options options);
  Tensor forward(const Tensor& x, const Tensor& f);
  void visit(Visitor& v) override;

  Options options;
};

/// DeepNorm's constants: alpha of the residual sums, beta the Xavier gain of feed-forward, value and output weights; 0 for a stack that is absent.
/// One stack of n layers: (2n)^(1/4), (8n)^(-1/4). Both: 0.81 (N^4 M)^(1/16), 0.87 (N^4 M)^(-1/16), (3M)^(1/4), (12M)^(-1/4). One public library
/// multiplies the encoder's by 1.15 instead of 0.87; these are the paper's.
struct DeepNormConstants {
  double alpha_encoder = 0, beta_encoder = 0, alpha_decoder = 0, beta_decoder = 0;
};
DeepNormConstants deepnorm_constants(int64_t encoder_layers, int64_t decoder_layers);

/// Magneto's Xavier gain of feed-forward, value and output weights; 0 for a stack that is absent. One stack of n layers: sqrt(log 2n). Both:
/// sqrt(log(3M) log(2N) / 3) and sqrt(log 3M).
struct SubLNGain {
  double encoder = 0, decoder = 0;
};
SubLNGain subln_gain(int64_t encoder_layers, int64_t decoder_layers);

struct NGPTResidualOptions {
  int64_t dim = 0;                      ///< at least 1
  double alpha_init = 0.05;             ///< the step's size at the start
  std::optional<double> alpha_scale{};  ///< where alpha starts; null: 1 / sqrt(dim)
  void visit(Visitor& v);
};
/// h and f (*, dim) -> rows of length 1. alpha (dim).
class NGPTResidual : public Layer<NGPTResidual> {
 public:
  static constexpr std::string_view type = "NGPTResidual";
  using Options = NGPTResidualOptions;
  explicit NGPTResidual(Options options);
  Tensor forward(const Tensor& h, const Tensor& f);
  void visit(Visitor& v) override;

  Options options;
  Parameter alpha;
};

struct SubLNFeedForwardOptions {
  int64_t dim = 0;     ///< at least 1
  int64_t hidden = 0;  ///< at least 1
  double eps = 1e-5;   ///< inside the root
  void visit(Visitor& v);
};
/// x (*, dim) -> the same shape. Children fc1, ln (exchangeable), fc2.
class SubLNFeedForward : public Layer<SubLNFeedForward> {
 public:
  static constexpr std::string_view type = "SubLNFeedForward";
  using Options = SubLNFeedForwardOptions;
  explicit SubLNFeedForward(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Linear fc1, fc2;
  AnyModule ln;
};

extern template class NormResidual<NormPlace::pre>;
extern template class NormResidual<NormPlace::post>;
extern template class NormResidual<NormPlace::hybrid>;
extern template class Layer<PreNormResidual>;
extern template class Layer<PostNormResidual>;
extern template class Layer<HybridNormResidual>;
extern template class Layer<SandwichNormResidual>;
extern template class Layer<ReZeroResidual>;
extern template class Layer<DeepNormResidual>;
extern template class Layer<NGPTResidual>;
extern template class Layer<SubLNFeedForward>;

}  // namespace tare::nn
