// Which parameters a transform or a part of an optimizer is for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "optim/optimizer.h"

namespace tare::optim {

/// Patterns on paths ('*' and '?'), a role, or both: a parameter is selected when any pattern matches, or its role is the one named.
struct Selection {
  std::vector<std::string> params{};  ///< "*.bias"; in JSON a list
  std::optional<std::string> role{};  ///< "weight", "bias", "norm_scale", "norm_shift", "embedding", "other"
  void visit(Visitor& v);
  /// By parameter. Throws ConfigError naming `who` and the pattern or role that selects nothing.
  std::vector<bool> of(const ParameterList& all, std::string_view who) const;
};

}  // namespace tare::optim
