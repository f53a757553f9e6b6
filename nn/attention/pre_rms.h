// Pre-RMSNorm and Pre-CRMSNorm Transformers: Equivalent and Efficient Pre-LN Transformers (Jiang et al., 2023, arXiv:2305.14858), as exact conversions of models.
//
// In a pre-norm encoder every LayerNorm first removes the mean of the main branch; that mean does nothing else. If everything that enters the branch has mean 0
// (its input, attention's output, the second feed-forward layer), LayerNorm is RMSNorm with the same eps; and of a vector with sum 0 the last number,
// -sum of the others, need not be kept: RMSNorm becomes CRMSNorm on d - 1 numbers.
//
//   Pre-RMSNorm    LayerNorm(w, b) -> RMSNorm(w, b); out_proj and linear2 get ZeroMeanOutput on weight and bias; the input is centred
//   Pre-CRMSNorm   LayerNorm(w, b) is taken in by the layer W, c behind it: W diag(w), c + W b; then layers that read the branch: W[:, :d-1] - W[:, d-1],
//                  layers that write to it: the first d - 1 of their centred rows. The final norm is CRMSNorm and a linear map back to d numbers
//
// Centring is part of the graph: the Pre-RMSNorm model has the original's gradients and with plain SGD its trajectory (not with Adam or weight decay, which see
// other parameters). The Pre-CRMSNorm model gives the same outputs with parameters of its own. With dropout > 0 both are equal in evaluation only: dropping
// numbers of a branch changes its mean. Post-norm models cannot be converted.
#pragma once

#include "nn/attention/transformer.h"
#include "nn/norm/crms_norm.h"

namespace tare::nn {

struct ZeroMeanEncoderOptions {
  AnyModule encoder{};    ///< a TransformerEncoder
  bool compress = false;  ///< leaves the last number out
  void visit(Visitor& v);
};

/// encoder(src - mean of src over the last axis), without its last number if compressed. Arguments as TransformerEncoder's.
class ZeroMeanEncoder : public Layer<ZeroMeanEncoder> {
 public:
  static constexpr std::string_view type = "ZeroMeanEncoder";
  using Options = ZeroMeanEncoderOptions;
  explicit ZeroMeanEncoder(Options options);
  Tensor forward(const Tensor& src, const TransformerEncoderArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
};

struct PreCRMSEncoderLayerOptions {
  int64_t d_model = 0;              ///< d: the layer reads and writes d - 1 numbers; a multiple of nhead, at least 2
  int64_t nhead = 0;
  int64_t dim_feedforward = 2048;
  double dropout = 0.1;
  std::string activation = "relu";  ///< as in TransformerEncoderLayer
  double layer_norm_eps = 1e-5;
  bool batch_first = false;
  bool bias = true;                 ///< must be true where a LayerNorm with bias is taken in
  void visit(Visitor& v);
};

/// TransformerEncoderLayer with norm_first on d - 1 numbers: src (T, N, d - 1) -> the same shape. in_proj (3 d, d - 1), out_proj (d - 1, d), linear1, linear2.
class PreCRMSEncoderLayer : public Layer<PreCRMSEncoderLayer> {
 public:
  static constexpr std::string_view type = "PreCRMSEncoderLayer";
  using Options = PreCRMSEncoderLayerOptions;
  explicit PreCRMSEncoderLayer(Options options);
  Tensor forward(const Tensor& src, const TransformerEncoderLayerArguments& arguments = {});
  void visit(Visitor& v) override;

  Options options;
  Linear in_proj, out_proj, linear1, linear2;
  CRMSNorm norm1, norm2;
  AnyModule activation;
};

/// A copy of the model in which every TransformerEncoder (the model itself, or an exchangeable child) is converted. Throws ConfigError when there is none, or for
/// one that is not pre-norm with LayerNorms throughout and behind its last layer.
AnyModule convert_pre_ln_to_pre_rms(const Module& model);
AnyModule convert_pre_ln_to_pre_crms(const Module& model);

extern template class Layer<ZeroMeanEncoder>;
extern template class Layer<PreCRMSEncoderLayer>;

}  // namespace tare::nn
