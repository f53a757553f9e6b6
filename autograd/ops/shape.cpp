// Views that reorder, merge and split axes.
#include "autograd/ops/shape.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"

namespace tare {

Tensor reshape(const Tensor& x, const Shape& shape) {
  Shape wanted = shape;
  int64_t known = 1;
  int open = -1;
  for (int i = 0; i < wanted.size(); i++) {
    if (wanted[i] == -1) {
      check<ShapeError>(open < 0, "reshape: only one size may be -1 in ", shape);
      open = i;
    } else {
      check<ShapeError>(wanted[i] >= 0, "reshape: negative size in ", shape);
      known *= wanted[i];
    }
  }
  if (open >= 0) {
    check<ShapeError>(known > 0 && x.numel() % known == 0, "reshape: ", x.shape(), " cannot be seen as ", shape);
    wanted[open] = x.numel() / known;
  }
  check<ShapeError>(wanted.numel() == x.numel(), "reshape: ", x.shape(), " has ", x.numel(), " elements but ", shape, " has ", wanted.numel());
  if (wanted == x.shape()) return x;
  Tensor base = kernels::contiguous(x);
  return record("reshape", view_of(base, wanted, contiguous_strides(wanted), base.impl().offset),
                from(x, [shape = x.shape()](const Tensor& grad) { return reshape(grad, shape); }));
}

Tensor flatten(const Tensor& x, int64_t start, int64_t end) {
  int a = normalize_axis("flatten", start, x.dim()), b = normalize_axis("flatten", end, x.dim());
  if (x.dim() == 0) return reshape(x, {1});
  check<IndexError>(a <= b, "flatten: axis ", start, " comes after axis ", end, " of ", x.shape());
  Shape shape = x.shape().slice(0, a);
  int64_t merged = 1;
  for (int d = a; d <= b; d++) merged *= x.shape()[d];
  shape.push_back(merged);
  return reshape(x, shape.concat(x.shape().slice(b + 1)));
}

Tensor unflatten(const Tensor& x, int64_t axis, const Shape& sizes) {
  int a = normalize_axis("unflatten", axis, x.dim());
  check<ShapeError>(x.dim() > 0 && !sizes.empty(), "unflatten: ", x.shape(), " has no axis to split into ", sizes);
  Shape parts = sizes;
  int64_t known = 1;
  for (int64_t s : sizes) known *= s == -1 ? 1 : s;
  for (int64_t& s : parts)
    if (s == -1 && known > 0) s = x.shape()[a] / known;
  check<ShapeError>(parts.numel() == x.shape()[a] && std::count(sizes.begin(), sizes.end(), -1) <= 1, "unflatten: axis ", axis, " of ", x.shape(),
                    " cannot be split into ", sizes);
  return reshape(x, x.shape().slice(0, a).concat(parts).concat(x.shape().slice(a + 1)));
}

Tensor permute(const Tensor& x, const Shape& axes) {
  check<ShapeError>(axes.size() == x.dim(), "permute: ", axes, " does not name the ", x.dim(), " axes of ", x.shape());
  Shape order = normalize_axes("permute", axes, x.dim());
  Shape shape, strides, inverse(order.size(), 0);
  for (int i = 0; i < order.size(); i++) {
    shape.push_back(x.shape()[int(order[i])]);
    strides.push_back(x.strides()[int(order[i])]);
    inverse[int(order[i])] = i;
  }
  return record("permute", view_of(x, shape, strides, x.impl().offset), from(x, [inverse](const Tensor& grad) { return permute(grad, inverse); }));
}

Tensor transpose(const Tensor& x, int64_t axis0, int64_t axis1) {
  Shape order;
  for (int i = 0; i < x.dim(); i++) order.push_back(i);
  int a = normalize_axis("transpose", axis0, x.dim()), b = normalize_axis("transpose", axis1, x.dim());
  if (x.dim() > 0) std::swap(order[a], order[b]);
  return permute(x, order);
}

Tensor movedim(const Tensor& x, const Shape& source, const Shape& destination) {
  check<ShapeError>(source.size() == destination.size(), "movedim: expected as many destinations as sources, not ", source, " and ", destination);
  if (source.empty() || x.dim() == 0) return x;
  Shape sources = normalize_axes("movedim", source, x.dim()), destinations = normalize_axes("movedim", destination, x.dim());
  Shape order(x.dim(), -1);
  for (int i = 0; i < sources.size(); i++) order[int(destinations[i])] = sources[i];
  int next = 0;
  for (int64_t& place : order) {
    if (place >= 0) continue;
    while (std::find(sources.begin(), sources.end(), next) != sources.end()) next++;
    place = next++;
  }
  return permute(x, order);
}

Tensor squeeze(const Tensor& x) {
  Shape axes;
  for (int d = 0; d < x.dim(); d++)
    if (x.shape()[d] == 1) axes.push_back(d);
  return squeeze(x, axes);
}
Tensor squeeze(const Tensor& x, const Shape& axes) {
  if (axes.empty()) return x;
  Shape shape, strides, over = normalize_axes("squeeze", axes, x.dim());
  for (int d = 0; d < x.dim(); d++) {
    if (x.shape()[d] == 1 && std::find(over.begin(), over.end(), d) != over.end()) continue;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  if (shape == x.shape()) return x;
  return record("squeeze", view_of(x, shape, strides, x.impl().offset),
                from(x, [shape = x.shape()](const Tensor& grad) { return reshape(grad, shape); }));
}

Tensor unsqueeze(const Tensor& x, int64_t axis) {
  int a = normalize_axis("unsqueeze", axis, x.dim() + 1);
  Shape shape = x.shape(), strides = x.strides();
  shape.insert(a, 1);
  strides.insert(a, a < x.dim() ? x.shape()[a] * x.strides()[a] : 1);
  return record("unsqueeze", view_of(x, shape, strides, x.impl().offset),
                from(x, [shape = x.shape()](const Tensor& grad) { return reshape(grad, shape); }));
}

Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) return x;
  return record("contiguous", kernels::contiguous(x), from(x, [](const Tensor& grad) { return grad; }));
}
Tensor clone(const Tensor& x) {
  return record("clone", kernels::copy(x), from(x, [](const Tensor& grad) { return grad; }));
}

}  // namespace tare
