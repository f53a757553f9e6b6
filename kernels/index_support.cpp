#include "kernels/index_support.h"

#include "kernels/elementwise.h"

namespace tare::kernels {

Tensor checked_index(std::string_view what, const Tensor& index, int64_t size, int64_t axis) {
  check<DTypeError>(index.dtype() == DType::int64, what, ": expected int64 indices but they are ", index.dtype(),
                    "; convert them with to(index, DType::int64)");
  Tensor dense = contiguous(index);
  const int64_t* p = dense.data<int64_t>();
  int64_t n = dense.numel();
  bool negative = false;
  for (int64_t i = 0; i < n; i++) {
    check<IndexError>(p[i] >= -size && p[i] < size, what, ": index ", p[i], " is out of range for axis ", axis, " of size ", size);
    negative = negative || p[i] < 0;
  }
  if (!negative) return dense;
  Tensor out = empty(dense.shape(), DType::int64);
  int64_t* q = out.mutable_data<int64_t>();
  for (int64_t i = 0; i < n; i++) q[i] = p[i] < 0 ? p[i] + size : p[i];
  return out;
}

Tensor offset_table(const Shape& shape, const Shape& strides) {
  int64_t count = shape.numel();
  Tensor out = empty({count}, DType::int64);
  int64_t* p = out.mutable_data<int64_t>();
  int64_t position[Shape::max_rank] = {}, at = 0;
  for (int64_t i = 0; i < count; i++) {
    p[i] = at;
    for (int d = shape.size() - 1; d >= 0; d--) {
      at += strides[d];
      if (++position[d] < shape[d]) break;
      at -= strides[d] * shape[d];
      position[d] = 0;
    }
  }
  return out;
}

}  // namespace tare::kernels
