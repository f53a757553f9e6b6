// Attention between functions sampled on a grid: Choose a Transformer: Fourier or Galerkin (Cao, 2021, arXiv:2105.14995).
//
//     fourier:   (q k^T / sqrt(d) / n) v                     galerkin:  q (k^T v) / n
//     softmax:   softmax(q k^T / sqrt(d)) v                  linear:    softmax over channels(q) (softmax over the sequence(k)^T v) / n
//
// for each head, n the length of keys, 1 / n the weight of a quadrature. galerkin and linear cost O(n). With norm = true each head has a LayerNorm of its own over
// its channels, on k and v (galerkin, linear) or on q and k (fourier, softmax); the residual stream around the layer is then left without one. Coordinates, given as
// a fourth input, are put before the channels of q, k and v of each head after that norm; d counts them.
//
// Nothing is detached; evaluation differs by dropout only, which acts on the n x n matrix or on k^T v / n. (The author's code drops with p = 0.5, in evaluation too,
// whatever the configuration: a slip.)
#pragma once

#include <vector>

#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/norm/layer_norm.h"

namespace tare::nn {

struct SimpleAttentionOptions {
  enum class Type { fourier, galerkin, softmax, linear };
  int64_t d_model = 0;             ///< a multiple of n_head
  int64_t n_head = 0;
  int64_t pos_dim = 1;             ///< coordinates of a grid point; 0: none are given
  Type attention_type = Type::fourier;
  double dropout = 0.1;
  bool norm = false;
  std::string norm_type = "layer"; ///< the only one
  double eps = 1e-5;
  double xavier_init = 1e-4;       ///< gain of the projections' start: near 0, so that a deep net starts near the identity
  double diagonal_weight = 1e-2;   ///< times the identity, added to it
  bool symmetric_init = false;     ///< the transpose is added too
  void visit(Visitor& v);
};

/// query (B, n, d_model), key and value (B, m, d_model); pos (B, n, pos_dim) when pos_dim > 0, and then m = n -> (B, n, d_model). linears.0, .1, .2: the projections of query,
/// key and value; norm_K.h with norm_V.h or norm_Q.h; fc (d_model + n_head pos_dim -> d_model) when pos_dim > 0: without coordinates heads are joined and that is all.
class SimpleAttention : public Layer<SimpleAttention> {
 public:
  static constexpr std::string_view type = "SimpleAttention";
  using Options = SimpleAttentionOptions;
  explicit SimpleAttention(Options options);
  Tensor forward(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& pos = {});
  void visit(Visitor& v) override;

  Options options;
  std::vector<Linear> linears;
  std::vector<LayerNorm> norm_K, norm_V, norm_Q;
  std::optional<Linear> fc;

 private:
  bool without_matrix() const { return options.attention_type == Options::Type::galerkin || options.attention_type == Options::Type::linear; }
};

extern template class Layer<SimpleAttention>;

}  // namespace tare::nn
