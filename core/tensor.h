// Tensor: the one user-facing type.
//
// A Tensor is a handle: copies refer to the same tensor. A view (slice, transpose, reshape of contiguous data) is a new
// tensor on shared storage. The tape keeps what it needs to know of a tensor behind one pointer that core never looks into.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/allocator.h"
#include "core/dtype.h"
#include "core/intrusive.h"
#include "core/shape.h"

namespace tare {

class Tensor;
using Tensors = std::vector<Tensor>;

/// A block of memory and the number of times it was written in place.
struct Storage : Counted {
  void* data;
  size_t bytes;
  std::atomic<uint32_t> version{0};
  explicit Storage(size_t n);
  Storage(void* external, size_t n, void (*destroy)(Counted*)) : Counted(destroy), data(external), bytes(n) {}
};

/// The tape's side of a tensor; defined in autograd/tape.h.
struct TapeNode;

struct TensorImpl : Counted {
  Shape shape, strides;  // strides in elements; 0 along broadcast axes
  int64_t offset = 0;    // in elements
  Intrusive<Storage> storage;
  Intrusive<TapeNode> node;   // null: not on the tape
  uint32_t output_index = 0;  // which output of `node` this is
  DType dtype;
  bool contiguous;
  bool retired = false;  // a parameter leaf whose slot was destroyed or given another tensor
  TensorImpl(const Shape& s, DType t);
};

/// A number that takes part in an operation without widening it: 2.5 times a float32 tensor is float32, but 2.5 times an
/// int64 tensor is of the default floating type.
class Scalar {
 public:
  Scalar(bool v) : value_(v), integer_(v), dtype_(DType::boolean) {}
  Scalar(int v) : value_(v), integer_(v), dtype_(DType::int64) {}
  Scalar(long v) : value_(double(v)), integer_(v), dtype_(DType::int64) {}
  Scalar(long long v) : value_(double(v)), integer_(v), dtype_(DType::int64) {}
  Scalar(unsigned long v) : value_(double(v)), integer_(int64_t(v)), dtype_(DType::int64) {}
  Scalar(float v) : value_(double(v)), integer_(0), dtype_(DType::float64) {}
  Scalar(double v) : value_(v), integer_(0), dtype_(DType::float64) {}
  DType dtype() const { return dtype_; }
  double real() const { return value_; }
  template <class T>
  T as() const {
    if (dtype_ == DType::int64) return static_cast<T>(integer_);
    return static_cast<T>(value_);
  }

 private:
  double value_;
  int64_t integer_;
  DType dtype_;
};

class Tensor {
 public:
  /// Undefined: no shape, no data. Stands for "absent" (a missing bias, a missing gradient).
  Tensor() = default;
  explicit Tensor(Intrusive<TensorImpl> impl) : impl_(std::move(impl)) {}

  bool defined() const { return bool(impl_); }
  explicit operator bool() const = delete;  // ask defined() or item<bool>()
  /// True when both handles refer to the same tensor.
  bool is(const Tensor& o) const { return impl_ == o.impl_; }

  // ---- shape
  const Shape& shape() const { return impl().shape; }
  int dim() const { return impl().shape.size(); }
  /// Size along an axis; negative axes count from the end.
  int64_t size(int64_t axis) const { return impl().shape[normalize_axis("size", axis, dim())]; }
  int64_t numel() const { return impl().shape.numel(); }
  const Shape& strides() const { return impl().strides; }
  bool is_contiguous() const { return impl().contiguous; }
  DType dtype() const { return impl().dtype; }

  // ---- memory
  /// First element. T must be the dtype's C++ type (checked). Reading only.
  template <class T>
  const T* data() const {
    return static_cast<const T*>(typed(dtype_of<T>::value));
  }
  /// First element, for kernels that fill a tensor they just made. Does not count as an in-place write: see write_guard in autograd.
  template <class T>
  T* mutable_data() const {
    return static_cast<T*>(typed(dtype_of<T>::value));
  }
  const void* raw() const { return static_cast<const char*>(impl().storage->data) + impl().offset * item_size(impl().dtype); }
  void* mutable_raw() const { return static_cast<char*>(impl().storage->data) + impl().offset * item_size(impl().dtype); }
  const Intrusive<Storage>& storage() const { return impl().storage; }
  /// The only element, converted to T. Throws ShapeError unless numel() is 1.
  template <class T>
  T item() const {
    return item_scalar().as<T>();
  }
  double item() const { return item_scalar().as<double>(); }
  /// All elements in row-major order, converted to T.
  template <class T>
  std::vector<T> to_vector() const;

  // ---- tape (defined in autograd)
  bool requires_grad() const { return impl_ && impl_->node; }
  /// Makes this a leaf that collects gradients (or stops that). Throws GradError on a tensor that was computed, or on integers.
  Tensor& set_requires_grad(bool on = true);
  bool is_leaf() const;
  /// The gradient collected by backward(); undefined when none was.
  Tensor grad() const;
  void set_grad(Tensor g) const;
  /// d(this)/d(leaves), accumulated into their grad(). `gradient` may be left out for a tensor of one element.
  void backward(const Tensor& gradient = {}, bool retain_graph = false, bool create_graph = false) const;
  /// The same data off the tape.
  Tensor detach() const;
  /// Keeps grad() of a computed tensor.
  void retain_grad() const;

  TensorImpl& impl() const {
    check<StateError>(bool(impl_), "an undefined Tensor was used: it has no shape or data (a missing bias, gradient or result?)");
    return *impl_;
  }
  const Intrusive<TensorImpl>& handle() const { return impl_; }

 private:
  void* typed(DType want) const;
  Scalar item_scalar() const;
  Intrusive<TensorImpl> impl_;
};

extern template std::vector<float> Tensor::to_vector() const;
extern template std::vector<double> Tensor::to_vector() const;
extern template std::vector<int64_t> Tensor::to_vector() const;

// ---- making tensors without a tape: for kernels. User-facing factories are in autograd/ops/factory.h.

/// Uninitialised, contiguous. Throws ValueError for negative sizes or sizes whose product overflows.
Tensor empty(const Shape& shape, DType dtype = DType::float32);
/// Zero-filled.
Tensor zeros_raw(const Shape& shape, DType dtype);
/// A view of `base`'s storage, off the tape.
Tensor view_of(const Tensor& base, const Shape& shape, const Shape& strides, int64_t offset);
/// The same view seen as another tensor, off the tape: what detach gives.
Tensor alias(const Tensor& base);

/// "float32 [2, 3]", or "undefined", for messages.
std::string describe(const Tensor& t);
/// The same to text() and check(), which put it together only when it is needed.
void append(std::string& out, const Tensor& t);
/// Readable listing of the values, NumPy-like, with long axes elided.
std::string to_string(const Tensor& t);

}  // namespace tare
