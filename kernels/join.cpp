// Joining and splitting along an axis.
#include "kernels/elementwise.h"
#include "kernels/shape_copy.h"

namespace tare::kernels {
namespace {

// The part [from, from + size) of x along an axis, as a view.
Tensor part(const Tensor& x, int axis, int64_t from, int64_t size) {
  Shape shape = x.shape();
  shape[axis] = size;
  return view_of(x, shape, x.strides(), x.impl().offset + from * x.strides()[axis]);
}

bool skipped(const Tensor& t) { return t.dim() == 1 && t.shape()[0] == 0; }

}  // namespace

Tensor concatenate(const Tensors& parts, int64_t axis) {
  check<ShapeError>(!parts.empty(), "concatenate: expected at least one tensor");
  const Tensor* model = &parts[0];
  DType type = parts[0].dtype();
  for (const Tensor& t : parts) {
    type = promote(type, t.dtype());
    if (skipped(*model)) model = &t;
  }
  check<ShapeError>(model->dim() > 0, "concatenate: 0-d tensors cannot be joined; use stack");
  int a = normalize_axis("concatenate", axis, model->dim());
  Shape shape = model->shape();
  shape[a] = 0;
  for (const Tensor& t : parts) {
    if (skipped(t) && model->dim() != 1) continue;
    bool fits = t.dim() == shape.size();
    for (int d = 0; fits && d < shape.size(); d++) fits = d == a || t.shape()[d] == shape[d];
    check<ShapeError>(fits, "concatenate: shapes ", model->shape(), " and ", t.shape(), " differ elsewhere than along axis ", a);
    shape[a] += t.shape()[a];
  }
  Tensor out = empty(shape, type);
  int64_t at = 0;
  for (const Tensor& t : parts) {
    if (skipped(t)) continue;
    copy_into(part(out, a, at, t.shape()[a]), t);
    at += t.shape()[a];
  }
  return out;
}

Tensor concatenate_as(const Tensors& parts, int axis, const Shape& strides) {
  Shape shape = parts[0].shape(), order, packed, own = shape;
  shape[axis] = 0;
  for (const Tensor& t : parts) shape[axis] += t.shape()[axis];
  for (int d = 0; d < shape.size(); d++) {  // from the largest stride to the smallest
    int at = order.size();
    while (at > 0 && strides[int(order[at - 1])] < strides[d]) at--;
    order.insert(at, d);
  }
  for (int64_t d : order) packed.push_back(shape[int(d)]);
  Shape steps = contiguous_strides(packed);
  for (int i = 0; i < order.size(); i++) own[int(order[i])] = steps[i];
  Tensor out = view_of(empty(packed, parts[0].dtype()), shape, own, 0);
  int64_t at = 0;
  for (const Tensor& t : parts) {
    copy_into(part(out, axis, at, t.shape()[axis]), t);
    at += t.shape()[axis];
  }
  return out;
}

Tensor stack(const Tensors& parts, int64_t axis) {
  check<ShapeError>(!parts.empty(), "stack: expected at least one tensor");
  int a = normalize_axis("stack", axis, parts[0].dim() + 1);
  DType type = parts[0].dtype();
  for (const Tensor& t : parts) {
    check<ShapeError>(t.shape() == parts[0].shape(), "stack: expected tensors of one shape, not ", parts[0].shape(), " and ", t.shape());
    type = promote(type, t.dtype());
  }
  Shape shape = parts[0].shape();
  shape.insert(a, static_cast<int64_t>(parts.size()));
  Tensor out = empty(shape, type);
  for (size_t i = 0; i < parts.size(); i++) {
    Shape strides = out.strides();
    int64_t offset = static_cast<int64_t>(i) * strides[a];
    strides.erase(a);
    copy_into(view_of(out, parts[i].shape(), strides, offset), parts[i]);
  }
  return out;
}

Tensors split_copies(const Tensor& x, const std::vector<int64_t>& sizes, int64_t axis) {
  int a = normalize_axis("split", axis, x.dim());
  check<ShapeError>(x.dim() > 0, "split: a 0-d tensor has no axis to split");
  Tensors out;
  int64_t at = 0;
  for (int64_t size : sizes) {
    check<ValueError>(size >= 0 && at + size <= x.shape()[a], "split: sizes must be positive and add up to ", x.shape()[a]);
    out.push_back(copy(part(x, a, at, size)));
    at += size;
  }
  check<ValueError>(at == x.shape()[a], "split: sizes add up to ", at, " but axis ", axis, " has size ", x.shape()[a]);
  return out;
}

}  // namespace tare::kernels
