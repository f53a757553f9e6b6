#include "optim/state_json.h"

#include "kernels/elementwise.h"

namespace tare::optim {

void StateWriter::state(std::string_view name, Tensor& t) {
  if (t.defined()) json.set(name, t);
}
void StateWriter::state(std::string_view name, int64_t& v) { json.set(name, v); }
void StateWriter::state(std::string_view name, double& v) { json.set(name, v); }
void StateWriter::state(std::string_view name, bool& v) { json.set(name, v); }
void StateWriter::state(std::string_view name, std::vector<double>& v) { json.set(name, Json::Array(v.begin(), v.end())); }
void StateWriter::state(std::string_view name, std::vector<Tensor>& v) {
  Json::Array list;
  for (Tensor& t : v) list.push_back(t.defined() ? Json(t) : Json());
  json.set(name, list);
}

const Json* StateReader::take(std::string_view name) {
  const Json* j = json.find(name);
  if (j) used++;
  return j;
}
std::string StateReader::at(std::string_view name) const { return text(path, ".", name); }

void StateReader::state(std::string_view name, Tensor& t) {
  const Json* j = take(name);
  t = j ? kernels::copy(j->as_tensor(at(name))) : Tensor();
}
void StateReader::state(std::string_view name, int64_t& v) {
  if (const Json* j = take(name)) v = j->as_int(at(name));
}
void StateReader::state(std::string_view name, double& v) {
  if (const Json* j = take(name)) v = j->as_double(at(name));
}
void StateReader::state(std::string_view name, bool& v) {
  if (const Json* j = take(name)) v = j->as_bool(at(name));
}
void StateReader::state(std::string_view name, std::vector<double>& v) {
  const Json* j = take(name);
  if (!j) return;
  v.clear();
  for (auto& x : j->as_array(at(name))) v.push_back(x.as_double(at(name)));
}
void StateReader::state(std::string_view name, std::vector<Tensor>& v) {
  const Json* j = take(name);
  if (!j) return;
  v.clear();
  for (auto& x : j->as_array(at(name))) v.push_back(x.is_null() ? Tensor() : kernels::copy(x.as_tensor(at(name))));
}

}  // namespace tare::optim
