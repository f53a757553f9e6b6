#include "nn/theory/tangent_kernel.h"

#include <algorithm>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/transforms.h"
#include "core/context.h"
#include "nn/per_sample_grad.h"

namespace tare::nn {

void EmpiricalNTKOptions::visit(Visitor& v) { v.option("model", model); }

EmpiricalNTK::EmpiricalNTK(Options o) : options(std::move(o)) { check<ConfigError>(bool(options.model), "EmpiricalNTK: model must be given"); }

void EmpiricalNTK::visit(Visitor& v) { v.exchangeable("model", options.model); }

Tensor EmpiricalNTK::forward(const Tensor& x1, const Tensor& x2) {
  auto gradients = [&](const Tensor& x) {
    return per_sample_grad(*options.model, {x}, [&](const Tensors& batch) {
      Tensor f = options.model(batch[0]);
      check<ShapeError>(f.dim() >= 1 && f.numel() == f.size(0), "EmpiricalNTK: expected a model of one output, [N] or [N, 1], but it gives ", f.shape());
      return reshape(f, {f.size(0)});
    });
  };
  NamedTensors left = gradients(x1), right = x2.defined() && !x2.is(x1) ? gradients(x2) : left;
  check<ConfigError>(!left.empty(), "EmpiricalNTK: the model has no parameter that requires a gradient");
  NoGrad off;
  Tensor kernel;
  for (size_t i = 0; i < left.size(); i++) {
    Tensor part = matmul(flatten(left[i].second, 1), transpose(flatten(right[i].second, 1)));
    kernel = kernel.defined() ? kernel + part : part;
  }
  return kernel;
}

Tensor relu_ntk(const Tensor& x1, const Tensor& x2, int64_t depth) {
  check<ShapeError>(x1.dim() == 2 && x2.dim() == 2 && x1.size(1) == x2.size(1), "relu_ntk: expected inputs [n1, d] and [n2, d] but they are ", x1.shape(), " and ", x2.shape());
  check<ValueError>(depth >= 0, "relu_ntk: depth must be at least 0, not ", depth);
  NoGrad off;
  constexpr double pi = std::numbers::pi;
  Tensor s = matmul(x1, transpose(x2)), k = s;
  Tensor sizes = unsqueeze(norm(x1, 2, {1}), 1) * norm(x2, 2, {1});
  for (int64_t layer = 0; layer < depth; layer++) {
    Tensor r = clamp(s / where(gt(sizes, 0), sizes, 1.0), -1.0, 1.0), rest = pi - acos(r);
    s = sizes * (r * rest + sqrt(1 - square(r))) / pi;
    k = k * rest / pi + s;
  }
  return k;
}

Tensor tangent(Module& model, const NamedTensors& delta, const Tensor& x) {
  Tensors at, along;
  for (auto& [name, direction] : delta) {
    auto params = model.parameters();
    auto* e = params.find(name);
    check<ConfigError>(e != nullptr, "tangent: the model has no parameter \"", name, "\"");
    at.push_back(e->tensor.detach());
    along.push_back(direction);
  }
  auto f = [&](const Tensors& theta) -> Tensors {
    NamedTensors named;
    for (size_t i = 0; i < delta.size(); i++) named.emplace_back(delta[i].first, theta[i]);
    return {functional_call(model, named, x)};
  };
  return jvp(f, at, along, true).products[0];
}

void LinearizedModelOptions::visit(Visitor& v) { v.option("model", model); }

LinearizedModel::LinearizedModel(Options o) : options(std::move(o)) {
  check<ConfigError>(bool(options.model), "LinearizedModel: model must be given");
  for (auto& e : options.model->parameters()) delta.emplace_back(e.name, Parameter(zeros_like(e.tensor).detach()));
}

void LinearizedModel::visit(Visitor& v) {
  v.exchangeable("model", options.model);
  for (auto& [name, p] : delta) {
    std::string flat = "delta_" + name;  // a dot would be a child's
    std::replace(flat.begin(), flat.end(), '.', '_');
    v.parameter(flat, p);
  }
}

Tensor LinearizedModel::forward(const Tensor& x) {
  NamedTensors change;
  for (auto& [name, p] : delta) change.emplace_back(name, p());
  Tensor base;
  {
    NoGrad off;
    base = options.model(x);
  }
  return base + tangent(*options.model, change, x.detach());
}

template class Layer<EmpiricalNTK>;
template class Layer<LinearizedModel>;

}  // namespace tare::nn
