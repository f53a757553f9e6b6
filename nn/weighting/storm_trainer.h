// Training with learned loss weights: one step of STORM (Heck et al., 2025, arXiv:2412.12955; nn/weighting/storm.h), in two variants.
//
// "storm", as published; Omega is one StormRescaler a class, l_i the loss of sample i in the first of `passes` forward passes (with fresh dropout each), f_i its features:
//   1. theta' = theta - Adam's step for the gradient of sum_i Omega(f_i) l_i          recorded, so that theta' depends on omega
//   2. V: a batch drawn uniformly from the same data, features under theta' (a memory of its own);  meta = sum_j Omega(f_j) l_j(theta')
//   3. omega <- Adam step (omega_lr) on meta: through theta' and through Omega(f_j)
//   4. theta <- theta'
// Omega's batch normalization sees one class of one batch; of a single sample it makes 0, and the weight is 1/2.
//
// "simplified", ours; Omega is one LossRescaler, no graph of a step is kept:
//   1. V: drawn without replacement in proportion to score;  g_V the gradient of its mean loss
//   2. align_i = (L_i(theta + h g_V) - L_i(theta - h g_V)) / (2 h),  h = fd_step / |g_V|          the inner product of L_i's gradient and g_V
//   3. omega <- Adam step on -mean_i w_i (align_i - mean) / deviation + omega_reg mean_i (w_i - 0.5)^2
//   4. the model steps on mean_i (w_i / max(mean w, 1e-3)) L_i, w anew and constant
//   5. score_i <- max(w_i p_i, 1e-4),  p_i the probability of the label
//
// Parameters at other points are exchanged and put back, not added and subtracted; running statistics see the plain pass only.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/data/dataset.h"
#include "core/random.h"
#include "nn/weighting/adam_moments.h"
#include "nn/weighting/storm.h"
#include "nn/weighting/storm_memory.h"

namespace tare::nn {

struct StormTrainerOptions {
  std::string variant = "storm";      ///< or "simplified"
  int64_t num_classes = 0;            ///< 0: one more than the largest label
  double lr = 1e-3;                   ///< of the model's Adam
  std::optional<double> omega_lr{};   ///< absent: 1e-2 ("storm"), 1e-3 ("simplified")
  int64_t val_batch = 0;              ///< samples in V; 0: as many as in the batch
  int64_t seed = 0;                   ///< of V
  int64_t passes = 3;                 ///< "storm"
  int64_t memory = 0;                 ///< "storm": samples remembered of each class; 0: as many as in the batch
  bool class_separation = true;       ///< "storm": groups and rescalers by class
  double omega_reg = 0.05;            ///< "simplified"
  double fd_step = 0.01;              ///< "simplified": length of the probe
  void visit(Visitor& v);
};

class StormTrainer {
 public:
  /// Applies one optimizer step on what the closure returns.
  using Update = std::function<void(const std::function<Tensor()>& loss)>;
  /// `model` maps inputs to logits (N, classes) and must outlive the trainer; `data` are the training samples with int64 labels (N). Throws ConfigError for
  /// options out of range, DTypeError for other targets.
  StormTrainer(Module& model, data::Dataset data, StormTrainerOptions options = {});
  /// One step with these samples of `data`. Returns the weighted mean loss before it. `update` (simplified variant only) takes the place of the model's own Adam.
  double step(const std::vector<int64_t>& indices, const Update& update = {});
  /// The weights of the last step's samples, (B).
  const Tensor& weights() const { return weights_; }
  /// The logits of the last step's samples before it (storm: of the first pass).
  const Tensor& logits() const { return logits_; }
  /// Rescalers, moments, memories or scores, and the generator.
  void visit(Visitor& v);

  StormTrainerOptions options;

 private:
  double full_step(const data::Batch& batch);
  double simplified_step(const data::Batch& batch, const std::vector<int64_t>& indices, const Update& update);
  Tensor passes(const Tensor& x, const Tensor& first);
  Tensor weights_of_classes(const Tensor& features, const Tensor& labels);
  void step_rescalers(const Tensor& objective);
  std::vector<int64_t> draw(int64_t count);
  double omega_lr() const { return options.omega_lr.value_or(options.variant == "storm" ? 1e-2 : 1e-3); }

  Module* model_;
  data::Dataset data_;
  std::vector<std::unique_ptr<Module>> rescalers_;
  std::vector<AdamMoments> of_model_, of_rescalers_;
  std::unique_ptr<StormMemory> memory_, validation_memory_;  // "storm"
  std::vector<double> score_;  // "simplified"
  Generator random_;
  Tensor weights_, logits_;
};

}  // namespace tare::nn
