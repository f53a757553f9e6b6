// Padding. Along each padded axis a table says which source position each position of the result takes, -1 for none; the
// transpose of that map, summing, is the gradient.
#include <algorithm>
#include <string>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/middle_axis.h"
#include "kernels/shape_copy.h"

namespace tare::kernels {
namespace {

int64_t source_of(int64_t i, int64_t n, PadMode mode) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case PadMode::reflect: return i < 0 ? -i : 2 * (n - 1) - i;
    case PadMode::replicate: return i < 0 ? 0 : n - 1;
    case PadMode::circular: return i < 0 ? i + n : i - n;
    default: return -1;
  }
}

struct Amounts {
  int64_t before, after;
};

// The amounts for axis d, checked.
Amounts amounts(const Shape& shape, int d, const std::vector<int64_t>& padding, PadMode mode) {
  size_t pair = static_cast<size_t>(shape.size() - 1 - d);
  if (2 * pair >= padding.size()) return {0, 0};
  Amounts p{padding[2 * pair], padding[2 * pair + 1]};
  int64_t n = shape[d];
  if (mode == PadMode::reflect)
    check<ShapeError>(p.before < n && p.after < n, "pad: reflecting by (", p.before, ", ", p.after, ") needs more than that many elements, but axis ", d,
                      " of ", shape, " has ", n);
  if (mode == PadMode::circular)
    check<ShapeError>(p.before <= n && p.after <= n, "pad: wrapping around by (", p.before, ", ", p.after, ") needs as many elements, but axis ", d, " of ",
                      shape, " has ", n);
  if (mode == PadMode::replicate && (p.before > 0 || p.after > 0))
    check<ShapeError>(n > 0, "pad: nothing to replicate along axis ", d, " of ", shape);
  check<ShapeError>(n + p.before + p.after >= 0, "pad: (", p.before, ", ", p.after, ") crops more than axis ", d, " of ", shape, " has");
  return p;
}

void check_pairs(const Shape& shape, const std::vector<int64_t>& padding) {
  check<ShapeError>(padding.size() % 2 == 0 && padding.size() / 2 <= static_cast<size_t>(shape.size()), "pad: expected pairs (before, after) for at most ",
                    shape.size(), " axes of a tensor of shape ", shape, ", not ", padding.size(), " numbers");
}

// One axis of size n padded; constant mode is done at once elsewhere.
Tensor pad_axis(const Tensor& x, int axis, Amounts p, PadMode mode) {
  MiddleAxis m("pad", x, axis);
  int64_t size = m.n + p.before + p.after, inner = m.inner * item_size(x.dtype());
  Tensor out = empty(m.with(size), x.dtype());
  if (out.numel() == 0) return out;
  const char* from = static_cast<const char*>(m.x.raw());
  char* to = static_cast<char*>(out.mutable_raw());
  parallel_for(m.outer * size, std::max<int64_t>(1, 32768 / inner), [&](int64_t begin, int64_t end) {
    for (int64_t u = begin; u < end; u++) {
      int64_t s = source_of(u % size - p.before, m.n, mode);
      std::copy_n(from + (u / size * m.n + s) * inner, inner, to + u * inner);
    }
  });
  return out;
}

Tensor pad_axis_backward(const Tensor& grad, int axis, int64_t n, Amounts p, PadMode mode) {
  MiddleAxis m("pad", grad, axis);
  Tensor out = zeros_raw(m.with(n), grad.dtype());
  dispatch_floating("pad", grad.dtype(), [&]<class T>() {
    const T* from = m.x.data<T>();
    T* to = out.mutable_data<T>();
    parallel_for(m.outer, std::max<int64_t>(1, 32768 / std::max<int64_t>(1, m.n * m.inner)), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; o++)
        for (int64_t i = 0; i < m.n; i++) {
          int64_t s = source_of(i - p.before, n, mode);
          const T* g = from + (o * m.n + i) * m.inner;
          T* dst = to + (o * n + s) * m.inner;
          for (int64_t c = 0; c < m.inner; c++) dst[c] += g[c];
        }
    });
  });
  return out;
}

// The part of the padded tensor that holds x's elements, and the part of x that survives (negative amounts crop).
struct Overlap {
  Tensor inside, kept;
};
Overlap overlap(const Tensor& padded, const Tensor& x, const std::vector<int64_t>& padding) {
  Shape shape = x.shape();
  int64_t to = padded.impl().offset, from = x.impl().offset;
  for (int d = 0; d < shape.size(); d++) {
    Amounts p = amounts(x.shape(), d, padding, PadMode::constant);
    shape[d] = std::max<int64_t>(0, x.shape()[d] + std::min<int64_t>(p.before, 0) + std::min<int64_t>(p.after, 0));
    to += std::max<int64_t>(p.before, 0) * padded.strides()[d];
    from += std::max<int64_t>(-p.before, 0) * x.strides()[d];
  }
  return {view_of(padded, shape, padded.strides(), to), view_of(x, shape, x.strides(), from)};
}

}  // namespace

PadMode pad_mode_from_name(std::string_view name) {
  if (name == "constant") return PadMode::constant;
  if (name == "reflect") return PadMode::reflect;
  if (name == "replicate") return PadMode::replicate;
  if (name == "circular") return PadMode::circular;
  throw ConfigError(text("pad: unknown mode \"", name, "\"; expected constant, reflect, replicate or circular"));
}

Tensor pad(const Tensor& x, const std::vector<int64_t>& padding, PadMode mode, double value) {
  check_pairs(x.shape(), padding);
  if (mode == PadMode::constant) {
    Shape shape = x.shape();
    for (int d = 0; d < shape.size(); d++) {
      Amounts p = amounts(x.shape(), d, padding, mode);
      shape[d] += p.before + p.after;
    }
    Tensor out = empty(shape, x.dtype());
    fill(out, value);
    Overlap o = overlap(out, x, padding);
    if (o.kept.numel() > 0) copy_into(o.inside, o.kept);
    return out;
  }
  Tensor out = x;
  for (int d = x.dim() - 1; d >= 0; d--) {
    Amounts p = amounts(x.shape(), d, padding, mode);
    check<ValueError>(p.before >= 0 && p.after >= 0, "pad: only constant padding takes negative amounts, not (", p.before, ", ", p.after, ")");
    if (p.before || p.after) out = pad_axis(out, d, p, mode);
  }
  return out.is(x) ? copy(x) : out;
}

Tensor pad_backward(const Tensor& grad, const Shape& shape, const std::vector<int64_t>& padding, PadMode mode) {
  check_pairs(shape, padding);
  if (mode == PadMode::constant) {
    Tensor out = zeros_raw(shape, grad.dtype());
    Overlap o = overlap(grad, out, padding);
    if (o.kept.numel() > 0) copy_into(o.kept, o.inside);
    return out;
  }
  Tensor out = grad;
  for (int d = 0; d < shape.size(); d++) {
    Amounts p = amounts(shape, d, padding, mode);
    if (p.before || p.after) out = pad_axis_backward(out, d, shape[d], p, mode);
  }
  return out.is(grad) ? copy(grad) : out;
}

}  // namespace tare::kernels
