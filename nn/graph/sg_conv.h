// Simplifying Graph Convolutional Networks (Wu et al., 2019, arXiv:1902.07153).
//
//     S = D^-1/2 (A + I) D^-1/2, D the degrees of A + I;    out = S^k x weight^T + bias
//
// k propagations and one linear map: a fixed low-pass filter of the graph and a linear classifier. Self loops shrink the spectrum of I - S below that of
// I - D^-1/2 A D^-1/2, so that (1 - lambda)^k damps high frequencies. S^k is never formed. x is not detached: where it is data, sgc_precompute once and train a Linear
// on the result. No state beyond the weights; training and evaluation are the same.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

/// S of a symmetric, non-negative adjacency (n, n) without self loops, which are added here unless told not to. A node without edges and self loop gets a row of zeros.
/// Throws ShapeError for another shape.
Tensor aug_normalized_adjacency(const Tensor& adjacency, bool add_self_loops = true);

/// S^k x of x (n, d), by k products. `graph` is the adjacency (n, n), or its edges, int64 [2, E], from and to, each undirected edge in both directions (as data::Graph has
/// them): then a product costs O(E d). No gradient for the graph. Throws ShapeError, IndexError, ValueError for k < 0.
Tensor sgc_precompute(const Tensor& x, const Tensor& graph, int64_t k = 2);

struct SGConvOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t k = 2;  ///< 0: logistic regression
  bool bias = true;
  void visit(Visitor& v);
};

/// x (n, in_channels), graph as in sgc_precompute -> (n, out_channels). weight (out_channels, in_channels), bias (out_channels): both from
/// U(-1/sqrt(in_channels), 1/sqrt(in_channels)).
class SGConv : public Layer<SGConv> {
 public:
  static constexpr std::string_view type = "SGConv";
  using Options = SGConvOptions;
  explicit SGConv(Options options);
  Tensor forward(const Tensor& x, const Tensor& graph);
  void visit(Visitor& v) override;

  Options options;
  Parameter weight, bias;
};

extern template class Layer<SGConv>;

}  // namespace tare::nn
