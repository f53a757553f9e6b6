#include "autograd/ops/shape.h"

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
  if (x.dim() > 0) std::swap(order[normalize_axis("transpose", axis0, x.dim())], order[normalize_axis("transpose", axis1, x.dim())]);
  return permute(x, order);
}

Tensor contiguous(const Tensor& x) {
  if (x.is_contiguous()) return x;
  return record("contiguous", kernels::contiguous(x), from(x, [](const Tensor& grad) { return grad; }));
}

}  // namespace tare
