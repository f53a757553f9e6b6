// Training configs: one JSON object, checked key by key.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"

namespace tare::cli {

/// "trainer" is one of
///
///   {"type": "FullBatchTrainer", "sub_batch": 128, "grad_clip": null, "grad_reg": {...}, "shuffle": false}      a step is a pass over all data (optim/full_batch.h)
///   {"type": "StormTrainer", "variant": "storm", ...}                                                           loss weights are learned (nn/weighting/storm_trainer.h)
///
/// FullBatchTrainer may say the rest of the run too: "steps" (epochs, each of one step), "optimizer", "schedule", and "warmup", steps of linear warm-up before the
/// schedule begins.
struct TrainConfig {
  Json data, model, loss, optimizer, schedule;  ///< what the catalogues build; schedule may be null
  Json regularizers;                            ///< a list, or null
  Json transforms;                              ///< of the training batches, or null
  Json trainer;                                 ///< how a step is made, or null: a batch, its gradient, the optimizer
  int64_t epochs = 10;
  int64_t batch_size = 128;
  int64_t eval_batch_size = 512;
  int64_t eval_every = 1;        ///< epochs from one evaluation and record to the next; the last epoch has one in any case
  int64_t max_steps = 0;         ///< stop after so many steps in all; 0: no bound
  int64_t seed = 0;
  int threads = 0;               ///< 0: all cores
  std::string schedule_per = "step";  ///< "step" or "epoch": when the schedule advances
  std::string monitor = "test";       ///< which metrics choose best.json and feed plateau schedules: "test" or "train"
  Json document;                 ///< the whole config as it was read, with changes applied
};

/// Reads a config file and applies "key.path=value" changes (values are JSON, or plain strings). Unknown keys are refused with the
/// nearest known one. Throws ConfigError, FileError.
TrainConfig read_config(const std::string& file, const std::vector<std::string>& set);
TrainConfig parse_config(const Json& document, const std::string& name);
/// Applies one "key.path=value".
void apply_set(Json& document, const std::string& assignment);

/// Where two documents part: "optimizer.lr is 0.1 there and 0.2 here", `there` being of the first; "" when they are equal.
std::string first_difference(const Json& there, const Json& here, const std::string& path);
/// The same for what must not change between the parts of one run: everything but its length, threads, evaluation and description.
std::string first_difference(const TrainConfig& there, const TrainConfig& here);

}  // namespace tare::cli
