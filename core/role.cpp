#include "core/role.h"

#include "core/error.h"

namespace tare {
namespace {
constexpr std::string_view kRoleNames[] = {"weight", "bias", "norm_scale", "norm_shift", "embedding", "other"};
}

std::string_view role_name(Role r) { return kRoleNames[static_cast<int>(r)]; }

Role role_from_name(std::string_view name) {
  for (int i = 0; i < 6; i++)
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  throw ConfigError(text("unknown role \"", name, "\"; expected weight, bias, norm_scale, norm_shift, embedding or other"));
}

}  // namespace tare
