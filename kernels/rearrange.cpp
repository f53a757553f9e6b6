// flip, roll, repeat: copies between views of a tensor whose strides say where each element goes.
#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/shape_copy.h"

namespace tare::kernels {

Tensor flip(const Tensor& x, const Shape& axes) {
  if (axes.empty()) return copy(x);
  Shape strides = x.strides();
  int64_t offset = x.impl().offset;
  if (x.numel() == 0) return copy(x);
  for (int64_t a : normalize_axes("flip", axes, x.dim())) {
    int d = static_cast<int>(a);
    offset += (x.shape()[d] - 1) * strides[d];
    strides[d] = -strides[d];
  }
  return copy(view_of(x, x.shape(), strides, offset));
}

Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes) {
  if (axes.empty()) {
    check<ShapeError>(shifts.size() == 1, "roll: expected one shift for a flattened tensor, not ", shifts);
    Tensor flat = contiguous(x);
    Tensor out = roll(view_of(flat, {flat.numel()}, {1}, flat.impl().offset), shifts, {0});
    return view_of(out, x.shape(), contiguous_strides(x.shape()), 0);
  }
  check<ShapeError>(shifts.size() == axes.size(), "roll: expected as many shifts as axes, not ", shifts, " and ", axes);
  Tensor out = x;
  for (int i = 0; i < axes.size(); i++) {
    int a = normalize_axis("roll", axes[i], x.dim());
    int64_t n = x.dim() ? x.shape()[a] : 1;
    if (n == 0) continue;
    int64_t shift = (shifts[i] % n + n) % n;  // the last `shift` elements come to the front
    if (shift == 0) continue;
    auto part = [a](const Tensor& t, int64_t from, int64_t size) {
      Shape shape = t.shape();
      shape[a] = size;
      return view_of(t, shape, t.strides(), t.impl().offset + from * t.strides()[a]);
    };
    Tensor next = empty(x.shape(), x.dtype());
    copy_into(part(next, 0, shift), part(out, n - shift, shift));
    copy_into(part(next, shift, n - shift), part(out, 0, n - shift));
    out = next;
  }
  return out.is(x) ? copy(x) : out;
}

// Each axis of the result is seen as two, (repeat, size), and the source has stride 0 along the first.
Tensor repeat(const Tensor& x, const Shape& repeats) {
  int rank = repeats.size(), shift = rank - x.dim();
  check<ShapeError>(shift >= 0, "repeat: expected at least ", x.dim(), " repeats for a tensor of shape ", x.shape(), ", not ", repeats);
  Shape shape(rank, 1);
  for (int d = 0; d < rank; d++) {
    check<ValueError>(repeats[d] >= 0, "repeat: expected repeats of at least 0, not ", repeats);
    shape[d] = repeats[d] * (d >= shift ? x.shape()[d - shift] : 1);
  }
  Tensor out = empty(shape, x.dtype());
  if (out.numel() == 0) return out;
  // Up to eight axes fit when axes that are not repeated (or of size 1) stay single; otherwise one axis after the other.
  Shape to, to_strides, from_strides;
  int needed = 0;
  for (int d = 0; d < rank; d++) needed += 1 + (d >= shift && repeats[d] > 1 && x.shape()[d - shift] > 1);
  if (needed > Shape::max_rank) {
    Shape one(rank, 1), rest = repeats;
    int first = 0;
    while (repeats[first] == 1) first++;
    one[first] = repeats[first];
    rest[first] = 1;
    return repeat(repeat(x, rest), one);
  }
  for (int d = 0; d < rank; d++) {
    int64_t size = d >= shift ? x.shape()[d - shift] : 1;
    if (repeats[d] > 1 && size > 1) {
      to.push_back(repeats[d]);
      to_strides.push_back(out.strides()[d] * size);
      from_strides.push_back(0);
      to.push_back(size);
      to_strides.push_back(out.strides()[d]);
      from_strides.push_back(x.strides()[d - shift]);
    } else {
      to.push_back(repeats[d] * size);
      to_strides.push_back(out.strides()[d]);
      from_strides.push_back(size > 1 ? x.strides()[d - shift] : 0);
    }
  }
  copy_into(view_of(out, to, to_strides, 0), view_of(x, to, from_strides, x.impl().offset));
  return out;
}

}  // namespace tare::kernels
