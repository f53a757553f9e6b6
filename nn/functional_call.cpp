#include "nn/functional_call.h"

#include "kernels/elementwise.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

struct ExchangeScope : Walk {
  const NamedTensors& wanted;
  std::vector<std::pair<Parameter*, Tensor>> leaves;
  std::vector<std::pair<Buffer*, Tensor>> held;
  std::vector<std::string> names;
  size_t used = 0;

  explicit ExchangeScope(const NamedTensors& w) : wanted(w) {}
  ~ExchangeScope() override {
    for (auto& [p, t] : leaves) p->exchange(std::move(t));
    for (auto& [b, t] : held) b->exchange(std::move(t));
  }
  void on_leaf(const std::string& path, Parameter& p, Role) override {
    names.push_back(path);
    for (auto& [name, t] : wanted) {
      if (name != path) continue;
      check<ShapeError>(t.shape() == p.leaf().shape(), "functional_call: \"", path, "\" has shape ", p.leaf().shape(), " but was given ", t.shape());
      used++;
      leaves.emplace_back(&p, p.exchange(t));
      return;
    }
  }
  void on_buffer(const std::string&, Buffer& b) override {
    Tensor own = b();
    held.emplace_back(&b, b.exchange(kernels::copy(own)));
  }
};

}  // namespace

Tensor functional_call(Module& model, const NamedTensors& parameters, const std::function<Tensor()>& f) {
  ExchangeScope scope(parameters);
  scope.run(model);
  if (scope.used != parameters.size())
    for (auto& [name, t] : parameters) {
      std::vector<std::string_view> names(scope.names.begin(), scope.names.end());
      bool known = false;
      for (auto n : names) known = known || n == name;
      check<ConfigError>(known, "functional_call: the model has no parameter \"", name, "\"; nearest: \"", nearest(name, names.data(), names.size()), "\"");
    }
  return f();
}

Tensor functional_call(Module& model, const NamedTensors& parameters, const Tensor& x) {
  return functional_call(model, parameters, [&] { return model.call({&x, 1})[0]; });
}

}  // namespace tare::nn
