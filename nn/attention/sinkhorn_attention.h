// Doubly stochastic attention: Sinkformers (Sander, Ablin, Blondel and Peyre, 2021, arXiv:2110.11773).
//
//     A = N exp(C / eps + u 1^T + 1 v^T), where u and v are set in turn, u first, such that rows have the mass 1 / N and columns the mass 1 / M
//
// Softmax is the first of these half steps; continued, they (Sinkhorn's iteration) lead to a matrix whose rows sum to 1 and whose columns sum to N / M. Odd
// numbers of half steps end on rows, which then sum to 1 exactly; even ones on columns. Gradients flow through all of them: nothing is detached (the authors'
// code for language detaches v, that for images does not). Training and evaluation are the same but for dropout.
//
// For masked keys leave n_iters odd, or leave the keys out: a step on columns gives mass to a column of padding as to any other.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"

namespace tare::nn {

/// scores (*, N, M), N queries and M keys -> (*, N, M). n_iters half steps, at least 0: 0 gives N exp(scores / eps), 1 softmax(scores / eps). Throws
/// ShapeError for fewer than two axes, ValueError unless eps > 0 and n_iters >= 0.
Tensor sinkhorn(const Tensor& scores, int64_t n_iters = 3, double eps = 1);

struct SinkhornAttentionOptions {
  int64_t dim = 0;
  int64_t heads = 8;
  int64_t dim_head = 64;
  int64_t n_iters = 3;   ///< half steps: 1 is softmax attention
  double eps = 1;        ///< what scores are divided by, beside sqrt(dim_head)
  double dropout = 0;    ///< of the output, in training
  void visit(Visitor& v);
};

/// x (B, N, dim) -> the same shape. to_qkv.weight (3 heads dim_head, dim): queries, keys and values, heads outermost in each; to_out.weight (dim, heads
/// dim_head) and to_out.bias, absent for one head of dim_head = dim.
class SinkhornAttention : public Layer<SinkhornAttention> {
 public:
  static constexpr std::string_view type = "SinkhornAttention";
  using Options = SinkhornAttentionOptions;
  explicit SinkhornAttention(Options options);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Linear to_qkv;
  std::optional<Linear> to_out;
};

extern template class Layer<SinkhornAttention>;

}  // namespace tare::nn
