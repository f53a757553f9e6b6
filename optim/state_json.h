// State to JSON and back: visitors of what `visit_state` names.
#pragma once

#include <string>

#include "core/json.h"
#include "core/visitor.h"

namespace tare::optim {

/// Writes every state into `json`; an undefined tensor is left out.
struct StateWriter : Visitor {
  Json json = Json::object();
  void state(std::string_view name, Tensor& t) override;
  void state(std::string_view name, int64_t& v) override;
  void state(std::string_view name, double& v) override;
  void state(std::string_view name, bool& v) override;
  void state(std::string_view name, std::vector<double>& v) override;
  void state(std::string_view name, std::vector<Tensor>& v) override;
};

/// Reads what StateWriter wrote; what is missing stays as it is, a missing tensor becomes undefined. Tensors are copied.
struct StateReader : Visitor {
  const Json& json;
  std::string path;
  size_t used = 0;  ///< how many of json's members were read
  StateReader(const Json& j, std::string p) : json(j), path(std::move(p)) {}
  void state(std::string_view name, Tensor& t) override;
  void state(std::string_view name, int64_t& v) override;
  void state(std::string_view name, double& v) override;
  void state(std::string_view name, bool& v) override;
  void state(std::string_view name, std::vector<double>& v) override;
  void state(std::string_view name, std::vector<Tensor>& v) override;

 private:
  const Json* take(std::string_view name);
  std::string at(std::string_view name) const;
};

}  // namespace tare::optim
