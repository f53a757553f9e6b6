#include "autograd/transforms.h"

#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "autograd/partial_gradient.h"
#include "autograd/tape.h"

namespace tare {
namespace {

// The inputs under other names, so that the transform differentiates in them alone: leaves, or, when results shall be differentiated again,
// tensors that lead back to the inputs.
Tensors own(const Tensors& inputs, bool create_graph) {
  Tensors out;
  for (const Tensor& x : inputs) {
    if (!is_floating(x.dtype())) out.push_back(x);
    else if (create_graph && x.requires_grad()) out.push_back(rename(x));
    else out.push_back(alias(x).set_requires_grad());
  }
  return out;
}

// d <v, outputs> / d inputs, zeros where there is no way.
Tensors pulled(const Tensors& outputs, const Tensors& inputs, const Tensors& v, bool create_graph, bool retain = false) {
  Tensors ys, gs, xs;
  for (size_t i = 0; i < outputs.size(); i++)
    if (outputs[i].requires_grad()) ys.push_back(outputs[i]), gs.push_back(v[i]);
  for (const Tensor& x : inputs)
    if (x.requires_grad()) xs.push_back(x);
  Tensors found(xs.size());
  if (!ys.empty() && !xs.empty()) found = grad(ys, xs, {.grad_outputs = gs, .create_graph = create_graph, .retain_graph = retain, .allow_unused = true});
  Tensors out;
  size_t next = 0;
  for (const Tensor& x : inputs) {
    Tensor g = x.requires_grad() ? found[next++] : Tensor();
    out.push_back(g.defined() ? g : zeros_like(x));
  }
  return out;
}

void check_vectors(const char* what, const char* of, const Tensors& v, const Tensors& like) {
  check<ShapeError>(v.size() == like.size(), what, ": expected ", like.size(), " vectors, one for each ", of, ", not ", v.size());
  for (size_t i = 0; i < v.size(); i++)
    check<ShapeError>(v[i].shape() == like[i].shape(), what, ": vector ", i, " has shape ", v[i].shape(), " but the ", of, " has ", like[i].shape());
}

Tensors detached(const Tensors& ts, bool keep) {
  if (keep) return ts;
  Tensors out;
  for (const Tensor& t : ts) out.push_back(t.detach());
  return out;
}

void check_one_number(const char* what, const Tensors& y) {
  check<ShapeError>(y.size() == 1 && y[0].numel() == 1, what, ": expected a function of one number", y.empty() ? std::string() : text(" but its value has shape ", y[0].shape()));
}

// The function x -> df/dx, for the second derivatives.
TensorsFunction gradient_of(const char* what, const TensorsFunction& f) {
  return [what, f](const Tensors& x) {
    Tensors y = f(x);
    check_one_number(what, y);
    return pulled(y, x, {ones_like(y[0])}, true);
  };
}

TensorsFunction lifted(const TensorFunction& f) {
  return [&f](const Tensors& x) -> Tensors { return {f(x[0])}; };
}
Product only(Products p) { return {p.outputs[0], p.products[0]}; }

}  // namespace

Products vjp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph) {
  EnableGrad on;
  Tensors x = own(inputs, create_graph), y = f(x);
  check_vectors("vjp", "output", v, y);
  Tensors products = pulled(y, x, v, create_graph);
  return {detached(y, create_graph), products};
}

Products jvp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph) {
  check_vectors("jvp", "input", v, inputs);
  EnableGrad on;
  Tensors x = own(inputs, create_graph), y = f(x), u;
  for (const Tensor& t : y) u.push_back(is_floating(t.dtype()) ? zeros_like(t).set_requires_grad() : zeros_like(t));
  Tensors products = pulled(pulled(y, x, u, true), u, v, create_graph);
  return {detached(y, create_graph), products};
}

std::vector<Tensors> jacobian(const TensorsFunction& f, const Tensors& inputs, bool create_graph) {
  EnableGrad on;
  Tensors x = own(inputs, create_graph), y = f(x);
  std::vector<Tensors> out;
  for (const Tensor& output : y) {
    std::vector<Tensors> rows(x.size());  // by input
    Tensor zero = zeros({output.numel()}, output.dtype()), one = ones({1}, output.dtype());
    for (int64_t i = 0; i < output.numel(); i++) {
      Tensor v = cat({narrow(zero, 0, 0, i), one, narrow(zero, 0, i + 1, output.numel() - i - 1)});
      Tensors g = pulled({output}, x, {reshape(v, output.shape())}, create_graph, true);
      for (size_t k = 0; k < x.size(); k++) rows[k].push_back(g[k]);
    }
    Tensors by_input;
    for (size_t k = 0; k < x.size(); k++) {
      Shape shape = output.shape().concat(x[k].shape());
      by_input.push_back(rows[k].empty() ? zeros(shape, x[k].dtype()) : reshape(stack(rows[k]), shape));
    }
    out.push_back(detached(by_input, create_graph));
  }
  return out;
}

std::vector<Tensors> hessian(const TensorsFunction& f, const Tensors& inputs, bool create_graph) { return jacobian(gradient_of("hessian", f), inputs, create_graph); }

// H is symmetric: H v is the gradient of <gradient, v>.
Products hvp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph) {
  check_vectors("hvp", "input", v, inputs);
  EnableGrad on;
  Tensors x = own(inputs, create_graph), y = f(x);
  check_one_number("hvp", y);
  Tensors first = pulled(y, x, {ones_like(y[0])}, true);
  Tensors products = pulled(first, x, v, create_graph);
  return {detached(y, create_graph), products};
}
Products vhp(const TensorsFunction& f, const Tensors& inputs, const Tensors& v, bool create_graph) { return hvp(f, inputs, v, create_graph); }

Product vjp(const TensorFunction& f, const Tensor& x, const Tensor& v, bool create_graph) { return only(vjp(lifted(f), Tensors{x}, Tensors{v}, create_graph)); }
Product jvp(const TensorFunction& f, const Tensor& x, const Tensor& v, bool create_graph) { return only(jvp(lifted(f), Tensors{x}, Tensors{v}, create_graph)); }
Product hvp(const TensorFunction& f, const Tensor& x, const Tensor& v, bool create_graph) { return only(hvp(lifted(f), Tensors{x}, Tensors{v}, create_graph)); }
Product vhp(const TensorFunction& f, const Tensor& x, const Tensor& v, bool create_graph) { return only(vhp(lifted(f), Tensors{x}, Tensors{v}, create_graph)); }
Tensor jacobian(const TensorFunction& f, const Tensor& x, bool create_graph) { return jacobian(lifted(f), Tensors{x}, create_graph)[0][0]; }
Tensor hessian(const TensorFunction& f, const Tensor& x, bool create_graph) { return hessian(lifted(f), Tensors{x}, create_graph)[0][0]; }

}  // namespace tare
