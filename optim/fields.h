// Naming many options or states in one line: list_options(v, "lr", lr, "betas", betas).
#pragma once

#include "core/visitor.h"

namespace tare::optim {

inline void list_options(Visitor&) {}
template <class V, class... Rest>
void list_options(Visitor& v, std::string_view name, V& value, Rest&&... rest) {
  v.option(name, value);
  list_options(v, rest...);
}

inline void list_states(Visitor&) {}
template <class V, class... Rest>
void list_states(Visitor& v, std::string_view name, V& value, Rest&&... rest) {
  v.state(name, value);
  list_states(v, rest...);
}

}  // namespace tare::optim
