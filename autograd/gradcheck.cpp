#include "autograd/gradcheck.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/random_fill.h"
#include "kernels/reduce.h"

namespace tare {
namespace {

bool differentiated(const Tensor& t) { return t.defined() && t.dtype() == DType::float64; }

// The inputs as leaves of their own, on the same memory.
Tensors leaves_of(const Tensors& inputs) {
  Tensors out;
  for (const Tensor& t : inputs) {
    out.push_back(t.defined() ? alias(t) : t);
    if (differentiated(t)) out.back().set_requires_grad();
  }
  return out;
}

Tensors only_differentiated(const Tensors& all) {
  Tensors out;
  for (const Tensor& t : all)
    if (differentiated(t)) out.push_back(t);
  return out;
}

// One G for each floating output.
Tensors weights_for(const Tensors& outputs, uint64_t seed) {
  Generator g(seed);
  Tensors out;
  for (const Tensor& y : outputs) out.push_back(y.defined() && is_floating(y.dtype()) ? kernels::uniform(y.shape(), 0.5, 1.5, y.dtype(), g) : Tensor());
  return out;
}

// dL/dx for the float64 inputs; zeros where an output does not depend on one.
Tensors derivatives(const Tensors& outputs, const Tensors& weights, const Tensors& leaves, bool create_graph) {
  Tensors ys, gs, xs = only_differentiated(leaves);
  for (size_t i = 0; i < outputs.size(); i++)
    if (weights[i].defined() && outputs[i].requires_grad()) ys.push_back(outputs[i]), gs.push_back(weights[i]);
  Tensors found = ys.empty() ? Tensors(xs.size()) : grad(ys, xs, {.grad_outputs = gs, .create_graph = create_graph, .allow_unused = true});
  for (size_t i = 0; i < xs.size(); i++)
    if (!found[i].defined()) found[i] = zeros(xs[i].shape(), DType::float64);
  return found;
}

double value_of(const TensorsFunction& f, const Tensors& inputs, const Tensors& weights) {
  NoGrad off;
  Tensors y = f(inputs);
  double total = 0;
  for (size_t i = 0; i < y.size(); i++)
    if (weights[i].defined()) total += kernels::sum(kernels::mul(weights[i], y[i])).item();
  return total;
}

// The address of element i of a tensor of any strides, in row-major order.
double* element(const Tensor& t, int64_t i) {
  int64_t at = 0;
  for (int d = t.dim() - 1; d >= 0; d--) {
    at += i % t.shape()[d] * t.strides()[d];
    i /= t.shape()[d];
  }
  return t.mutable_data<double>() + at;
}

}  // namespace

void gradcheck(std::string_view name, const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options) {
  Tensors leaves = leaves_of(inputs), outputs = f(leaves), weights = weights_for(outputs, options.seed);
  check<GradError>(!only_differentiated(inputs).empty(), "gradcheck of ", name, ": no input is of float64");
  Tensors analytic = derivatives(outputs, weights, leaves, false);
  size_t next = 0;
  for (size_t k = 0; k < inputs.size(); k++) {
    if (!differentiated(inputs[k])) continue;
    const Tensor& got = analytic[next++];
    check<GradError>(got.shape() == inputs[k].shape(), "gradcheck of ", name, ": the gradient of input ", k, " has shape ", got.shape(), " instead of ",
                     inputs[k].shape());
    std::vector<double> slopes = got.to_vector<double>();
    for (int64_t i = 0; i < inputs[k].numel(); i++) {
      double* x = element(inputs[k], i);
      double x0 = *x, h = options.step * std::max(1.0, std::abs(x0));
      auto at = [&](double shift) {
        *x = x0 + shift;
        double v = value_of(f, inputs, weights);
        *x = x0;
        return v;
      };
      double numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      double slope = slopes[static_cast<size_t>(i)];
      check<GradError>(std::abs(slope - numeric) <= options.tolerance * std::max(1.0, std::abs(numeric)), "gradcheck of ", name, ": input ", k, " of shape ",
                       inputs[k].shape(), ", element ", i, ": the tape gives ", slope, ", finite differences ", numeric);
    }
  }
}

void gradgradcheck(std::string_view name, const TensorsFunction& f, const Tensors& inputs, const GradcheckOptions& options) {
  Tensors first = f(leaves_of(inputs)), weights = weights_for(first, options.seed + 1);
  // The inputs, then the G of the floating outputs.
  Tensors all = inputs;
  std::vector<size_t> place(weights.size(), 0);
  for (size_t i = 0; i < weights.size(); i++) {
    if (!weights[i].defined()) continue;
    place[i] = all.size();
    all.push_back(to(weights[i], DType::float64));
  }
  auto backward = [&](const Tensors& x, bool create_graph) {
    EnableGrad on;
    Tensors own(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(inputs.size()));
    if (!create_graph) own = leaves_of(own);
    Tensors outputs = f(own), gs(outputs.size());
    for (size_t i = 0; i < outputs.size(); i++)
      if (place[i]) gs[i] = to(x[place[i]], outputs[i].dtype());
    return derivatives(outputs, gs, own, create_graph);
  };
  Tensors plain = backward(all, false), recorded = backward(leaves_of(all), true);
  for (size_t i = 0; i < plain.size(); i++)
    check<GradError>(allclose(plain[i], recorded[i], 1e-9, 1e-11, true), "gradgradcheck of ", name, ": gradient ", i,
                     " changes when the backward pass is recorded");
  gradcheck(text("the gradient of ", name), [&](const Tensors& x) { return backward(x, context().grad_enabled); }, all, options);
}

}  // namespace tare
