// Normalizations of graphs: x (nodes, C), and batch (nodes) int64, the graph that each node belongs to, in any order; without it all nodes are one graph.
//
// PairNorm (Zhao and Akoglu, PairNorm: Tackling Oversmoothing in GNNs, 2019, arXiv:1909.12223), z = x - mean of its graph:
//     y = scale z / sqrt(eps + mean over the graph of ||z||^2),   or with scale_individually   y = scale z / (eps + ||z||)
// GraphNorm (Cai et al., GraphNorm, 2020, arXiv:2009.03294), z = x - mean_scale mean:
//     y = weight z / sqrt(mean z^2 + eps) + bias
// GraphSizeNorm (Dwivedi et al., Benchmarking Graph Neural Networks, 2020, arXiv:2003.00982):   y = x / sqrt(nodes of its graph)
// MeanSubtractionNorm (Yang et al., Revisiting "Over-smoothing" in Deep GCNs, 2020, arXiv:2003.13663):   y = x - mean of its graph
// MessageNorm (Li, Xiong, Thabet and Ghanem, DeeperGCN, 2020, arXiv:2006.07739):   y = scale ||x||_2 msg / ||msg||_2
// DiffGroupNorm (Zhou et al., Towards Deeper Graph Neural Networks with Differentiable Group Normalization, 2020, arXiv:2006.06972):
//     a = softmax(x lin.weight^T),   h = BatchNorm1d([a_1 x, ..., a_G x]),   y = x + lamda (h_1 + ... + h_G)
//
// Gradients flow through all statistics. Training and evaluation are the same but for DiffGroupNorm's batch norm.
#pragma once

#include "nn/layer.h"
#include "nn/linear.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct PairNormOptions {
  double scale = 1;
  bool scale_individually = false;  ///< each node by its own length instead of the graph's mean
  double eps = 1e-5;
  void visit(Visitor& v);
};
class PairNorm : public Layer<PairNorm> {
 public:
  static constexpr std::string_view type = "PairNorm";
  using Options = PairNormOptions;
  explicit PairNorm(Options options = {});
  Tensor forward(const Tensor& x, const Tensor& batch = {});

  Options options;
};

struct GraphNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  double eps = 1e-5;         ///< inside the root
  void visit(Visitor& v);
};
/// weight (C) and mean_scale (C) from 1, bias (C) from 0.
class GraphNorm : public Layer<GraphNorm>, public Affine {
 public:
  static constexpr std::string_view type = "GraphNorm";
  using Options = GraphNormOptions;
  explicit GraphNorm(Options options);
  explicit GraphNorm(int64_t num_features);
  Tensor forward(const Tensor& x, const Tensor& batch = {});
  void visit(Visitor& v) override;

  Options options;
  Parameter mean_scale;
};

class GraphSizeNorm : public Layer<GraphSizeNorm> {
 public:
  static constexpr std::string_view type = "GraphSizeNorm";
  Tensor forward(const Tensor& x, const Tensor& batch = {});
};

class MeanSubtractionNorm : public Layer<MeanSubtractionNorm> {
 public:
  static constexpr std::string_view type = "MeanSubtractionNorm";
  Tensor forward(const Tensor& x, const Tensor& batch = {});
};

/// x (nodes, C), msg (nodes, C'), scale (1) from 1.
class MessageNorm : public Layer<MessageNorm> {
 public:
  static constexpr std::string_view type = "MessageNorm";
  MessageNorm();
  Tensor forward(const Tensor& x, const Tensor& msg);
  void visit(Visitor& v) override;

  Parameter scale;
};

struct DiffGroupNormOptions {
  int64_t num_features = 0;  ///< C, at least 1
  int64_t groups = 0;        ///< G, at least 1
  double lamda = 0.01;       ///< share of the normalised groups
  double eps = 1e-5;         ///< inside the root
  double momentum = 0.1;     ///< weight of the new value in the running statistics
  void visit(Visitor& v);
};
/// Children lin, without a bias, and norm (G C features). Throws ValueError in training for a single node.
class DiffGroupNorm : public Layer<DiffGroupNorm> {
 public:
  static constexpr std::string_view type = "DiffGroupNorm";
  using Options = DiffGroupNormOptions;
  explicit DiffGroupNorm(Options options);
  DiffGroupNorm(int64_t num_features, int64_t groups);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  Linear lin;
  BatchNorm1d norm;
};

extern template class Layer<PairNorm>;
extern template class Layer<GraphNorm>;
extern template class Layer<GraphSizeNorm>;
extern template class Layer<MeanSubtractionNorm>;
extern template class Layer<MessageNorm>;
extern template class Layer<DiffGroupNorm>;

}  // namespace tare::nn
