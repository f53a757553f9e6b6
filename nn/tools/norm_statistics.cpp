#include <algorithm>
#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "core/random.h"
#include "nn/tools/norm_tools.h"
#include "nn/training_flags.h"
#include "nn/walk.h"

namespace tare::nn {
namespace {

/// Finds the option of one name and type in a module.
template <class T>
struct OptionNamed : Visitor {
  using Visitor::option;
  std::string_view name;
  T* found = nullptr;
  void option(std::string_view key, T& value) override {
    if (key == name) found = &value;
  }
};
template <class T>
T* option_named(Module& m, std::string_view name) {
  OptionNamed<T> v;
  v.name = name;
  m.visit_options(v);
  return v.found;
}

/// The modules that own running statistics, with these buffers.
struct Statistics : Walk {
  struct Owner {
    Module* module;
    std::vector<std::pair<std::string, Buffer*>> buffers;
  };
  std::vector<Owner> owners;
  void on_buffer(const std::string& path, Buffer& b) override {
    std::string name = path.substr(path.rfind('.') + 1);
    if (name.rfind("running_", 0) != 0 && name != "num_batches_tracked") return;
    if (owners.empty() || owners.back().module != owner) owners.push_back({owner, {}});
    owners.back().buffers.emplace_back(name, &b);
  }
};

Statistics statistics_of(Module& model) {
  Statistics s;
  s.run(model);
  std::erase_if(s.owners, [](const Statistics::Owner& o) {
    return std::none_of(o.buffers.begin(), o.buffers.end(), [](auto& b) { return b.first != "num_batches_tracked"; });
  });
  return s;
}

/// Puts momenta back at the end of the scope.
class KeepMomenta {
 public:
  KeepMomenta() = default;
  ~KeepMomenta() {
    for (auto& [momentum, value] : momenta_) *momentum = value;
  }
  KeepMomenta(const KeepMomenta&) = delete;
  KeepMomenta& operator=(const KeepMomenta&) = delete;
  void average_all(std::optional<double>& momentum) {
    momenta_.emplace_back(&momentum, momentum);
    momentum.reset();
  }

 private:
  std::vector<std::pair<std::optional<double>*, std::optional<double>>> momenta_;
};

}  // namespace

int64_t recalibrate_running_statistics(Module& model, const std::function<void()>& forward) {
  Statistics s = statistics_of(model);
  TrainingFlags flags(model);
  KeepMomenta keep;
  model.eval();
  for (auto& [module, buffers] : s.owners) {
    module->train();
    auto* momentum = option_named<std::optional<double>>(*module, "momentum");
    if (!momentum) continue;
    keep.average_all(*momentum);
    for (auto& [name, buffer] : buffers) *buffer = name == "running_mean" || name == "num_batches_tracked" ? zeros_like((*buffer)()) : ones_like((*buffer)());
  }
  NoGrad off;
  forward();
  return int64_t(s.owners.size());
}

int64_t recalibrate_running_statistics(Module& model, const Tensors& batches) {
  return recalibrate_running_statistics(model, [&] {
    for (const Tensor& x : batches) model.call({&x, 1});
  });
}

int64_t freeze_statistics(Module& model, bool frozen) {
  Statistics s = statistics_of(model);
  for (auto& o : s.owners) o.module->train(!frozen);
  return int64_t(s.owners.size());
}

ParameterList scale_invariant_weights(Module& model, const Tensors& inputs, bool per_channel) {
  std::unique_ptr<Module> copy = model.clone();
  copy->to(DType::float64);
  copy->train();
  for (auto& [path, m] : copy->modules())
    if (is_norm(*m)) {
      // Invariance holds up to eps. Not exactly 0: a constant channel must not divide 0 by 0.
      if (auto* eps = option_named<double>(*m, "eps")) *eps = 1e-24;
      if (auto* eps = option_named<std::optional<double>>(*m, "eps")) *eps = 1e-24;
    }
  DefaultDtype scope(DType::float64);
  Tensors wide;
  for (const Tensor& t : inputs) wide.push_back(t.defined() && is_floating(t.dtype()) ? to(t.detach(), DType::float64) : t);
  // A fixed random sum of the outputs: no gradient is small by accident.
  Generator g(7);
  Tensor loss = scalar(0, DType::float64);
  for (const Tensor& y : copy->call(wide))
    if (y.defined() && y.requires_grad()) loss = loss + sum(y * randn(y.shape(), DType::float64, &g));

  ParameterList own = model.parameters(), theirs = copy->parameters(), found;
  Tensors leaves;
  std::vector<size_t> index;
  for (size_t i = 0; i < theirs.size(); i++)
    if ((theirs[i].role == Role::weight || theirs[i].role == Role::embedding) && theirs[i].tensor.requires_grad() && theirs[i].tensor.numel() > 1) {
      leaves.push_back(theirs[i].tensor);
      index.push_back(i);
    }
  if (leaves.empty() || !loss.requires_grad()) return found;
  Tensors grads = grad({loss}, leaves, {.allow_unused = true});
  NoGrad off;
  for (size_t k = 0; k < leaves.size(); k++) {
    if (!grads[k].defined()) continue;
    Shape rows = per_channel ? Shape{leaves[k].size(0), -1} : Shape{1, -1};
    Tensor w = reshape(leaves[k].detach(), rows), d = reshape(grads[k], rows);
    Tensor along = abs(sum(w * d, {1})), size = norm(w, 2, {1}) * norm(d, 2, {1});
    if (any(gt(norm(d, 2, {1}), 0)).item<bool>() && all(le(along, size * 1e-8)).item<bool>()) found.push_back(own[index[k]]);
  }
  return found;
}

}  // namespace tare::nn
