// Masks, flat positions, one-hot codes.
#include <algorithm>

#include "kernels/elementwise.h"
#include "kernels/index.h"
#include "kernels/index_support.h"

namespace tare::kernels {
namespace {

Tensor mask_over(const char* what, const Tensor& mask, const Shape& shape) {
  check<DTypeError>(mask.dtype() == DType::boolean, what, ": expected a bool mask but it is ", mask.dtype(), "; compare it first, as in ne(mask, 0)");
  return contiguous(broadcast_to(mask, shape));
}

Tensor as_list(const Tensor& x) {
  Tensor c = contiguous(x);
  return view_of(c, {c.numel()}, {1}, c.impl().offset);
}

int64_t count_true(const Tensor& dense) {
  const bool* p = dense.data<bool>();
  int64_t n = 0;
  for (int64_t i = 0, all = dense.numel(); i < all; i++) n += p[i];
  return n;
}

}  // namespace

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape());
  Tensor where_true = mask_over("masked_select", mask, shape), all = contiguous(broadcast_to(x, shape));
  Tensor out = empty({count_true(where_true)}, x.dtype());
  const bool* pick = where_true.data<bool>();
  dispatch_width(x.dtype(), [&]<class T>() {
    const T* from = static_cast<const T*>(all.raw());
    T* to = static_cast<T*>(out.mutable_raw());
    for (int64_t i = 0, n = all.numel(); i < n; i++)
      if (pick[i]) *to++ = from[i];
  });
  return out;
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value) {
  check<DTypeError>(mask.dtype() == DType::boolean, "masked_fill: expected a bool mask but it is ", mask.dtype(),
                    "; compare it first, as in ne(mask, 0)");
  Tensor number = empty({}, x.dtype());
  fill(number, value);
  return where(mask, number, x);
}

Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& src) {
  Tensor pick = mask_over("masked_scatter", mask, x.shape()), from = contiguous(src), out = copy(x);
  check<DTypeError>(src.dtype() == x.dtype(), "masked_scatter: expected a source of the tensor's type ", x.dtype(), " but it is ", src.dtype());
  int64_t count = count_true(pick);
  check<ShapeError>(count <= src.numel(), "masked_scatter: the mask has ", count, " places but the source of shape ", src.shape(), " only ",
                    src.numel(), " elements");
  dispatch_width(x.dtype(), [&]<class T>() {
    const T* p = static_cast<const T*>(from.raw());
    T* to = static_cast<T*>(out.mutable_raw());
    const bool* m = pick.data<bool>();
    for (int64_t i = 0, n = x.numel(); i < n; i++)
      if (m[i]) to[i] = *p++;
  });
  return out;
}

Tensor take(const Tensor& x, const Tensor& index) { return kernels::index(as_list(x), {index}); }

Tensor put(const Tensor& x, const Tensor& index, const Tensor& values, bool accumulate) {
  Tensor out = index_put(as_list(x), {index}, values, accumulate);
  return view_of(out, x.shape(), contiguous_strides(x.shape()), out.impl().offset);
}

Tensors mask_indices(const Tensor& mask) {
  Tensor places = nonzero(mask);
  int64_t count = places.shape()[0];
  Tensors out;
  for (int d = 0; d < mask.dim(); d++) out.push_back(contiguous(view_of(places, {count}, {mask.dim()}, d)));
  return out;
}

Tensor nonzero(const Tensor& x) {
  Tensor truth = x.dtype() == DType::boolean ? contiguous(x) : ne(x, 0);
  int rank = x.dim();
  Tensor out = empty({count_true(truth), rank}, DType::int64);
  if (rank == 0) return out;
  const bool* p = truth.data<bool>();
  int64_t* to = out.mutable_data<int64_t>();
  const Shape& shape = x.shape();
  for (int64_t i = 0, n = x.numel(); i < n; i++) {
    if (!p[i]) continue;
    int64_t rest = i;
    for (int d = rank - 1; d >= 0; d--) {
      to[d] = rest % shape[d];
      rest /= shape[d];
    }
    to += rank;
  }
  return out;
}

Tensor one_hot(const Tensor& labels, int64_t classes) {
  check<DTypeError>(labels.dtype() == DType::int64, "one_hot: expected int64 labels but they are ", labels.dtype());
  Tensor dense = contiguous(labels);
  const int64_t* p = dense.data<int64_t>();
  int64_t n = labels.numel(), largest = -1;
  for (int64_t i = 0; i < n; i++) {
    check<IndexError>(p[i] >= 0, "one_hot: labels are counted from 0, not ", p[i]);
    largest = std::max(largest, p[i]);
  }
  if (classes < 0) {
    check<ValueError>(n > 0, "one_hot: the number of classes of an empty tensor must be given");
    classes = largest + 1;
  }
  check<IndexError>(largest < classes, "one_hot: label ", largest, " is out of range for ", classes, " classes");
  Shape shape = labels.shape();
  shape.push_back(classes);
  Tensor out = zeros_raw(shape, DType::int64);
  int64_t* to = out.mutable_data<int64_t>();
  for (int64_t i = 0; i < n; i++) to[i * classes + p[i]] = 1;
  return out;
}

}  // namespace tare::kernels
