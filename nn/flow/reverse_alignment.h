// Reverse representation alignment (Chen et al., Flowing Backwards: Improving Normalizing Flows via Reverse Representation Alignment, 2025,
// arXiv:2511.22345): features of a flow pulled towards those of a frozen teacher, measured on the way from z to x.
//
//     nll = -mean(log N(z; 0, I) + log |det f|),  z = f(x);    align(h, y) = -mean(cos(P h, y)),  each norm at least 1e-12
//     total = nll + weight align
//
// h = tanh(W1 x_off + b1) of one block (affine_coupling.h). Its value is the same on both ways, the route of the gradient is not:
//     "forward"  h on the way x -> z: the gradient reaches the blocks k >= layer
//     "detach"   the same with a constant input: that block's first layer and the projector alone
//     "reverse"  z is a constant, g runs from it through blocks 0 .. layer: those are reached (block `layer` up to its first layer)
//
// The paper's flow is autoregressive over tokens, its projector a deep MLP and its teacher DINOv2; couplings and a linear projector are ours. Without the
// detached z "reverse" would be a mix of both ways.
//
// Test-time classification (the paper's Algorithm 1): a flow conditioned on c = sum of w_k E_k, w = softmax(logits), starts from logits 0, the mean of the
// table, and follows the gradient of its own nll with respect to the logits; the largest logit is the prediction. All parameters stay.
#pragma once

#include "nn/flow/affine_coupling.h"

namespace tare::nn {

/// -mean of the cosines between the last axes of features and targets, of one shape. A zero vector has cosine 0.
Tensor repa_alignment_loss(const Tensor& features, const Tensor& targets);

enum class AlignmentMode { reverse, forward, detach };

struct ReverseAlignmentOptions {
  AlignmentMode mode = AlignmentMode::reverse;
  int64_t dim = 0;
  int64_t blocks = 4;
  int64_t hidden = 64;
  int64_t layer = 0;        ///< the block whose features are aligned
  int64_t target_dim = 0;
  double weight = 0.1;      ///< of total()
  double scale_bound = 0;   ///< AffineCouplingStack's, as is
  std::optional<int64_t> shuffle{};
  void visit(Visitor& v);
};

/// x (B, dim), y (B, target_dim) -> [nll, align], two numbers. Parameters are AffineCouplingStack's and projector, Linear(hidden, target_dim).
class ReverseAlignment : public Layer<ReverseAlignment> {
 public:
  static constexpr std::string_view type = "ReverseAlignment";
  using Options = ReverseAlignmentOptions;
  explicit ReverseAlignment(Options options);
  Tensors forward(const Tensor& x, const Tensor& y);
  /// nll + weight align; with weight 0 align is not computed.
  Tensor total(const Tensor& x, const Tensor& y);
  /// h of block k for data x: (B, hidden).
  Tensor features(const Tensor& x, size_t k);
  void visit(Visitor& v) override;

  Options options;
  AffineCouplingStack flow;
  Linear projector;
};

struct FlowTokenClassifierOptions {
  int64_t steps = 1;  ///< the paper's algorithm takes one
  double lr = 1;
  void visit(Visitor& v);
};
class FlowTokenClassifier {
 public:
  /// Throws ConfigError unless steps >= 1 and lr > 0.
  explicit FlowTokenClassifier(FlowTokenClassifierOptions options = {});
  /// The class of each row of x, int64 (B). `nll` gives -log p(x | c) of each row, (B), for data (B, ...) and conditions (B, e); table (classes, e).
  Tensor predict(const std::function<Tensor(const Tensor& x, const Tensor& condition)>& nll, const Tensor& table, const Tensor& x) const;

  FlowTokenClassifierOptions options;
};

extern template class Layer<ReverseAlignment>;

}  // namespace tare::nn
