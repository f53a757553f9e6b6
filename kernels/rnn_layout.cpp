#include "kernels/rnn_layout.h"

#include <cstring>

#include "core/parallel.h"
#include "kernels/dense.h"

namespace tare::kernels {

SequenceLayout sequence_layout(std::string_view call, int64_t gates, const Tensor& x, const Tensor& w_ih, const Tensor& w_hh,
                               RecurrentOptions options) {
  check<ShapeError>(x.dim() == 3, call, ": expected an input of shape ", options.batch_first ? "[batch, time, size]" : "[time, batch, size]",
                    " but it is ", x.shape());
  check<ShapeError>(w_hh.dim() == 2 && w_hh.shape()[0] == gates * w_hh.shape()[1], call, ": expected w_hh of shape [", gates,
                    " * hidden, hidden] but it is ", w_hh.shape());
  check<ShapeError>(w_ih.shape() == Shape{w_hh.shape()[0], x.shape()[2]}, call, ": expected w_ih of shape ", Shape{w_hh.shape()[0], x.shape()[2]},
                    " for an input of shape ", x.shape(), " but it is ", w_ih.shape());
  check<DTypeError>(x.dtype() == w_ih.dtype() && x.dtype() == w_hh.dtype(), call, ": the input is ", x.dtype(), " but the weights are ", w_ih.dtype(),
                    " and ", w_hh.dtype());
  int64_t steps = x.shape()[options.batch_first ? 1 : 0], batch = x.shape()[options.batch_first ? 0 : 1];
  check<ShapeError>(steps > 0 && batch > 0, call, ": the input ", x.shape(), " has no time steps or no batch elements");
  return {steps, batch, options.batch_first ? steps : 1, options.batch_first, options.reverse};
}

void check_optional(std::string_view call, std::string_view name, const Tensor& t, const Shape& shape, DType dtype) {
  if (!t.defined()) return;
  check<ShapeError>(t.shape() == shape, call, ": expected ", name, " of shape ", shape, " but it is ", t.shape());
  check<DTypeError>(t.dtype() == dtype, call, ": the input is ", dtype, " but ", name, " is ", t.dtype());
}

Tensor shifted_states(const SequenceLayout& l, const Tensor& states, const Tensor& initial) {
  int64_t bytes = states.shape().back() * item_size(states.dtype());
  Tensor out = empty(states.shape(), states.dtype());
  const char* from = static_cast<const char*>(states.raw());
  const char* first = initial.defined() ? static_cast<const char*>(initial.raw()) : nullptr;
  char* to = static_cast<char*>(out.mutable_raw());
  parallel_for(l.steps, 131072 / (bytes * l.batch + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; k++)
      for (int64_t b = 0; b < l.batch; b++) {
        char* row = to + (l.first(l.time(k)) + b * l.apart) * bytes;
        if (k > 0) std::memcpy(row, from + (l.first(l.time(k - 1)) + b * l.apart) * bytes, size_t(bytes));
        else if (first) std::memcpy(row, first + b * bytes, size_t(bytes));
        else std::memset(row, 0, size_t(bytes));
      }
  });
  return out;
}

Tensor last_state(const SequenceLayout& l, const Tensor& states) {
  int64_t n = states.shape().back(), bytes = n * item_size(states.dtype()), at = l.first(l.time(l.steps - 1));
  Tensor out = empty({l.batch, n}, states.dtype());
  const char* from = static_cast<const char*>(states.raw());
  char* to = static_cast<char*>(out.mutable_raw());
  for (int64_t b = 0; b < l.batch; b++) std::memcpy(to + b * bytes, from + (at + b * l.apart) * bytes, size_t(bytes));
  return out;
}

Tensor dense_or_undefined(const Tensor& t) { return t.defined() ? dense(t) : t; }

}  // namespace tare::kernels
