// Which modules of a model train, kept over a scope that changes it.
#pragma once

#include <utility>
#include <vector>

#include "core/context.h"
#include "nn/module.h"

namespace tare::nn {

/// Remembers the training flag of every module of `model` and sets it again at the end of the scope.
class TrainingFlags {
 public:
  explicit TrainingFlags(Module& model) {
    for (auto& [path, m] : model.modules()) flags_.emplace_back(m, m->training());
  }
  ~TrainingFlags() {
    // From the root down: train() sets whole subtrees.
    for (auto& [m, on] : flags_) m->train(on);
  }
  TrainingFlags(const TrainingFlags&) = delete;
  TrainingFlags& operator=(const TrainingFlags&) = delete;

 private:
  std::vector<std::pair<Module*, bool>> flags_;
};

/// The model evaluates (dropout off, running statistics in use and at rest) and the tape records, whatever was set outside.
class EvaluationScope {
 public:
  explicit EvaluationScope(Module& model) : flags_(model) { model.eval(); }

 private:
  TrainingFlags flags_;
  EnableGrad on_;
};

}  // namespace tare::nn
