// Regularizers as loss terms, by name: "regularizers": [{"type": "L2", "params": "*.weight", "weight": 1e-4}, ...].
#pragma once

#include <span>

#include "core/json.h"
#include "nn/module.h"

namespace tare::nn {

struct RegularizerRow {
  std::string_view name;
  /// The term for one weight, or for all weights that match together.
  Tensor (*term)(const Tensors& weights, const Json& options, const std::string& path);
  std::string_view description;  ///< one sentence
  std::string_view paper;        ///< slug; "" when it has none
};

std::span<const RegularizerRow> regularizer_catalogue();

/// The sum of all terms of a list: each is weight * term(effective weights whose path matches "params", default "*weight*").
/// Throws ConfigError for an unknown type or a pattern that matches nothing.
Tensor regularization(Module& model, const Json& list, const std::string& path);

}  // namespace tare::nn
