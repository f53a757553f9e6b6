// Batch normalization of parts of a batch.
//
// GhostBatchNorm (Hoffer, Hubara and Soudry, Train Longer, Generalize Better, 2017, arXiv:1705.08741): a large batch is cut into virtual batches,
//     n = ceil(N / virtual_batch_size) pieces of ceil(N / n) samples in order, of which the last may be smaller,
// each normalised by its own statistics; weight and bias are common, and the buffers take the pieces in one after another.
// SplitBatchNorm2d (Zajac, Zolna and Jastrzebski, Split Batch Normalization, 2019, arXiv:1904.03515; Xie et al., Adversarial Examples Improve
// Image Recognition, 2019, arXiv:1911.09665): num_splits pieces, such as labelled and unlabelled samples, each with a batch norm of its own. In
// evaluation the first serves for all.
#pragma once

#include "nn/layer.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/channels.h"

namespace tare::nn {

struct GhostBatchNormOptions {
  int64_t num_features = 0;               ///< C, at least 1
  int64_t virtual_batch_size = 128;       ///< samples normalised together, at most
  double eps = 1e-5;                      ///< inside the root
  std::optional<double> momentum = 0.1;   ///< weight of the new value in the running statistics; null: cumulative average
  bool affine = true;                     ///< weight and bias
  void visit(Visitor& v);
};

/// GhostBatchNorm1d takes (N, C) or (N, C, L), GhostBatchNorm2d (N, C, H, W). Parameters and buffers are BatchNorm's. Throws ValueError in training
/// when a piece has one value per channel.
template <int D>
class GhostBatchNormNd : public Layer<GhostBatchNormNd<D>>, public Affine {
 public:
  static constexpr std::string_view type = D == 1 ? "GhostBatchNorm1d" : "GhostBatchNorm2d";
  using Options = GhostBatchNormOptions;
  explicit GhostBatchNormNd(Options options);
  GhostBatchNormNd(int64_t num_features, int64_t virtual_batch_size);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
};
using GhostBatchNorm1d = GhostBatchNormNd<1>;
using GhostBatchNorm2d = GhostBatchNormNd<2>;

struct SplitBatchNormOptions {
  int64_t num_features = 0;               ///< C, at least 1
  int64_t num_splits = 2;                 ///< at least 2
  double eps = 1e-5;                      ///< inside the root
  std::optional<double> momentum = 0.1;   ///< weight of the new value in the running statistics; null: cumulative average
  void visit(Visitor& v);
};

/// x (N, C, H, W). The first piece has BatchNorm's parameters and buffers, piece i those of the child aux_bn.{i - 1}. Throws ShapeError in training
/// when N is no multiple of num_splits.
class SplitBatchNorm2d : public Layer<SplitBatchNorm2d>, public Affine {
 public:
  static constexpr std::string_view type = "SplitBatchNorm2d";
  using Options = SplitBatchNormOptions;
  explicit SplitBatchNorm2d(Options options);
  explicit SplitBatchNorm2d(int64_t num_features);
  Tensor forward(const Tensor& x);
  void visit(Visitor& v) override;

  Options options;
  RunningStatistics running;
  std::vector<BatchNorm2d> aux_bn;
};

extern template class GhostBatchNormNd<1>;
extern template class GhostBatchNormNd<2>;
extern template class Layer<GhostBatchNorm1d>;
extern template class Layer<GhostBatchNorm2d>;
extern template class Layer<SplitBatchNorm2d>;

}  // namespace tare::nn
