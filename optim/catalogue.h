// The catalogue of optimizers, gradient transforms and wrappers, by name.
#pragma once

#include <span>

#include "optim/optimizer.h"

namespace tare::optim {

enum class Kind { optimizer, transform, wrapper, sharpness };

struct Row {
  std::string_view name;
  Kind kind;
  std::unique_ptr<Optimizer> (*create)(const Json& json, const std::string& path);
  std::string_view description;  ///< one sentence
  std::string_view paper;        ///< slug of its paper; "" when it has none
};

std::span<const Row> catalogue();
/// Builds an unbound optimizer from {"type": ..., options...}. With "grad_transforms": [...] it is a Chain of these and the optimizer. Throws ConfigError with the nearest name for an unknown type.
std::unique_ptr<Optimizer> build(const Json& json, const std::string& path = "optimizer");
/// Builds, binds, and makes the groups of "groups": [{"params": pattern or list, or "role": name, options...}].
std::unique_ptr<Optimizer> build(const Json& json, const ParameterList& params, const std::string& path = "optimizer");

}  // namespace tare::optim
