#include "optim/transform/select.h"

#include "optim/fields.h"

namespace tare::optim {

void Selection::visit(Visitor& v) { list_options(v, "params", params, "role", role); }

std::vector<bool> Selection::of(const ParameterList& all, std::string_view who) const {
  std::vector<bool> chosen(all.size());
  auto take = [&](const ParameterList& found, std::string_view what) {
    check<ConfigError>(!found.empty(), who, ": no parameter matches ", what);
    for (auto& e : found)
      for (size_t i = 0; i < all.size(); i++)
        if (all[i].tensor.is(e.tensor)) chosen[i] = true;
  };
  for (auto& pattern : params) take(all.select(pattern), text('"', pattern, '"'));
  if (role) take(all.select(role_from_name(*role)), text("the role \"", *role, '"'));
  return chosen;
}

}  // namespace tare::optim
