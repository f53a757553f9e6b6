// Parameterized decomposition and filtering: Towards Better Graph Representation Learning (Yang et al., 2023, arXiv:2305.06102).
//
//     graph_basis: for each exponent e, powers of M = diag(d^e) A diag(d^e), d the degrees: a vector b_ij of m numbers for each pair of nodes
//     f_ij = GELU(W2 GELU(W1 b_ij + c1) + c2)                    what a small net makes of it, one number for each channel
//     x_i <- x_i + sum_j f_ij GELU(Wp x_j + bp),  x_i <- x_i + GELU(V2 GELU(V1 x_i + v1) + v2)
//
// over the pairs of a mask; a linear f shared by all pairs would be a polynomial filter of the graph. Self loops stand in A before degrees are taken. GELU(MLP(0)) is not 0: pairs
// outside of the mask are never looked at, and cost nothing. The authors compute f once for all layers; here each layer has its own. With batch_norm a BatchNorm1d stands
// before each GELU of f (over the pairs of the mask) and of the feed-forward part; with dropout, f, the messages and the feed-forward part are
// thinned out in training. Exact GELUs; nothing is detached.
#pragma once

#include <utility>
#include <vector>

#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/sequential.h"

namespace tare::nn {

struct GraphBasisOptions {
  std::vector<double> epsilon{};                      ///< exponents e
  std::vector<std::pair<int64_t, int64_t>> powers{};  ///< for each exponent the first and last power
  std::vector<double> degree_exponents{};             ///< further functions diag(d^c)
  std::optional<int64_t> edge_hop{};                  ///< pairs with a walk of that many edges; 0: all pairs; null: the largest power
  bool basis_norm = false;                            ///< each function (b - mean) / (biased deviation + 1e-5) over the pairs of the mask
};
struct GraphBasis {
  Tensor bases;  ///< (n, n, m), m = 1 + powers + degree exponents: the identity first; 0 outside of the mask
  Tensor mask;   ///< (n, n), 1 or 0, of the adjacency's dtype
};
/// Of a symmetric, non-negative adjacency (n, n) with self loops. Off the tape. d^e of a node without edges counts as 0. Throws ShapeError, ConfigError.
GraphBasis graph_basis(const Tensor& adjacency, const GraphBasisOptions& options);

struct PDFConvOptions {
  int64_t hidden_size = 0;
  int64_t num_basis = 0;       ///< m
  bool shared_filter = false;  ///< f_ij is one number for all channels
  bool batch_norm = false;
  double dropout = 0;
  void visit(Visitor& v);
};

/// x (n, hidden_size), bases (n, n, num_basis), mask (n, n), 0 for pairs that exchange nothing -> (n, hidden_size). filter.0, filter.2: W1, W2; pre_ffn: Wp; ffn.0, ffn.2: V1, V2 (with
/// batch_norm, its layers are counted too).
class PDFConv : public Layer<PDFConv> {
 public:
  static constexpr std::string_view type = "PDFConv";
  using Options = PDFConvOptions;
  explicit PDFConv(Options options);
  Tensor forward(const Tensor& x, const Tensor& bases, const Tensor& mask);
  void visit(Visitor& v) override;

  Options options;
  Sequential filter;
  Linear pre_ffn;
  Sequential ffn;
};

extern template class Layer<PDFConv>;

}  // namespace tare::nn
