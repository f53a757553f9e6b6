#include "core/tensor.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <new>

#include "core/small_blocks.h"

namespace tare {
namespace {

// Header and data of a small tensor share one block.
constexpr size_t kHeader = 64;
constexpr size_t kInline = 512;
static_assert(sizeof(Storage) <= kHeader);

void destroy_storage(Counted* c) {
  auto* s = static_cast<Storage*>(c);
  size_t bytes = s->bytes;
  void* data = s->data;
  bool in_place = data == reinterpret_cast<char*>(s) + kHeader;
  s->~Storage();
  if (!in_place) deallocate(data, bytes);
  deallocate(s, in_place ? kHeader + bytes : kHeader);
}

Intrusive<Storage> make_storage(size_t bytes) {
  bool in_place = bytes <= kInline;
  void* block = allocate(in_place ? kHeader + bytes : kHeader);
  void* data;
  try {
    data = in_place ? static_cast<char*>(block) + kHeader : allocate(bytes);
  } catch (...) {
    deallocate(block, kHeader);
    throw;
  }
  return Intrusive<Storage>(new (block) Storage(data, bytes, destroy_storage));
}

void destroy_impl(Counted* c) {
  auto* t = static_cast<TensorImpl*>(c);
  t->~TensorImpl();
  small_free(t, sizeof(TensorImpl));
}

Intrusive<TensorImpl> make_impl(const Shape& shape, DType dtype) {
  return Intrusive<TensorImpl>(new (small_allocate(sizeof(TensorImpl))) TensorImpl(shape, dtype));
}

// In place: a copy of numbers that were written a moment ago would wait until they have reached the cache.
void set_contiguous_strides(TensorImpl& t) {
  t.strides = t.shape;
  int64_t step = 1;
  for (int i = t.shape.size() - 1; i >= 0; i--) {
    t.strides[i] = step;
    if (t.shape[i] > 0) step *= t.shape[i];
  }
}

bool is_contiguous(const Shape& shape, const Shape& strides) {
  int64_t step = 1;
  for (int i = shape.size() - 1; i >= 0; i--) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[i] != step) return false;
    step *= shape[i];
  }
  return true;
}

}  // namespace

Storage::Storage(size_t n) : Counted(destroy_storage), data(allocate(n)), bytes(n) {}

TensorImpl::TensorImpl(const Shape& s, DType t) : Counted(destroy_impl), shape(s), dtype(t), contiguous(true) {}

void* Tensor::typed(DType want) const {
  check<DTypeError>(impl().dtype == want, "expected a tensor of ", want, " but it is ", impl().dtype);
  return mutable_raw();
}

Scalar Tensor::item_scalar() const {
  check<ShapeError>(numel() == 1, "item: expected a tensor of one element but the shape is ", shape());
  return dispatch(dtype(), [&]<class T>() { return Scalar(*static_cast<const T*>(raw())); });
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  int64_t n = numel();
  std::vector<T> out(static_cast<size_t>(n));
  if (n == 0) return out;
  dispatch(dtype(), [&]<class S>() {
    const S* base = static_cast<const S*>(raw());
    int rank = dim();
    int64_t index[Shape::max_rank] = {};
    for (int64_t i = 0; i < n; i++) {
      int64_t at = 0;
      for (int d = 0; d < rank; d++) at += index[d] * impl().strides[d];
      out[static_cast<size_t>(i)] = static_cast<T>(base[at]);
      for (int d = rank - 1; d >= 0 && ++index[d] == impl().shape[d]; d--) index[d] = 0;
    }
  });
  return out;
}
template std::vector<float> Tensor::to_vector() const;
template std::vector<double> Tensor::to_vector() const;
template std::vector<int64_t> Tensor::to_vector() const;

Tensor empty(const Shape& shape, DType dtype) {
  int64_t bytes = item_size(dtype);
  for (int64_t n : shape) {
    check<ValueError>(n >= 0, "a tensor cannot have the negative size ", n, " in ", shape);
    check<ValueError>(!__builtin_mul_overflow(bytes, n, &bytes), "a tensor of shape ", shape, " is too large to address");
  }
  auto impl = make_impl(shape, dtype);
  set_contiguous_strides(*impl);
  impl->storage = make_storage(static_cast<size_t>(bytes));
  return Tensor(std::move(impl));
}

Tensor zeros_raw(const Shape& shape, DType dtype) {
  Tensor t = empty(shape, dtype);
  std::memset(t.mutable_raw(), 0, static_cast<size_t>(t.numel() * item_size(dtype)));
  return t;
}

Tensor view_of(const Tensor& base, const Shape& shape, const Shape& strides, int64_t offset) {
  auto impl = make_impl(shape, base.dtype());
  impl->strides = strides;
  impl->offset = offset;
  impl->storage = base.storage();
  impl->contiguous = is_contiguous(shape, strides);
  return Tensor(std::move(impl));
}

Tensor alias(const Tensor& base) {
  const TensorImpl& b = base.impl();
  auto impl = make_impl(b.shape, b.dtype);
  impl->strides = b.strides;
  impl->offset = b.offset;
  impl->storage = b.storage;
  impl->contiguous = b.contiguous;
  return Tensor(std::move(impl));
}

void append(std::string& out, const Tensor& t) { out += t.defined() ? text(t.dtype(), " ", t.shape()) : "undefined"; }
std::string describe(const Tensor& t) { return text(t); }

namespace {
constexpr int64_t kEdge = 3;        // entries printed at either end of a long axis
constexpr int64_t kLongAxis = 8;    // from here on an axis is elided, when the tensor has more than kFull elements
constexpr int64_t kFull = 200;

void print_value(std::string& out, const Tensor& t, int64_t at) {
  dispatch(t.dtype(), [&]<class T>() {
    T v = static_cast<const T*>(t.raw())[at];
    if constexpr (std::is_floating_point_v<T>) {
      char buffer[32];
      std::snprintf(buffer, sizeof buffer, "%.5g", double(v));
      out += buffer;
    } else if constexpr (std::is_same_v<T, bool>) {
      out += v ? "true" : "false";
    } else {
      detail::append(out, int64_t(v));
    }
  });
}

void print_axis(std::string& out, const Tensor& t, int axis, int64_t at) {
  if (axis == t.dim()) return print_value(out, t, at);
  int64_t n = t.shape()[axis];
  bool elide = t.numel() > kFull && n > kLongAxis;
  out += '[';
  for (int64_t i = 0; i < n; i++) {
    if (i) out += axis + 1 == t.dim() ? ", " : ",\n" + std::string(size_t(axis) + 1, ' ');
    if (elide && i == kEdge) {
      out += "...";
      i = n - kEdge - 1;
      continue;
    }
    print_axis(out, t, axis + 1, at + i * t.strides()[axis]);
  }
  out += ']';
}
}  // namespace

std::string to_string(const Tensor& t) {
  if (!t.defined()) return "undefined";
  std::string out;
  print_axis(out, t, 0, 0);
  return text(out, " ", describe(t));
}

}  // namespace tare
