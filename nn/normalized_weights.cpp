#include "nn/normalized_weights.h"

#include "nn/catalogue.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

struct Followed : Walk {
  const std::vector<Row> rows = catalogue();
  std::vector<std::string> found;
  std::string last;  // the weight of the layer before

  void on_module(const std::string&, Module& m) override {
    for (const Row& row : rows) {
      if (row.name != m.type_name()) continue;
      if (row.kind == Kind::norm && !last.empty()) found.push_back(last);
      if (row.kind != Kind::container) last.clear();
    }
  }
  void on_slot(const std::string& path, Parameter& p, Role role) override {
    if (role == Role::weight && p.defined()) last = path;
  }
};

}  // namespace

std::vector<std::string> nap_parameters(Module& model) {
  Followed walk;
  walk.run(model);
  return walk.found;
}

}  // namespace tare::nn
