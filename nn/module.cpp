#include "nn/module.h"

#include <algorithm>

#include "core/json.h"
#include "core/options.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "nn/edit.h"
#include "nn/layer.h"
#include "nn/observe.h"
#include "nn/reparam/reparameterization.h"
#include "nn/save.h"
#include "nn/walk.h"

namespace tare::nn {

Module::Module() = default;
Module::Module(const Module& o) : training_(o.training_), edits_(o.edits_ ? std::make_unique<Edits>(*o.edits_) : nullptr) {}
Module::Module(Module&&) noexcept = default;
Module& Module::operator=(const Module& o) {
  if (this == &o) return *this;
  training_ = o.training_;
  edits_ = o.edits_ ? std::make_unique<Edits>(*o.edits_) : nullptr;
  return *this;
}
Module& Module::operator=(Module&&) noexcept = default;
Module::~Module() = default;

void Module::visit(Visitor&) {}

Edits& Module::edits() {
  if (!edits_) edits_ = std::make_unique<Edits>();
  return *edits_;
}

struct TrainVisitor : Walk {
  bool on;
  explicit TrainVisitor(bool o) : on(o) {}
  void on_module(const std::string&, Module& m) override { m.training_ = on; }
  void on_slot(const std::string&, Parameter& p, Role) override { mark(p); }
  void mark(Parameter& p) {
    Reparameterization* r = p.reparameterization();
    if (!r) return;
    r->train(on);  // its own raw slots may be reparameterized in turn
  }
};

void Module::train(bool on) {
  TrainVisitor v(on);
  v.run(*this);
}

namespace {

struct CollectLeaves : Walk {
  ParameterList list;
  void on_leaf(const std::string& path, Parameter& p, Role role) override {
    list.push_back({path, p.leaf(), std::string(owner->type_name()), role, p.manifold});
  }
};

struct CollectState : Walk {
  std::vector<std::pair<std::string, Tensor>> leaves, buffers, all;
  void on_leaf(const std::string& path, Parameter& p, Role) override {
    leaves.emplace_back(path, p.leaf());
    all.emplace_back(path, p.leaf());
  }
  void on_buffer(const std::string& path, Buffer& b) override {
    buffers.emplace_back(path, b());
    all.emplace_back(path, b());
  }
};

struct CollectModules : Walk {
  std::vector<std::pair<std::string, Module*>> list;
  void on_module(const std::string& path, Module& m) override { list.emplace_back(path, &m); }
};

}  // namespace

ParameterList Module::parameters() {
  CollectLeaves v;
  v.run(*this);
  return std::move(v.list);
}

std::vector<std::pair<std::string, Tensor>> Module::buffers() {
  CollectState v;
  v.run(*this);
  return std::move(v.buffers);
}

std::vector<std::pair<std::string, Tensor>> Module::state() {
  CollectState v;
  v.run(*this);
  return std::move(v.all);
}

std::vector<std::pair<std::string, Module*>> Module::modules() {
  CollectModules v;
  v.run(*this);
  return std::move(v.list);
}

Module& Module::at(std::string_view path) {
  auto all = modules();
  std::vector<std::string_view> names;
  for (auto& [name, m] : all) {
    if (name == path) return *m;
    names.push_back(name);
  }
  std::string near = nearest(path, names.data(), names.size());
  throw ConfigError(text(type_name(), ": there is no module at \"", path, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

void Module::load_state(const std::vector<std::pair<std::string, Tensor>>& given, bool strict) {
  auto mine = state();
  std::string missing, unexpected, misshaped;
  std::vector<std::pair<Tensor, Tensor>> moves;  // (leaf, new numbers)
  auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : ", ") + name; };
  for (auto& [name, leaf] : mine) {
    auto it = std::find_if(given.begin(), given.end(), [&, &n = name](auto& g) { return g.first == n; });
    if (it == given.end()) add(missing, name);
    else if (!(it->second.shape() == leaf.shape())) add(misshaped, text(name, " (expected ", leaf.shape(), ", found ", it->second.shape(), ")"));
    else moves.emplace_back(leaf, it->second.dtype() == leaf.dtype() ? it->second : kernels::to(it->second, leaf.dtype()));
  }
  for (auto& [name, t] : given)
    if (std::none_of(mine.begin(), mine.end(), [&, &n = name](auto& m) { return m.first == n; })) add(unexpected, name);
  if (!misshaped.empty() || (strict && (!missing.empty() || !unexpected.empty()))) {
    std::string message = text(type_name(), ": the state does not fit this model");
    if (!missing.empty()) message += "; missing: " + missing;
    if (!unexpected.empty()) message += "; unexpected: " + unexpected;
    if (!misshaped.empty()) message += "; wrong shape: " + misshaped;
    throw ConfigError(message);
  }
  NoGrad off;
  for (auto& [leaf, numbers] : moves) {
    write_guard("load_state", leaf);
    kernels::copy_into(leaf, numbers);
  }
}

void Module::to(DType dtype) {
  check<DTypeError>(is_floating(dtype), type_name(), ": a model is converted to float32 or float64, not to ", dtype);
  for (auto& [name, t] : state()) {
    if (!is_floating(t.dtype()) || t.dtype() == dtype) continue;
    // The tensor keeps its identity (optimizers hold it); its storage is exchanged.
    Tensor converted = kernels::to(t, dtype);
    TensorImpl& impl = t.impl();
    impl.storage = converted.storage();
    impl.strides = converted.strides();
    impl.offset = converted.impl().offset;
    impl.contiguous = true;
    impl.dtype = dtype;
    if (impl.node) impl.node->output.dtype = dtype, t.set_grad({});
  }
}

std::string Module::to_string() {
  std::string out;
  for (auto& [path, m] : modules()) {
    int depth = int(std::count(path.begin(), path.end(), '.')) + (path.empty() ? 0 : 1);
    std::string options = options_to_string([](void* o, Visitor& v) { static_cast<Module*>(o)->visit_options(v); }, m);
    out += text(std::string(size_t(depth) * 2, ' '), path.empty() ? std::string() : text(path.substr(path.rfind('.') + 1), ": "), m->type_name(), "(",
                options, ")");
    if (int64_t n = m->num_parameters()) out += text("  ", n, " parameters");
    out += '\n';
  }
  return out;
}

Module::ObserverScope::ObserverScope(Module& root, Observer f) : observation_(std::make_unique<Observation>()), before_(context().observation) {
  observation_->report = std::move(f);
  for (auto& [path, m] : root.modules()) observation_->paths.emplace(m, path);
  context().observation = observation_.get();
}
Module::ObserverScope::~ObserverScope() { context().observation = before_; }

std::unique_ptr<Module::ObserverScope> Module::observe(Observer f) { return std::make_unique<ObserverScope>(*this, std::move(f)); }

ObservedCall::ObservedCall(Module& m) : module_(m), before_(context().module_path) {
  auto it = context().observation->paths.find(&m);
  if (it != context().observation->paths.end()) context().module_path = it->second.c_str();
}
ObservedCall::~ObservedCall() { context().module_path = before_; }
void ObservedCall::done(const Tensors& inputs, const Tensors& outputs) {
  auto it = context().observation->paths.find(&module_);
  if (it != context().observation->paths.end()) context().observation->report({it->second, module_, inputs, outputs});
}

void at_path(std::string_view name, const Module& m, const std::function<void()>& f) {
  auto where = [&](const Error& e) {
    std::string_view what = e.what();
    // A path grows from the inside out: "2: ..." inside "0" becomes "0.2: ...".
    constexpr std::string_view mark = "layer ";
    if (what.substr(0, mark.size()) == mark) return text(mark, name, ".", what.substr(mark.size()));
    return text(mark, name, " (", m.type_name(), "): ", what);
  };
  try {
    f();
  } catch (const ShapeError& e) {
    throw ShapeError(where(e));
  } catch (const DTypeError& e) {
    throw DTypeError(where(e));
  } catch (const IndexError& e) {
    throw IndexError(where(e));
  } catch (const ValueError& e) {
    throw ValueError(where(e));
  } catch (const ConfigError& e) {
    throw ConfigError(where(e));
  }
}

namespace detail {
void check_arity(std::string_view type, size_t given, size_t left, bool extras_left) {
  check<ShapeError>(left == 0, type, ": its forward takes ", given - left, " inputs but ", given, " were given");
  check<ConfigError>(!extras_left, type, ": its forward takes no named arguments");
}
}  // namespace detail

}  // namespace tare::nn
