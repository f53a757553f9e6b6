#include "optim/chain.h"

#include "optim/catalogue.h"

namespace tare::optim {

Chain::Chain(std::vector<AnyOptimizer> parts) : parts_(std::move(parts)) {
  check<ConfigError>(!parts_.empty(), "Chain: it needs at least one part");
  for (auto& p : parts_) check<ConfigError>(!p.empty(), "Chain: a part is empty");
}

Chain::Chain(ParameterList params, std::vector<AnyOptimizer> parts) : Chain(std::move(parts)) { bind(std::move(params)); }

void Chain::apply(Step& s) {
  for (auto& p : parts_) p->apply(s);
}

std::unique_ptr<Optimizer> Chain::clone() const { return std::make_unique<Chain>(parts_); }

void Chain::resize(size_t parameters, size_t groups) {
  for (auto& p : parts_) p->resize(parameters, groups);
}

void Chain::move_state(const std::vector<int64_t>& map) {
  for (auto& p : parts_) p->move_state(map);
}

std::vector<std::pair<std::string, Optimizer*>> Chain::inner() {
  std::vector<std::pair<std::string, Optimizer*>> out;
  for (size_t i = 0; i < parts_.size(); i++) out.emplace_back(text("parts.", i), parts_[i].get());
  return out;
}

Tensor Chain::evaluation_weight(size_t i, const Tensor& w) const {
  Tensor last;
  for (auto& p : parts_)
    if (Tensor t = p->evaluation_weight(i, w); t.defined()) last = t;
  return last;
}

bool Chain::needs_closure() const {
  for (auto& p : parts_)
    if (p->needs_closure()) return true;
  return false;
}

std::vector<AnyOptimizer> Chain::read_parts(const Json& json, const std::string& path, std::string_view who) {
  for (auto& [key, value] : json.as_object(path))
    check<ConfigError>(key == "type" || key == "parts" || key == "groups" || key == "state" || key == "parameters" || key == "format" || key == "crc32",
                       path, ".", key, ": unknown option; a ", who, " has \"parts\"");
  std::vector<AnyOptimizer> parts;
  auto& list = json.at("parts", path).as_array(path + ".parts");
  for (size_t i = 0; i < list.size(); i++) parts.emplace_back(build(list[i], text(path, ".parts.", i)));
  return parts;
}

std::unique_ptr<Optimizer> Chain::create(const Json& json, const std::string& path) { return std::make_unique<Chain>(read_parts(json, path, type)); }

}  // namespace tare::optim
