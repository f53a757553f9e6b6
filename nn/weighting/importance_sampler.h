// PA&DA: Jointly Sampling PAth and DAta for Consistent NAS (Lu et al., 2023, arXiv:2302.14772). Of estimators that draw i with probability p_i and weigh it by 1 / (N p_i),
// sum_i |g_i|^2 / (N^2 p_i) is least for p_i = |g_i| / sum |g|. Gradient norms stand in by what is cheap:
//
//   data   score_i = ||softmax(z_i) - onehot(y_i)||, the gradient of cross entropy at the logits
//   paths  norm_o = (sum over the edges of a path that use operation o of the norms of its parameters' gradients, after clipping) / (number of those edges)
//   kept   r <- score at the first visit, (r + score) / 2 later (a kept 0 counts as unvisited); paths start from 0 and are always averaged
//   p      tau r / sum r + (1 - tau) / N                  uniform while nothing is kept
//
// tau grows from 0 to almost 1 over the epochs. The released code does not weigh losses by 1 / (N p_i), and so trains on the drawn distribution: `reweight` does, and makes
// the estimate unbiased. Unvisited samples keep 0 and live off 1 - tau.
#pragma once

#include <vector>

#include "core/random.h"
#include "core/tensor.h"

namespace tare::nn {

/// logits (N, K), targets int64 (N) -> (N), off the tape.
Tensor pada_data_score(const Tensor& logits, const Tensor& targets);
/// (N) -> (N), sums to 1. Throws ValueError for tau outside [0, 1] or negative norms.
Tensor pada_probability(const Tensor& norms, double tau);
/// `previous` (N) after visits of `indices` int64 (M) with `scores` (M), in order.
Tensor pada_running_mean(const Tensor& previous, const Tensor& indices, const Tensor& scores);

class ImportanceSampler {
 public:
  explicit ImportanceSampler(int64_t size, double tau = 0, bool reweight = false);
  void record(const Tensor& indices, const Tensor& scores);
  Tensor probabilities() const;
  /// n indices, with replacement; `generator` null: the default one.
  Tensor draw(int64_t n, Generator* generator = nullptr) const;
  /// What to multiply the losses of these samples by: 1 / (N p_i) with reweight, else 1.
  Tensor loss_weights(const Tensor& indices) const;
  /// Forgets all scores.
  void reset();

  double tau;
  bool reweight;

 private:
  Tensor kept_;
};

class PathSampler {
 public:
  PathSampler(int64_t num_ops, int64_t num_edges, double tau = 0);
  /// `path` int64 (num_edges): the operation of each edge. `norms` (num_edges): the summed norms of that edge's operation's gradients; of operations without
  /// parameters 0, which are not recorded.
  void record(const Tensor& path, const Tensor& norms);
  Tensor probabilities() const;
  /// An operation for each edge, independently: int64 (num_edges).
  Tensor draw(Generator* generator = nullptr) const;
  void reset();

  double tau;

 private:
  int64_t edges_;
  std::vector<double> kept_;
};

}  // namespace tare::nn
