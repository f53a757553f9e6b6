// Views of a part of a tensor. The gradient of a part is laid into zeros of the whole's shape: `embed`, whose own gradient is the
// part again.
#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"
#include "autograd/parts.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "kernels/shape_copy.h"

namespace tare {
namespace {

/// A part of a tensor that does not depend on how the tensor lies in memory.
struct Part {
  enum class Kind { slice, select, diagonal } kind;
  int axis;               // slice, select; the first axis of a diagonal
  int64_t start;          // first position; a diagonal's offset
  int64_t length, step;   // slice; a diagonal's length
  int axis2 = 0;          // a diagonal's second axis
};

Tensor view(const Tensor& x, const Part& p) {
  Shape shape = x.shape(), strides = x.strides();
  int64_t offset = x.impl().offset;
  if (p.kind == Part::Kind::diagonal) {
    if (p.length > 0) offset += p.start >= 0 ? p.start * strides[p.axis2] : -p.start * strides[p.axis];
    int64_t step = strides[p.axis] + strides[p.axis2];
    for (int d : {std::max(p.axis, p.axis2), std::min(p.axis, p.axis2)}) shape.erase(d), strides.erase(d);
    shape.push_back(p.length);
    strides.push_back(step);
  } else {
    if (p.length > 0) offset += p.start * strides[p.axis];
    shape[p.axis] = p.length;
    strides[p.axis] *= p.step;
    if (p.kind == Part::Kind::select) shape.erase(p.axis), strides.erase(p.axis);
  }
  return view_of(x, shape, strides, offset);
}

Tensor part_of(const char* name, const Tensor& x, const Part& p);

Tensor embed(const char* name, const Tensor& part, const Shape& shape, const Part& p) {
  Tensor whole = zeros_raw(shape, part.dtype());
  kernels::copy_into(view(whole, p), part);
  return record("embed", whole, from(part, [name, p](const Tensor& grad) { return part_of(name, grad, p); }));
}

Tensor part_of(const char* name, const Tensor& x, const Part& p) {
  return record(name, view(x, p), from(x, [name, p, shape = x.shape()](const Tensor& grad) { return embed(name, grad, shape, p); }));
}

// The parts side by side along an axis: the gradient of a tensor that lay in memory by `strides`. It lies the same way, so that a permutation
// between the two costs nothing.
Tensor joined(const Tensors& parts, int axis, const Shape& strides) {
  if (context().grad_enabled) return cat(parts, axis);
  return kernels::concatenate_as(parts, axis, strides);
}

}  // namespace

Tensor slice(const Tensor& x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  check<ShapeError>(x.dim() > 0, "slice: a 0-d tensor has no axis to slice");
  int a = normalize_axis("slice", axis, x.dim());
  check<ValueError>(step > 0, "slice: expected a positive step, not ", step, "; flip reverses an axis");
  int64_t n = x.shape()[a];
  auto place = [n](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + n : i, 0, n); };
  int64_t from = place(start), to = place(end);
  int64_t length = to > from ? (to - from - 1) / step + 1 : 0;
  return part_of("slice", x, {Part::Kind::slice, a, from, length, step});
}

Tensor narrow(const Tensor& x, int64_t axis, int64_t start, int64_t length) {
  check<ShapeError>(x.dim() > 0, "narrow: a 0-d tensor has no axis to narrow");
  int a = normalize_axis("narrow", axis, x.dim());
  int64_t n = x.shape()[a], from = start < 0 ? start + n : start;
  check<IndexError>(length >= 0 && from >= 0 && from <= n && length <= n - from, "narrow: ", length, " elements from ", start, " on do not exist along axis ", axis,
                    " of size ", n);
  return part_of("narrow", x, {Part::Kind::slice, a, from, length, 1});
}

Tensor select(const Tensor& x, int64_t axis, int64_t index) {
  check<IndexError>(x.dim() > 0, "select: a 0-d tensor has no axis to select from");
  int a = normalize_axis("select", axis, x.dim());
  int64_t n = x.shape()[a];
  check<IndexError>(index >= -n && index < n, "select: index ", index, " is out of range for axis ", axis, " of size ", n);
  return part_of("select", x, {Part::Kind::select, a, index < 0 ? index + n : index, 1, 1});
}

