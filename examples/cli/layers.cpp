#include "examples/cli/layers.h"

#include <map>

#include "core/options.h"

namespace tare::cli {

std::vector<LayerRow> layers_of(nn::Module& model, const Tensor& x) {
  std::unique_ptr<nn::Module> copy = model.clone();
  copy->eval();
  std::map<std::string, Shape> shapes;
  {
    NoGrad off;
    auto watching = copy->observe([&](const nn::Module::Event& e) {
      if (!e.outputs.empty()) shapes.emplace(e.path, e.outputs[0].shape());
    });
    copy->call({&x, 1});
  }
  std::vector<LayerRow> rows;
  auto modules = copy->modules();
  for (auto& [path, m] : modules) {
    if (path.empty()) continue;
    LayerRow row{path, std::string(m->type_name()), options_to_string([](void* o, Visitor& v) { static_cast<nn::Module*>(o)->visit_options(v); }, m), {}, false,
                 m->num_parameters()};
    for (auto& [below, child] : modules)  // children only: theirs contain their children's
      if (below.size() > path.size() + 1 && below.compare(0, path.size() + 1, path + ".") == 0 && below.find('.', path.size() + 1) == std::string::npos)
        row.parameters -= child->num_parameters();
    if (auto at = shapes.find(path); at != shapes.end()) row.output = at->second, row.called = true;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tare::cli
