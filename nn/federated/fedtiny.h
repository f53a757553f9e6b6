// FedTiny: Distributed Pruning Towards Tiny Neural Networks in Federated Learning (Huang et al., 2022, arXiv:2212.01977): a very sparse model trained
// where the data are, without collecting them.
//
// 1. Selection, once: candidates with the same weights and the same total density, spread differently over the layers (the first evenly), keep the
//    largest |w| of each layer. Each client k runs each candidate over its data, weights frozen, and collects the BatchNorm statistics anew; the
//    server averages them with n_k/n (variances plainly, the spread of the means is ignored). The candidate of least mean loss in evaluation mode with these statistics is taken.
// 2. Rounds of federated averaging, every entry with n_k/n; weights are masked after each local step.
// 3. At rounds t = 0, delta_round, 2 delta_round, ... <= r_stop, in ONE layer, in turn from the output backwards: with n_l active weights and
//
//        a = floor(fraction (1 + cos(pi t / r_stop)) n_l),   k = min(a, pruned, active)
//
//    the k pruned weights with the largest averaged |gradient| grow, from 0, and the k with the smallest |w| of those active BEFORE are pruned.
//    Density does not change.
//
// Biases, norms and the last layer are dense. Ties go to the lower index. Gradients are dense, of one batch a client; sending only the a largest of
// each gives about the same.
#pragma once

#include "nn/federated/fedavg.h"

namespace tare::nn {

/// t and n_active int64 (n) -> int64 (n); 0 from r_stop on.
Tensor fedtiny_quota(const Tensor& t, const Tensor& n_active, int64_t r_stop, double fraction = 0.15);

struct PrunedWeight {
  Tensor mask;    ///< int64, 1 where active
  Tensor weight;  ///< 0 elsewhere and where grown
};
PrunedWeight fedtiny_prune_and_grow(const Tensor& weight, const Tensor& avg_grad, const Tensor& mask, int64_t quota);

struct AggregatedStatistics {
  Tensor mean, var;
};
/// means, vars (K, C), counts int64 (K) -> (C) each.
AggregatedStatistics fedtiny_bn_aggregate(const Tensor& means, const Tensor& vars, const Tensor& counts);

struct FedTinyOptions {
  double density = 0.02;       ///< active share of all weights that may be pruned, in (0, 1]
  int64_t num_candidates = 6;  ///< 1: magnitude pruning at the same density everywhere
  int64_t delta_round = 10, r_stop = 100;
  double fraction = 0.15;      ///< 0: the masks stay
  int64_t local_steps = 8;     ///< of plain gradient descent, a client and round
  int64_t batch_size = 64;
  double lr = 0.1;
  int64_t seed = 0;
  void visit(Visitor& v);
};

class FedTiny : public Federation {
 public:
  /// `model` must outlive this and is the global model. The clients' targets are labels for cross entropy unless `loss` is given. Throws ConfigError
  /// for options out of range or a model without layers to prune.
  FedTiny(Module& model, std::vector<data::Dataset> clients, FedTinyOptions options = {}, Loss loss = {});
  /// Step 1; returns the candidate's number. With one candidate nothing is compared, statistics are still made anew.
  int64_t select();
  /// Instead of step 1: active weights drawn at random.
  void prune_at_random();
  /// Steps 2 and 3.
  void round();
  /// The masks by name, int64 0 and 1 in the weights' shapes.
  const std::vector<std::pair<std::string, Tensor>>& masks() const { return masks_; }
  /// Rounds done, and the masks.
  void visit(Visitor& v);
  FedTinyOptions options;

 private:
  void apply_masks();
  void collect_statistics();
  void regrow(int64_t round);
  Tensor masked_by(const std::vector<double>& score, int64_t kept, const Shape& shape) const;

  std::vector<std::pair<std::string, Tensor>> masks_;
  int64_t block_ = 0;
};

}  // namespace tare::nn