Tensor diagonal(const Tensor& x, int64_t offset, int64_t axis1, int64_t axis2) {
  check<ShapeError>(x.dim() >= 2, "diagonal: expected at least two dimensions but the shape is ", x.shape());
  int a = normalize_axis("diagonal", axis1, x.dim()), b = normalize_axis("diagonal", axis2, x.dim());
  check<IndexError>(a != b, "diagonal: the two axes must differ, both are ", axis1);
  int64_t rows = x.shape()[a], columns = x.shape()[b];
  int64_t length = offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns);
  return part_of("diagonal", x, {Part::Kind::diagonal, a, offset, std::max<int64_t>(0, length), 1, b});
}

// Windows overlap, so that their gradients add up: one slice for each position within the window.
Tensor windows(const Tensor& x, int64_t axis, int64_t size, int64_t step) {
  int a = normalize_axis("windows", axis, x.dim());
  int64_t n = x.dim() ? x.shape()[a] : 1;
  check<ValueError>(size >= 0 && size <= n && step > 0, "windows: windows of ", size, " every ", step, " do not fit axis ", axis, " of size ", n);
  if (x.dim() == 0) return reshape(x, {size});
  int64_t count = (n - size) / step + 1;
  Shape shape = x.shape(), strides = x.strides();
  shape[a] = count;
  shape.push_back(size);
  strides.push_back(strides[a]);
  strides[a] *= step;
  return record("windows", view_of(x, shape, strides, x.impl().offset), from(x, [shape = x.shape(), a, size, step, count](const Tensor& grad) {
                  Tensor total;
                  for (int64_t i = 0; i < size; i++) {
                    Tensor placed = embed("slice", select(grad, -1, i), shape, {Part::Kind::slice, a, i, count, step});
                    total = total.defined() ? total + placed : placed;
                  }
                  return total;
                }));
}

Tensors split(const Tensor& x, const std::vector<int64_t>& sizes, int64_t axis) {
  check<ShapeError>(x.dim() > 0, "split: a 0-d tensor has no axis to split");
  int a = normalize_axis("split", axis, x.dim());
  int64_t total = 0;
  for (int64_t s : sizes) {
    check<ValueError>(s >= 0, "split: expected sizes of at least 0, not ", s);
    total += s;
  }
  check<ShapeError>(total == x.shape()[a], "split: sizes add up to ", total, " but axis ", axis, " of ", x.shape(), " has ", x.shape()[a]);
  Tensors out;
  int64_t at = 0;
  for (int64_t s : sizes) {
    out.push_back(view(x, {Part::Kind::slice, a, at, s, 1}));
    at += s;
  }
  return record_parts("split", std::move(out), x, [a, strides = x.strides()](const Tensors& grads) { return joined(grads, a, strides); });
}

Tensors split(const Tensor& x, int64_t size, int64_t axis) {
  check<ShapeError>(x.dim() > 0, "split: a 0-d tensor has no axis to split");
  int64_t n = x.size(axis);
  check<ValueError>(size > 0 || (size == 0 && n == 0), "split: expected a positive size, not ", size);
  std::vector<int64_t> sizes;
  for (int64_t at = 0; at < n; at += size) sizes.push_back(std::min(size, n - at));
  if (sizes.empty()) sizes.push_back(0);
  return split(x, sizes, axis);
}

Tensors chunk(const Tensor& x, int64_t chunks, int64_t axis) {
  check<ShapeError>(x.dim() > 0, "chunk: a 0-d tensor has no axis to split");
  check<ValueError>(chunks > 0, "chunk: expected a positive number of chunks, not ", chunks);
  int64_t n = x.size(axis);
  if (n == 0) return split(x, std::vector<int64_t>(size_t(chunks), 0), axis);
  return split(x, (n + chunks - 1) / chunks, axis);
}

Tensors unbind(const Tensor& x, int64_t axis) {
  check<ShapeError>(x.dim() > 0, "unbind: a 0-d tensor has no axis to unbind");
  Tensors out;
  int a = normalize_axis("unbind", axis, x.dim());
  for (int64_t i = 0; i < x.shape()[a]; i++) out.push_back(view(x, {Part::Kind::select, a, i, 1, 1}));
  return record_parts("unbind", std::move(out), x, [a, strides = x.strides()](const Tensors& grads) {
    Tensors parts;
    for (const Tensor& g : grads) parts.push_back(unsqueeze(g, a));
    return joined(parts, a, strides);
  });
}

}  // namespace tare
