#include "autograd/ops/factory.h"

#include "core/context.h"
#include "kernels/elementwise.h"

namespace tare {

Tensor full(const Shape& shape, const Scalar& value, DType dtype) {
  Tensor t = empty(shape, dtype);
  kernels::fill(t, value);
  return t;
}
Tensor full(const Shape& shape, const Scalar& value) { return full(shape, value, is_floating(value.dtype()) ? default_dtype() : value.dtype()); }
Tensor zeros(const Shape& shape, DType dtype) { return zeros_raw(shape, dtype); }
Tensor zeros(const Shape& shape) { return zeros(shape, default_dtype()); }
Tensor ones(const Shape& shape, DType dtype) { return full(shape, 1, dtype); }
Tensor ones(const Shape& shape) { return ones(shape, default_dtype()); }
Tensor full_like(const Tensor& x, const Scalar& value) { return full(x.shape(), value, x.dtype()); }
Tensor zeros_like(const Tensor& x) { return zeros(x.shape(), x.dtype()); }
Tensor ones_like(const Tensor& x) { return ones(x.shape(), x.dtype()); }
Tensor scalar(const Scalar& value, DType dtype) { return full({}, value, dtype); }

}  // namespace tare
