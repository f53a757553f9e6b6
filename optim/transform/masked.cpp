#include "optim/transform/masked.h"

#include "optim/fields.h"
#include "optim/select.h"

namespace tare::optim {
namespace {

std::vector<bool> chosen_by(std::string_view who, const ParameterList& all, const std::vector<std::string>& patterns, const std::optional<std::string>& role) {
  std::vector<bool> chosen = selected(who, "params", all, patterns);
  if (!role) return chosen;
  Role wanted = role_from_name(*role);
  bool found = false;
  for (size_t i = 0; i < all.size(); i++)
    if (all[i].role == wanted) chosen[i] = found = true;
  check<ConfigError>(found, who, ": role: no parameter is a ", *role);
  return chosen;
}

/// Runs `part` on the gradients of the chosen parameters alone. A transform may replace those; the others come back as they were.
void apply_to(Optimizer& part, Step& s, const std::vector<bool>& chosen) {
  Tensors others(s.size());
  for (size_t i = 0; i < s.size(); i++)
    if (!chosen[i]) std::swap(others[i], s.grads[i]);
  part.apply(s);
  for (size_t i = 0; i < s.size(); i++)
    if (!chosen[i]) s.grads[i] = others[i];
}

}  // namespace

void FreezeGradients::apply(Step& s) {
  std::vector<bool> frozen = chosen_by(type, s.params, options().params, options().role);
  for (size_t i = 0; i < s.size(); i++)
    if (frozen[i]) s.grads[i] = Tensor();
}

void FreezeGradientsOptions::visit(Visitor& v) { list_options(v, "params", params, "role", role); }
void MaskedOptions::visit(Visitor& v) { list_options(v, "params", params, "role", role, "invert", invert); }

std::vector<bool> Masked::seen(const ParameterList& all) const {
  std::vector<bool> out = chosen_by(type, all, options().params, options().role);
  if (options().invert) out.flip();
  return out;
}

void Masked::apply(Step& s) { apply_to(*base, s, seen(s.params)); }

void PerGroup::apply(Step& s) {
  std::vector<bool> left(s.size(), true);
  std::vector<std::vector<bool>> own(parts_.size(), left);
  for (size_t p = 0; p < parts_.size(); p++) {
    if (auto* masked = dynamic_cast<Masked*>(parts_[p].get())) own[p] = masked->seen(s.params);
    for (size_t i = 0; i < s.size(); i++) {
      own[p][i] = own[p][i] && left[i];
      left[i] = left[i] && !own[p][i];
    }
  }
  for (size_t i = 0; i < s.size(); i++)
    check<ConfigError>(!left[i], "PerGroup: no part takes parameter \"", s.params[i].name, "\"; end the list with a part that is not Masked");
  for (size_t p = 0; p < parts_.size(); p++) apply_to(*parts_[p], s, own[p]);
}

std::unique_ptr<Optimizer> PerGroup::clone() const { return std::make_unique<PerGroup>(parts_); }

std::unique_ptr<Optimizer> PerGroup::create(const Json& json, const std::string& path) { return std::make_unique<PerGroup>(read_parts(json, path, type)); }

template class Method<FreezeGradients, FreezeGradientsOptions>;
template class Wrapper<Masked, MaskedOptions>;

}  // namespace tare::optim
