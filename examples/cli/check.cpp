// tare check: plays conformance files (tests/golden/README.md) through the catalogues.
#include <cmath>
#include <cstdio>

#include "autograd/functions.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "cli.h"
#include "core/json.h"
#include "examples/cli/all_functions.h"
#include "kernels/elementwise.h"
#include "nn/reparam/reparameterization.h"
#include "nn/save.h"
#include "optim/catalogue.h"
#include "optim/schedule/catalogue.h"

namespace tare::cli {
namespace {

struct Tolerance {
  double rtol = 1e-8, atol = 1e-9;
};

/// A difference between what was computed and what the file wants; its message says where.
struct Mismatch : Error {
  using Error::Error;
};

void compare(const std::string& what, const Tensor& got, const Json& want_json, Tolerance tol) {
  Tensor want = want_json.is_tensor() ? want_json.as_tensor() : scalar(want_json.as_double(what), DType::float64);
  check<Mismatch>(got.defined(), what, ": nothing was computed, expected ", describe(want));
  check<Mismatch>(got.shape() == want.shape(), what, ": shape ", got.shape(), ", expected ", want.shape());
  if (!is_floating(want.dtype()) || !is_floating(got.dtype()))
    check<Mismatch>(got.dtype() == want.dtype(), what, ": ", got.dtype(), ", expected ", want.dtype());
  auto a = got.to_vector<double>(), b = want.to_vector<double>();
  double worst = 0;
  size_t at = 0, bad = 0;
  for (size_t i = 0; i < a.size(); i++) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (a[i] == b[i]) continue;
    double excess = std::abs(a[i] - b[i]) / (tol.atol + tol.rtol * std::abs(b[i]));
    if (!(excess <= 1)) {
      bad++;
      if (!(excess <= worst)) worst = excess, at = i;
    }
  }
  check<Mismatch>(bad == 0, what, "[", at, "]: ", a.empty() ? 0 : a[at], ", expected ", a.empty() ? 0 : b[at], " (", bad, " of ", a.size(),
                  " elements differ)");
}

Tensor tensor_of(const Json& j, const std::string& what) { return j.is_tensor() ? j.as_tensor() : scalar(j.as_double(what), default_dtype()); }

/// A fresh copy in the case's dtype when it is floating.
Tensor own(const Tensor& t) { return is_floating(t.dtype()) && t.dtype() != default_dtype() ? kernels::to(t, default_dtype()) : kernels::copy(t); }

/// Fills the slots of a reparameterization that stands alone.
struct FillSlots : Visitor {
  const Json& state;
  explicit FillSlots(const Json& s) : state(s) {}
  void parameter(std::string_view name, nn::Parameter& p, Role) override {
    if (const Json* t = state.find(name)) p = nn::Parameter(own(tensor_of(*t, "state")));
  }
  void buffer(std::string_view name, nn::Buffer& b) override {
    if (const Json* t = state.find(name)) b = nn::Buffer(own(tensor_of(*t, "state")));
  }
};

void load_given_state(nn::Module& m, const Json& state) {
  std::vector<std::pair<std::string, Tensor>> given;
  for (auto& [name, value] : state.as_object("state")) {
    bool known = false;
    for (auto& [mine, t] : m.state()) known = known || mine == name;
    check<Mismatch>(known, "state: the module has no \"", name, "\"");
    given.emplace_back(name, tensor_of(value, "state." + name));
  }
  m.load_state(given, false);
}

/// Gradients of outputs (where a grad_output is given) into the inputs and whatever leaves there are.
void run_backward(const Tensors& outputs, const Json* grad_outputs) {
  Tensors ys, gs;
  if (!grad_outputs) return;
  auto& list = grad_outputs->as_array("grad_outputs");
  for (size_t i = 0; i < outputs.size() && i < list.size(); i++) {
    if (list[i].is_null() || !outputs[i].defined() || !outputs[i].requires_grad()) continue;
    Tensor g = tensor_of(list[i], "grad_outputs");
    check<Mismatch>(g.shape() == outputs[i].shape(), "outputs[", i, "]: shape ", outputs[i].shape(), " but its gradient has ", g.shape());
    ys.push_back(outputs[i]);
    gs.push_back(g.dtype() == outputs[i].dtype() ? g : kernels::to(g, outputs[i].dtype()));
  }
  if (!ys.empty()) backward(ys, {.grad_outputs = gs});
}

Tensor grad_or_zeros(const Tensor& leaf) { return leaf.grad().defined() ? leaf.grad() : zeros_like(leaf); }

void expect_outputs(const Tensors& outputs, const Json& expect, Tolerance tol) {
  const Json* want = expect.find("outputs");
  if (!want) return;
  auto& list = want->as_array("outputs");
  check<Mismatch>(outputs.size() >= list.size(), "outputs: ", outputs.size(), ", expected ", list.size());
  for (size_t i = 0; i < list.size(); i++)
    if (!list[i].is_null()) compare(text("outputs[", i, "]"), outputs[i], list[i], tol);
}

void expect_input_grads(const Tensors& inputs, const Json& expect, Tolerance tol) {
  const Json* want = expect.find("input_grads");
  if (!want || want->is_null()) return;
  auto& list = want->as_array("input_grads");
  for (size_t i = 0; i < list.size() && i < inputs.size(); i++)
    if (!list[i].is_null()) compare(text("input_grads[", i, "]"), grad_or_zeros(inputs[i]), list[i], tol);
}

Tensors read_inputs(const Json* list, bool differentiate) {
  Tensors inputs;
  if (!list) return inputs;
  for (const Json& j : list->as_array("inputs")) {
    if (j.is_null()) {
      inputs.emplace_back();
      continue;
    }
    Tensor t = own(tensor_of(j, "inputs"));
    if (differentiate && is_floating(t.dtype())) t.set_requires_grad();
    inputs.push_back(t);
  }
  return inputs;
}

const Json& steps_of(const Json& c) { return c.at("steps", "case"); }

void play_module(const Json& c, Tolerance tol, bool reparam) {
  std::unique_ptr<nn::Module> m = nn::build_module(c.at("config"), "config");
  if (const Json* state = c.find("state")) {
    if (reparam) {
      FillSlots fill(*state);
      m->visit(fill);
    } else {
      load_given_state(*m, *state);
    }
  }
  auto& steps = steps_of(c).as_array("steps");
  for (size_t k = 0; k < steps.size(); k++) {
    const Json& step = steps[k];
    try {
      if (const Json* mode = step.find("mode")) m->train(mode->as_string("mode") == "train");
      m->zero_grad();
      Tensors inputs = read_inputs(step.find("inputs"), true);
      Tensors outputs = m->call(inputs, step.find("kwargs"));
      run_backward(outputs, step.find("grad_outputs"));
      const Json& expect = step.at("expect", "step");
      expect_outputs(outputs, expect, tol);
      expect_input_grads(inputs, expect, tol);
      if (const Json* want = expect.find("param_grads"); want && !want->is_null()) {
        ParameterList params = m->parameters();
        for (auto& [name, value] : want->as_object("param_grads")) {
          auto* e = params.find(name);
          check<Mismatch>(e != nullptr, "param_grads: the module has no parameter \"", name, "\"");
          if (!value.is_null()) compare("param_grads." + name, grad_or_zeros(e->tensor), value, tol);
        }
      }
      if (const Json* want = expect.find("state"); want && !want->is_null()) {
        auto state = m->state();
        for (auto& [name, value] : want->as_object("state")) {
          const Tensor* found = nullptr;
          for (auto& [mine, t] : state)
            if (mine == name) found = &t;
          check<Mismatch>(found != nullptr, "state: the module has no \"", name, "\"");
          compare("state." + name, *found, value, tol);
        }
      }
    } catch (const Error& e) {
      throw Mismatch(text("step ", k, ": ", e.what()));
    }
  }
}

void play_function(const Json& c, Tolerance tol) {
  Json options = c.at("config");
  std::string name = options.at("function", "config").as_string("config.function");
  options.erase("function");
  const Function& f = find_function(name);
  auto& steps = steps_of(c).as_array("steps");
  for (size_t k = 0; k < steps.size(); k++) {
    try {
      const Json* grads = steps[k].find("grad_outputs");
      const Json* list = steps[k].find("inputs");
      Tensors inputs = read_inputs(list ? list : c.find("inputs"), grads != nullptr);
      Tensors outputs = call_function(f, inputs, options);
      run_backward(outputs, grads);
      const Json& expect = steps[k].at("expect", "step");
      expect_outputs(outputs, expect, tol);
      expect_input_grads(inputs, expect, tol);
    } catch (const Error& e) {
      throw Mismatch(text("step ", k, ": ", e.what()));
    }
  }
}

/// The objectives of optimizer cases: f(x), x all parameters flattened and concatenated in order.
optim::Closure objective(const Json& json, const ParameterList& params) {
  const std::string& name = json.at("function", "objective").as_string();
  auto column = [params] {
    // One column vector made of all parameters: each is placed by a constant 0/1 matrix, so that only products and sums are needed.
    int64_t n = params.numel(), at = 0;
    Tensor x;
    for (auto& e : params) {
      int64_t m = e.tensor.numel();
      Tensor place = zeros({n, m}, e.tensor.dtype());
      double* p64 = e.tensor.dtype() == DType::float64 ? place.mutable_data<double>() : nullptr;
      float* p32 = p64 ? nullptr : place.mutable_data<float>();
      for (int64_t k = 0; k < m; k++) (p64 ? void(p64[(at + k) * m + k] = 1) : void(p32[(at + k) * m + k] = 1));
      Tensor part = matmul(place, reshape(e.tensor, {m, 1}));
      x = x.defined() ? x + part : part;
      at += m;
    }
    return x;
  };
  if (name == "quadratic") {
    Tensor a = own(json.at("A").as_tensor()), b = own(json.at("b").as_tensor());
    return [=] {
      Tensor x = column();
      return sum(x * matmul(a, x)) * 0.5 - sum(x * reshape(b, {-1, 1}));
    };
  }
  check<Mismatch>(name == "rosenbrock", "objective: unknown function \"", name, "\"");
  return [=] {
    Tensor x = column();
    int64_t n = x.size(0);
    Tensor first = zeros({n - 1, n}, x.dtype()), next = zeros({n - 1, n}, x.dtype());
    for (int64_t i = 0; i + 1 < n; i++) {
      kernels::fill(view_of(first, {}, {}, first.impl().offset + i * n + i), 1);
      kernels::fill(view_of(next, {}, {}, next.impl().offset + i * n + i + 1), 1);
    }
    Tensor a = matmul(first, x), b = matmul(next, x);
    return sum(100 * square(b - square(a)) + square(1 - a));
  };
}

void play_optimizer(const Json& c, Tolerance tol) {
  ParameterList params;
  for (auto& [name, value] : c.at("params", "case").as_object("params"))
    params.push_back({name, own(tensor_of(value, "params")).set_requires_grad(), "", Role::weight, ""});
  std::unique_ptr<optim::Optimizer> opt = optim::build(c.at("config"), params, "config");
  const Json* target = c.find("objective");
  optim::Closure closure = target ? objective(*target, params) : optim::Closure();
  auto& steps = steps_of(c).as_array("steps");
  for (size_t k = 0; k < steps.size(); k++) {
    const Json& step = steps[k];
    try {
      if (closure) {
        opt->step(closure);
      } else {
        optim::Step s{.params = opt->params(), .groups = opt->groups(), .grads = Tensors(params.size())};
        auto read = [&](const char* key, Tensors& into) {
          const Json* given = step.find(key);
          if (!given) return;
          into.resize(params.size());
          for (auto& [name, value] : given->as_object(key))
            for (size_t i = 0; i < params.size(); i++)
              if (params[i].name == name) into[i] = own(tensor_of(value, key));
        };
        read("grads", s.grads);
        read("hessians", s.hessians);
        if (const Json* loss = step.find("loss")) s.loss = scalar(loss->as_double("loss"), default_dtype());
        opt->step_with(s);
      }
      const Json& expect = step.at("expect", "step");
      for (auto& [name, value] : expect.at("params").as_object("params")) {
        auto* e = params.find(name);
        check<Mismatch>(e != nullptr, "params: there is no \"", name, "\"");
        compare("params." + name, e->tensor, value, tol);
      }
    } catch (const Error& e) {
      throw Mismatch(text("step ", k, ": ", e.what()));
    }
  }
}

void play_schedule(const Json& c, Tolerance tol) {
  Json config = c.at("config");
  config.erase("report");
  std::unique_ptr<optim::Schedule> schedule = optim::build_schedule(config, "config");
  auto& rates = c.at("lrs", "case").as_array("lrs");
  const Json *metrics = c.find("metrics"), *momenta = c.find("momentums");
  for (size_t t = 0; t < rates.size(); t++) {
    compare(text("lrs[", t, "]"), scalar(schedule->rate(), DType::float64), rates[t], tol);
    if (momenta) compare(text("momentums[", t, "]"), scalar(schedule->momentum().value_or(NAN), DType::float64), momenta->as_array("momentums").at(t), tol);
    std::optional<double> metric;
    if (metrics && t < metrics->size()) metric = metrics->as_array("metrics")[t].as_double("metrics");
    if (metric || !schedule->needs_metric()) schedule->advance(metric);
  }
}

void play(const Json& c) {
  Tolerance tol;
  if (const Json* t = c.find("tolerance")) {
    tol.rtol = t->at("rtol").as_double("tolerance");
    tol.atol = t->at("atol").as_double("tolerance");
  }
  const Json* dtype = c.find("dtype");
  DefaultDtype scope(dtype ? dtype_from_name(dtype->as_string("dtype")) : DType::float64);
  manual_seed(0);
  const std::string& kind = c.at("kind", "case").as_string("kind");
  if (kind == "module") return play_module(c, tol, false);
  if (kind == "reparam") return play_module(c, tol, true);
  if (kind == "function") return play_function(c, tol);
  if (kind == "optimizer") return play_optimizer(c, tol);
  if (kind == "schedule") return play_schedule(c, tol);
  throw Mismatch(text("unknown kind \"", kind, "\""));
}

}  // namespace

int run_check(const CheckOptions& o) {
  int64_t passed = 0, failed = 0;
  for (const std::string& file : o.files) {
    Json json = Json::read_file(file);
    const Json* format = json.find("format");
    check<ConfigError>(format && format->is_string() && format->as_string() == "conformance/1", file, ": expected a conformance/1 file");
    for (const Json& c : json.at("cases", file).as_array(file + ": cases")) {
      const Json* name = c.find("name");
      std::string label = name && name->is_string() ? name->as_string() : "(no name)";
      try {
        play(c);
        passed++;
        if (o.verbose) std::printf("ok    %s: %s\n", file.c_str(), label.c_str());
      } catch (const std::exception& e) {
        failed++;
        std::printf("FAIL  %s: %s: %s\n", file.c_str(), label.c_str(), e.what());
      }
    }
  }
  std::printf("%lld passed, %lld failed\n", static_cast<long long>(passed), static_cast<long long>(failed));
  return failed ? 1 : 0;
}

}  // namespace tare::cli
