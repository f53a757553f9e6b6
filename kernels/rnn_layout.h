// Where the rows of one time step lie in a sequence tensor, for both layouts and both directions.
#pragma once

#include "core/tensor.h"
#include "kernels/rnn.h"

namespace tare::kernels {

/// Rows (step, batch element) of a (T, B, width) or (B, T, width) tensor: those of time t start at first(t), `apart` rows apart.
struct SequenceLayout {
  int64_t steps, batch, apart;
  bool batch_first, reverse;

  int64_t rows() const { return steps * batch; }
  int64_t first(int64_t t) const { return batch_first ? t : t * batch; }
  /// Time of the k-th step in the order of the recurrence.
  int64_t time(int64_t k) const { return reverse ? steps - 1 - k : k; }
  Shape shape(int64_t width) const { return batch_first ? Shape{batch, steps, width} : Shape{steps, batch, width}; }
};

/// Checks x, the weights (gates * H, ...) and optional biases and states of a recurrent layer; `call` names it in messages.
SequenceLayout sequence_layout(std::string_view call, int64_t gates, const Tensor& x, const Tensor& w_ih, const Tensor& w_hh, RecurrentOptions options);
/// Throws ShapeError or DTypeError unless `t` is undefined or of this shape and type.
void check_optional(std::string_view call, std::string_view name, const Tensor& t, const Shape& shape, DType dtype);

/// The state before each step, as rows of the sequence: `initial` (B, H) or zeros before the first, `states` before the others.
Tensor shifted_states(const SequenceLayout& l, const Tensor& states, const Tensor& initial);
/// Sums over rows (rows, width) -> (width), in a fixed order.
Tensor sum_of_rows(const Tensor& x, int64_t width);

}  // namespace tare::kernels
