// What a parameter is for: optimizers select by it (no decay on biases, SAM on norms only).
#pragma once

#include <cstdint>
#include <string_view>

namespace tare {

enum class Role : uint8_t { weight, bias, norm_scale, norm_shift, embedding, other };

/// "weight", "bias", "norm_scale", "norm_shift", "embedding", "other".
std::string_view role_name(Role r);
/// Inverse of role_name; throws ConfigError naming the roles there are.
Role role_from_name(std::string_view name);

}  // namespace tare
