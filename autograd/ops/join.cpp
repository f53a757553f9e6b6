// Joins: the gradient of each part is its part of the gradient.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/shape_copy.h"

namespace tare {

// Lists have no fixed length, so the joint form is used; its backward is written with recorded operations.
Tensor cat(const Tensors& parts, int64_t axis) {
  Tensor value = kernels::concatenate(parts, axis);
  int a = normalize_axis("cat", axis, value.dim());
  return custom_vjp("cat", value, parts, [a](const Tensors& grads, const Tensors& inputs, const Tensors&, Needs needs) {
    Tensors out(inputs.size());
    int64_t at = 0;
    for (size_t i = 0; i < inputs.size(); i++) {
      bool skipped = inputs[i].dim() == 1 && inputs[i].numel() == 0;
      int64_t size = skipped ? 0 : inputs[i].shape()[a];
      if (needs[int(i)] && !skipped) out[i] = narrow(grads[0], a, at, size);
      if (needs[int(i)] && skipped) out[i] = zeros_raw(inputs[i].shape(), grads[0].dtype());
      at += size;
    }
    return out;
  });
}

Tensor stack(const Tensors& parts, int64_t axis) {
  Tensor value = kernels::stack(parts, axis);
  int a = normalize_axis("stack", axis, value.dim());
  return custom_vjp("stack", value, parts, [a](const Tensors& grads, const Tensors& inputs, const Tensors&, Needs needs) {
    Tensors out(inputs.size());
    for (size_t i = 0; i < inputs.size(); i++)
      if (needs[int(i)]) out[i] = select(grads[0], a, int64_t(i));
    return out;
  });
}

namespace {
Tensors at_least(const Tensors& parts, int rank) {
  Tensors out;
  for (const Tensor& t : parts) {
    Tensor x = t;
    if (rank >= 1 && x.dim() == 0) x = reshape(x, {1});
    if (rank >= 2 && x.dim() == 1) x = unsqueeze(x, 0);
    if (rank >= 3 && x.dim() == 2) x = unsqueeze(x, 2);
    out.push_back(x);
  }
  return out;
}
}  // namespace

Tensor hstack(const Tensors& parts) {
  Tensors all = at_least(parts, 1);
  return cat(all, !all.empty() && all[0].dim() == 1 ? 0 : 1);
}
Tensor vstack(const Tensors& parts) { return cat(at_least(parts, 2), 0); }
Tensor dstack(const Tensors& parts) { return cat(at_least(parts, 3), 2); }

Tensors meshgrid(const Tensors& vectors, std::string_view indexing) {
  check<ConfigError>(indexing == "ij" || indexing == "xy", "meshgrid: unknown indexing \"", indexing, "\"; expected ij or xy");
  check<ShapeError>(!vectors.empty(), "meshgrid: expected at least one vector");
  Shape shape;
  for (const Tensor& v : vectors) {
    check<ShapeError>(v.dim() <= 1, "meshgrid: expected vectors but one has shape ", v.shape());
    shape.push_back(v.numel());
  }
  Tensors out;
  for (size_t i = 0; i < vectors.size(); i++) {
    Shape own(shape.size(), 1);
    own[int(i)] = shape[int(i)];
    Tensor grid = expand(reshape(vectors[i], own), shape);
    out.push_back(indexing == "xy" && shape.size() > 1 ? transpose(grid, 0, 1) : grid);
  }
  return out;
}

}  // namespace tare
