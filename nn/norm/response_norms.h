// Channels that compete with each other or with their neighbourhood; one sample at a time, training and evaluation are the same.
//
// GlobalResponseNorm (Woo et al., ConvNeXt V2, 2023, arXiv:2301.00808):
//     g = ||x||_2 over the positions for each sample and channel,   n = g / (mean_c g + eps),   y = x + weight x n + bias
// DivisiveNorm (Ren, Liao, Urtasun, Sinz and Zemel, Normalizing the Normalizers, 2016, arXiv:1611.04520):
//     t = x - box_sum(mean_c x),   y = t / sqrt(eps + box_sup(mean_c t^2)) weight + bias
//     box: the mean over a window around each position; places outside count as 0 while the divisor stays the full window, and an even window reaches
//     one further right and down. DivisiveNorm1d (N, D) has its windows along the features instead of a mean over channels.
// ILMGroupNorm (Jia, Chen and Yuan, Instance-Level Meta Normalization, 2019, arXiv:1904.03516): the channels in K groups of key_group_size have mean km and
// UNBIASED variance kv (N, K), from which a small network predicts how each instance is to be rescaled:
//     w = sigmoid(scale(relu(embed(kv)))),   b = tanh(shift(relu(embed(km)))),   y = GN(x) (weight + w) + bias + b,   GN by unbiased variances
//
// The gradient flows through everything. The author of DivisiveNorm divides the second box by the first window's size; equal windows agree.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/norm/channels.h"
#include "nn/sizes.h"

namespace tare::nn {

struct GlobalResponseNormOptions {
  int64_t num_features = 0;    ///< C, at least 1
  double eps = 1e-6;           ///< added to the mean of the lengths
  bool channels_last = true;   ///< x (N, ..., C); false: (N, C, ...)
  void visit(Visitor& v);
};
/// weight (C) and bias (C) start at 0: the layer starts as the identity.
class GlobalResponseNorm : public Layer<GlobalResponseNorm>, public Affine {
 public:
  static constexpr std::string_view type = "GlobalResponseNorm";
  using Options = GlobalResponseNormOptions;
  explicit GlobalResponseNorm(Options options);
  explicit GlobalResponseNorm(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};

struct DivisiveNormOptions {
  int64_t num_features = 0;  ///< C, or D of DivisiveNorm1d
  Sizes sum_window{};        ///< what the mean is taken over: rows and columns, or one number for both
  Sizes sup_window{};        ///< what the mean square is taken over
  double eps = 1.0;          ///< inside the root: the paper's sigma^2
  bool affine = true;        ///< weight and bias
  void visit(Visitor& v);
};
/// DivisiveNorm1d takes (N, D) and windows along D, DivisiveNorm2d (N, C, H, W). weight (C) from 1, bias (C) from 0.
template <int D>
class DivisiveNormNd : public Layer<DivisiveNormNd<D>>, public Affine {
 public:
  static constexpr std::string_view type = D == 1 ? "DivisiveNorm1d" : "DivisiveNorm2d";
  using Options = DivisiveNormOptions;
  explicit DivisiveNormNd(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
};
using DivisiveNorm1d = DivisiveNormNd<1>;
using DivisiveNorm2d = DivisiveNormNd<2>;

struct ILMGroupNormOptions {
  int64_t num_features = 0;      ///< C, at least 1
  int64_t num_groups = 32;       ///< divides C; C groups: on instance norm
  int64_t key_group_size = 16;   ///< divides C
  int64_t reduction = 16;        ///< the hidden layer has K / reduction units, 2 where K < reduction
  double eps = 1e-5;             ///< inside the root
  void visit(Visitor& v);
};
/// x (N, C, ...). weight (C) from 1, bias (C) from 0, embed.weight (E, K), scale.weight and shift.weight (K, E). Throws ValueError where a group has
/// one value.
class ILMGroupNorm : public Layer<ILMGroupNorm>, public Affine {
 public:
  static constexpr std::string_view type = "ILMGroupNorm";
  using Options = ILMGroupNormOptions;
  explicit ILMGroupNorm(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Parameter embed, scale, shift;
};

extern template class DivisiveNormNd<1>;
extern template class DivisiveNormNd<2>;
extern template class Layer<GlobalResponseNorm>;
extern template class Layer<DivisiveNorm1d>;
extern template class Layer<DivisiveNorm2d>;
extern template class Layer<ILMGroupNorm>;

}  // namespace tare::nn
