// What analyses of a loss share: a model, a loss by its name, and their value on a batch.
#pragma once

#include <string>

#include "nn/any_module.h"

namespace tare::nn {

/// loss(model(x), y). `loss` is a row of `tare list losses`, with its defaults: a mean over the batch. Throws ConfigError, naming `who`, when there is no model
/// or no such loss. The model must outlive it.
class Objective {
 public:
  Objective(std::string_view who, const AnyModule& model, const std::string& loss);
  Tensor operator()(const Tensor& x, const Tensor& y);
  Module& model() { return *model_; }

 private:
  Module* model_;
  AnyModule loss_;
};

}  // namespace tare::nn
