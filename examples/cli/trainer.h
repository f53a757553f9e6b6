// Trainer: a run of a training config, step by step, that can be saved at any step and continued bit for bit.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/data/catalogue.h"
#include "core/data/loader.h"
#include "examples/cli/config.h"
#include "nn/any_module.h"
#include "nn/regularize/regularizers.h"
#include "nn/weighting/storm_trainer.h"
#include "optim/full_batch.h"
#include "optim/optimizer.h"
#include "optim/schedule/schedule.h"

namespace tare::cli {

/// The training loss became NaN or infinite.
struct DivergedError : Error {
  using Error::Error;
};

struct Evaluation {
  double loss = 0;
  std::optional<double> accuracy{};  ///< share of right labels; none for other targets
};

/// What a model says about a test set of labels; all empty for other targets.
struct Predictions {
  std::vector<int64_t> labels, guesses;
  std::vector<double> confidence;  ///< probability of the guess, by softmax
};

struct EpochResult {
  int64_t epoch = 0, step = 0;
  Evaluation train, test;
  double lr = 0, seconds = 0;
  Json to_json() const;
};

class Trainer {
 public:
  explicit Trainer(TrainConfig config);
  /// On data that were read before.
  Trainer(TrainConfig config, data::Splits splits);

  /// One optimizer step on the next batch. Returns its loss. Throws DivergedError for a loss that is not finite.
  double step();
  /// The batch that step() takes next.
  data::Batch next_batch();
  /// The core of step(), which it calls with that batch: forward, backward, update. Returns the loss and what the model gave; a loss that
  /// is not finite is not propagated. `before_forward` is called before each evaluation of the loss (closure methods may want several).
  std::pair<double, Tensor> optimize(const data::Batch& batch, const std::function<void()>& before_forward = {});
  /// Loss and accuracy over the test set, in evaluation mode, with the optimizer's evaluation weights.
  Evaluation evaluate();
  /// Predictions of the test set, with the weights that evaluate() takes.
  Predictions predict();

  /// Runs to the end of the config. `on_step(loss)` is called after each step and may ask to stop by returning false; `on_epoch` after each
  /// epoch that is evaluated (all, unless the config has an eval_every), and after the last step of a run that max_steps ends in the middle of one. Returns whether the run reached its end. Throws
  /// DivergedError, too, when an epoch leaves parameters that are not finite: on_epoch is not called for it.
  bool run(const std::function<bool(double loss)>& on_step, const std::function<void(const EpochResult&, bool best)>& on_epoch);

  int64_t steps_per_epoch() const { return full_batch_ ? 1 : loader_->size(); }
  int64_t total_steps() const;
  int64_t steps_done() const { return step_; }
  int64_t epoch() const { return epoch_; }
  double learning_rate();
  nn::Module& model() { return *model_; }
  optim::Optimizer& optimizer() { return *optimizer_; }
  const TrainConfig& config() const { return config_; }
  const data::Dataset& train_set() const { return train_; }
  const data::Dataset& test_set() const { return test_; }

  /// Everything needed to go on: model, optimizer, schedule, generator, epoch, step, loader.
  Json checkpoint();
  /// Continues from a checkpoint; throws ConfigError when it belongs to another model or optimizer. All or nothing for the model.
  void restore(const Json& checkpoint, const std::string& name);

 private:
  Tensor loss_of(const Tensor& x, const Tensor& y, Tensor* output);
  Tensor objective(const data::Batch& batch, Tensor* first_output);
  Tensor losses_of_classes(const data::Batch& batch, Tensor* first_output);
  void count(const data::Batch& batch, double loss, const Tensor& output);
  double full_batch_step();
  double storm_step();
  void make_trainer();
  void make_loader();
  bool at_epoch_end() const;
  void check_parameters();
  EpochResult result_of_epoch(int64_t number);
  void end_epoch();

  TrainConfig config_;
  data::Dataset train_, test_;
  nn::AnyModule model_, loss_;
  std::unique_ptr<nn::RegularizerList> regularizers_;
  std::unique_ptr<optim::Optimizer> optimizer_;
  std::unique_ptr<optim::Schedule> schedule_;
  std::unique_ptr<optim::FullBatchTrainer> full_batch_;  // these two, or neither, make the steps
  std::unique_ptr<nn::StormTrainer> storm_;
  std::unique_ptr<data::DataLoader> loader_;
  std::unique_ptr<data::DataLoader::Iterator> iterator_;
  int64_t epoch_ = 0, step_ = 0;
  // Running sums of the epoch at hand.
  double loss_sum_ = 0;
  int64_t correct_ = 0, seen_ = 0, labelled_ = 0;
  std::optional<double> best_{};
};

}  // namespace tare::cli
