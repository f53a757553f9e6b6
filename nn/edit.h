// Edits by path: exchange a child, reparametrize a weight, freeze parameters. Each is recorded at the module it was made on and
// stands in its JSON ("replace", "reparam", "frozen"), applied after construction and before the state is loaded.
#pragma once

#include "core/json.h"
#include "nn/any_module.h"

namespace tare::nn {

class Reparameterization;

/// What was done to a module tree, in order, by relative path.
struct Edits {
  std::vector<std::pair<std::string, Json>> replace;
  std::vector<std::pair<std::string, Json>> reparam;
  std::vector<std::string> frozen;
  bool empty() const { return replace.empty() && reparam.empty() && frozen.empty(); }
};

/// Puts a copy of `with` in place of every exchangeable child whose path matches. Returns how many; throws ConfigError when none does.
int64_t replace(Module& model, std::string_view pattern, const AnyModule& with);
/// Gives a copy of `reparam` to every weight slot whose path matches, initialised from the present weight. Returns how many;
/// throws ConfigError when none does.
int64_t reparametrize(Module& model, std::string_view pattern, const Reparameterization& reparam);
/// Bakes the effective weights of the matching slots into plain leaves. Returns how many.
int64_t remove_reparameterization(Module& model, std::string_view pattern = "*");
/// What yields the weights of the matching slots, by the slot's path; of stacked ones the outermost. To anneal or question them in training:
/// for (auto& [path, r] : reparameterizations(model)) static_cast<AutoSparse*>(r)->set_step(i).
std::vector<std::pair<std::string, Reparameterization*>> reparameterizations(Module& model, std::string_view pattern = "*");
/// Parameters whose path matches stop (or start) requiring gradients. Returns how many; throws ConfigError when none matches.
int64_t freeze(Module& model, std::string_view pattern = "*");
int64_t unfreeze(Module& model, std::string_view pattern = "*");

/// Writes the edits of `m` into its JSON object, and applies those found in one.
void edits_to_json(const Module& m, Json& json);
void apply_edits(Module& m, const Json& json, const std::string& path);

}  // namespace tare::nn
