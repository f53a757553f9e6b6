// Rearrangements whose gradient is the opposite rearrangement.
#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/reduce.h"
#include "kernels/shape_copy.h"

namespace tare {

Tensor flip(const Tensor& x, const Shape& axes) {
  return record("flip", kernels::flip(x, axes), from(x, [axes](const Tensor& grad) { return flip(grad, axes); }));
}

Tensor rot90(const Tensor& x, int64_t k, const Shape& axes) {
  check<ShapeError>(axes.size() == 2 && x.dim() >= 2, "rot90: expected a plane of two axes, not ", axes, " of ", x.shape());
  Shape plane = normalize_axes("rot90", axes, x.dim());
  switch ((k % 4 + 4) % 4) {
    case 1: return flip(transpose(x, plane[0], plane[1]), {plane[0]});
    case 2: return flip(x, plane);
    case 3: return flip(transpose(x, plane[0], plane[1]), {plane[1]});
    default: return clone(x);
  }
}

Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes) {
  Shape back = shifts;
  for (int64_t& s : back) s = -s;
  return record("roll", kernels::roll(x, shifts, axes), from(x, [back, axes](const Tensor& grad) { return roll(grad, back, axes); }));
}

// Each axis of the gradient is (repeat, size): the sum over the repeats.
Tensor repeat(const Tensor& x, const Shape& repeats) {
  return record("repeat", kernels::repeat(x, repeats), from(x, [repeats, shape = x.shape()](const Tensor& grad) {
                  Tensor g = grad;
                  int lead = repeats.size() - shape.size();
                  for (int d = 0; d < repeats.size(); d++) {
                    if (repeats[d] == 1) continue;
                    int64_t size = d >= lead ? shape[d - lead] : 1;
                    Shape before = g.shape().slice(0, d), after = g.shape().slice(d + 1);
                    // All axes before and after merged, so that splitting this one stays within the largest rank.
                    Tensor split = reshape(g, {before.numel(), repeats[d], size, after.numel()});
                    before.push_back(size);
                    g = reshape(sum(split, {1}), before.concat(after));
                  }
                  return reshape(g, shape);
                }));
}

Tensor tile(const Tensor& x, const Shape& repeats) {
  Shape all = repeats;
  while (all.size() < x.dim()) all.insert(0, 1);
  return repeat(x, all);
}

Tensor repeat_interleave(const Tensor& x, int64_t repeats) { return repeat_interleave(reshape(x, {-1}), repeats, 0); }
Tensor repeat_interleave(const Tensor& x, int64_t repeats, int64_t axis) {
  check<ValueError>(repeats >= 0, "repeat_interleave: expected repeats of at least 0, not ", repeats);
  if (x.dim() == 0) return repeat_interleave(reshape(x, {1}), repeats, axis);
  int a = normalize_axis("repeat_interleave", axis, x.dim());
  Shape wide = x.shape(), out = x.shape();
  wide.insert(a + 1, repeats);
  out[a] *= repeats;
  return reshape(expand(unsqueeze(x, a + 1), wide), out);
}
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, int64_t axis) {
  check<DTypeError>(repeats.dtype() == DType::int64, "repeat_interleave: expected int64 repeats but they are ", repeats.dtype());
  int a = normalize_axis("repeat_interleave", axis, x.dim());
  int64_t n = x.dim() ? x.shape()[a] : 1;
  if (repeats.numel() == 1) return repeat_interleave(x, repeats.item<int64_t>(), axis);
  check<ShapeError>(repeats.dim() == 1 && repeats.numel() == n, "repeat_interleave: expected one number of repeats for each of the ", n, " positions along axis ", axis,
                    ", not repeats of shape ", repeats.shape());
  std::vector<int64_t> counts = repeats.to_vector<int64_t>(), positions;
  for (size_t i = 0; i < counts.size(); i++) {
    check<ValueError>(counts[i] >= 0, "repeat_interleave: expected repeats of at least 0, not ", counts[i]);
    positions.insert(positions.end(), size_t(counts[i]), int64_t(i));
  }
  Tensor index = empty({int64_t(positions.size())}, DType::int64);
  std::copy(positions.begin(), positions.end(), index.mutable_data<int64_t>());
  return index_select(x, a, index);
}

Tensor tril(const Tensor& x, int64_t diagonal) {
  return record("tril", kernels::tril(x, diagonal), from(x, [diagonal](const Tensor& grad) { return tril(grad, diagonal); }));
}
Tensor triu(const Tensor& x, int64_t diagonal) {
  return record("triu", kernels::triu(x, diagonal), from(x, [diagonal](const Tensor& grad) { return triu(grad, diagonal); }));
}
Tensor diag_embed(const Tensor& x, int64_t offset, int64_t axis1, int64_t axis2) {
  return record("diag_embed", kernels::diag_embed(x, offset, axis1, axis2),
                from(x, [offset, axis1, axis2](const Tensor& grad) { return diagonal(grad, offset, axis1, axis2); }));
}
Tensor diag(const Tensor& x, int64_t offset) {
  check<ShapeError>(x.dim() == 1 || x.dim() == 2, "diag: expected a vector or a matrix but the shape is ", x.shape());
  return x.dim() == 1 ? diag_embed(x, offset) : clone(diagonal(x, offset));
}
Tensor trace(const Tensor& x) {
  check<ShapeError>(x.dim() == 2, "trace: expected a matrix but the shape is ", x.shape());
  return sum(diagonal(x));
}

namespace {
Tensor pad_backward(const Tensor& grad, const Shape& shape, const std::vector<int64_t>& padding, kernels::PadMode mode, const char* name) {
  return record("pad_backward", kernels::pad_backward(grad, shape, padding, mode),
                from(grad, [padding, name](const Tensor& g) { return pad(g, padding, name); }));
}
}  // namespace

Tensor pad(const Tensor& x, const std::vector<int64_t>& padding, std::string_view mode_name, double value) {
  constexpr const char* names[] = {"constant", "reflect", "replicate", "circular"};
  kernels::PadMode mode = kernels::pad_mode_from_name(mode_name);
  bool crops = false;
  for (int64_t side : padding) crops = crops || side < 0;
  if (crops && mode != kernels::PadMode::constant) {  // what is cropped is not mirrored or repeated
    std::vector<int64_t> less = padding, more = padding;
    for (size_t i = 0; i < padding.size(); i++) less[i] = std::min<int64_t>(padding[i], 0), more[i] = std::max<int64_t>(padding[i], 0);
    return pad(pad(x, less), more, mode_name);
  }
  return record("pad", kernels::pad(x, padding, mode, value), from(x, [padding, mode, shape = x.shape(), name = names[int(mode)]](const Tensor& grad) {
                  return pad_backward(grad, shape, padding, mode, name);
                }));
}

}  // namespace tare
