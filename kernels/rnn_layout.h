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
SequenceLayout sequence_layout(std::string_view call, int64_t gates, const Tensor& x, const Tensor& w_ih, const Tensor& w_hh,
                               RecurrentOptions options);
/// Throws ShapeError or DTypeError unless `t` is undefined or of this shape and type.
void check_optional(std::string_view call, std::string_view name, const Tensor& t, const Shape& shape, DType dtype);

/// Batch elements that go through all the steps together as one piece of work, and the number of such pieces. Pieces never wait for each
/// other: between two steps there is nothing to synchronise. About 16 rows keep the product's inner loop busy while the weights stream by.
struct RecurrentPieces {
  int64_t rows, count;
  explicit RecurrentPieces(int64_t batch) {
    int64_t pieces = batch < 12 ? 1 : 2 * ((batch + 35) / 36);
    rows = (batch + pieces - 1) / pieces;
    count = (batch + rows - 1) / rows;
  }
};

/// The state that one step reads: row b of it is data + b * stride; null: zeros.
template <class T>
struct StateRows {
  const T* data = nullptr;
  int64_t stride = 0;
  const T* row(int64_t b) const { return data ? data + b * stride : nullptr; }
};
/// What step k reads: the result of step k - 1 in `states` (width n), or `initial` (B, n) before the first.
template <class T>
StateRows<T> state_before(const SequenceLayout& l, int64_t k, const T* states, const Tensor& initial, int64_t n) {
  if (k > 0) return {states + l.first(l.time(k - 1)) * n, l.apart * n};
  return initial.defined() ? StateRows<T>{initial.data<T>(), n} : StateRows<T>{};
}

/// The same as one tensor: the state before each step, as rows of the sequence.
Tensor shifted_states(const SequenceLayout& l, const Tensor& states, const Tensor& initial);
/// The state after the last step, (B, n).
Tensor last_state(const SequenceLayout& l, const Tensor& states);

/// t itself or a row-major copy; undefined stays undefined.
Tensor dense_or_undefined(const Tensor& t);

}  // namespace tare::kernels
