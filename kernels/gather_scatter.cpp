// gather and scatter: an index tensor gives, for each of its places, the position along one axis; all other coordinates are
// the place's own. Places that differ elsewhere than along the axis never meet, so those are shared out among threads.
#include <algorithm>

#include "core/parallel.h"
#include "kernels/elementwise.h"
#include "kernels/index.h"
#include "kernels/index_support.h"

namespace tare::kernels {
namespace {

constexpr int64_t kInnerChunk = 256;
constexpr int64_t kIndexGrain = 16384;

// The walk over the places of `index`: [outer, n, inner], and where they lie in a tensor indexed along the axis (`target`)
// and in one that is not (`source`).
struct Walk {
  Tensor index;
  int axis;
  int64_t outer = 1, n = 1, inner = 1;
  struct Side {
    Tensor outer, inner;  // offsets
    int64_t step = 0;     // stride along the axis
  };
  Side target, source;

  Walk(std::string_view what, const Tensor& t, int64_t a, const Tensor& idx, const Tensor* src) : axis(normalize_axis(what, a, t.dim())) {
    check<ShapeError>(idx.dim() == t.dim() || t.dim() + idx.dim() == 1, what, ": index of shape ", idx.shape(), " and tensor of shape ", t.shape(),
                      " need the same number of dimensions");
    for (int d = 0; d < idx.dim(); d++) {
      int64_t size = idx.shape()[d];
      check<ShapeError>(d == axis || t.dim() == 0 || size <= t.shape()[d], what, ": index of shape ", idx.shape(), " exceeds the tensor's shape ",
                        t.shape(), " at axis ", d);
      check<ShapeError>(!src || (src->dim() == idx.dim() && size <= src->shape()[d]), what, ": index of shape ", idx.shape(),
                        " exceeds the source's shape ", src ? src->shape() : Shape{}, " at axis ", d);
      (d < axis ? outer : d == axis ? n : inner) *= size;
    }
    index = checked_index(what, idx, t.dim() ? t.shape()[axis] : 1, axis);
    target = side(t);
    if (src) source = side(*src);
  }

  // f(position in target, position in source, place) for all places; those on one line along the axis in order.
  template <class F>
  void run(F&& f) const {
    if (index.numel() == 0) return;
    const int64_t* at = index.data<int64_t>();
    const int64_t *to = target.outer.data<int64_t>(), *ti = target.inner.data<int64_t>();
    const int64_t *so = source.outer.defined() ? source.outer.data<int64_t>() : nullptr, *si = so ? source.inner.data<int64_t>() : nullptr;
    int64_t width = std::min(inner, kInnerChunk), chunks = (inner + width - 1) / width;
    parallel_for(outer * chunks, std::max<int64_t>(1, kIndexGrain / (n * width)), [&](int64_t begin, int64_t end) {
      for (int64_t u = begin; u < end; u++) {
        int64_t o = u / chunks, first = u % chunks * width, last = std::min(inner, first + width);
        for (int64_t r = 0; r < n; r++)
          for (int64_t c = first; c < last; c++) {
            int64_t place = (o * n + r) * inner + c;
            f(to[o] + ti[c] + at[place] * target.step, so ? so[o] + si[c] + r * source.step : 0, place);
          }
      }
    });
  }

 private:
  Side side(const Tensor& t) const {
    if (t.dim() == 0) return {offset_table({}, {}), offset_table({}, {}), 0};
    const Shape &shape = index.shape(), &strides = t.strides();
    if (shape.empty()) return {offset_table({}, {}), offset_table({}, {}), strides[axis]};
    return {offset_table(shape.slice(0, axis), strides.slice(0, axis)), offset_table(shape.slice(axis + 1), strides.slice(axis + 1)), strides[axis]};
  }
};

// A number seen as a tensor of the index's shape.
Tensor everywhere(const Scalar& value, const Shape& shape, DType type) {
  Tensor one = empty({}, type);
  fill(one, value);
  return broadcast_to(one, shape);
}

void same_type(std::string_view what, const Tensor& x, const Tensor& src) {
  check<DTypeError>(x.dtype() == src.dtype(), what, ": expected a source of the tensor's type ", x.dtype(), " but it is ", src.dtype());
}

}  // namespace

Tensor gather(const Tensor& x, int64_t axis, const Tensor& index) {
  Walk walk("gather", x, axis, index, nullptr);
  Tensor out = empty(index.shape(), x.dtype());
  dispatch_width(x.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(x.raw());
    T* to = static_cast<T*>(out.mutable_raw());
    walk.run([=](int64_t t, int64_t, int64_t place) { to[place] = from[t]; });
  });
  return out;
}

Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src) {
  same_type("scatter", x, src);
  Tensor out = copy(x);
  Walk walk("scatter", out, axis, index, &src);
  dispatch_width(x.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(src.raw());
    T* to = static_cast<T*>(out.mutable_raw());
    walk.run([=](int64_t t, int64_t s, int64_t) { to[t] = from[s]; });
  });
  return out;
}

Tensor scatter(const Tensor& x, int64_t axis, const Tensor& index, const Scalar& value) {
  return scatter(x, axis, index, everywhere(value, index.shape(), x.dtype()));
}

Tensor scatter_add(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src) {
  return scatter_reduce(x, axis, index, src, Combine::sum, true);
}

Tensor scatter_reduce(const Tensor& x, int64_t axis, const Tensor& index, const Tensor& src, Combine reduce, bool include_self) {
  same_type("scatter_reduce", x, src);
  if (reduce == Combine::replace) return scatter(x, axis, index, src);
  Tensor out = copy(x);
  Walk walk("scatter_reduce", out, axis, index, &src);
  // How many numbers have met at each place; without include_self the first one replaces x's own.
  Tensor met = reduce == Combine::mean || !include_self ? zeros_raw(x.shape(), DType::int64) : Tensor{};
  if (met.defined() && include_self) fill(met, 1);
  int64_t* count = met.defined() ? met.mutable_data<int64_t>() : nullptr;
  dispatch(x.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(src.raw());
    T* to = static_cast<T*>(out.mutable_raw());
    walk.run([=](int64_t t, int64_t s, int64_t) {
      T a = to[t], b = from[s];
      if (count && count[t]++ == 0) {
        to[t] = b;
        return;
      }
      switch (reduce) {
        case Combine::prod: to[t] = static_cast<T>(a * b); break;
        case Combine::amax: to[t] = a > b || a != a ? a : b; break;
        case Combine::amin: to[t] = a < b || a != a ? a : b; break;
        default: to[t] = static_cast<T>(a + b);
      }
    });
  });
  if (reduce != Combine::mean) return out;
  Tensor divisor = maximum(met, 1);
  return is_floating(out.dtype()) ? div(out, divisor) : floor_divide(out, to(divisor, out.dtype()));
}

}  // namespace tare::kernels
