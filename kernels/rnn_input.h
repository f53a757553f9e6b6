// The inputs of a whole sequence times W_ih.
//
// Sequences of letters, words or other symbols hold few different rows: an embedding's, or ones and zeros. With x = table[index], D rows for R,
//   x W^T = (table W^T)[index]   and   dW = dpre^T x = S^T table,  S_d = sum of dpre_i over the rows i with index_i = d,
// which are products of D rows instead of R and a gather or a sum of what is there anyway. Rows that do not repeat are multiplied as they are.
#pragma once

#include <algorithm>

#include "kernels/distinct_rows.h"

namespace tare::kernels {

/// What the steps find in place of x W_ih^T + bias.
struct InputGates {
  DistinctRows rows;  ///< of x, where they repeat: saved for backward
  Tensor table;       ///< (D, width): the pre-activations of rows.table; undefined where those of all rows lie in `gates`

  /// Before a step: the pre-activations of the sequence's row `row` are brought to gates + row * width.
  template <class T>
  void bring(int64_t row, int64_t width, T* gates) const {
    if (!table.defined()) return;
    const T* from = table.data<T>() + rows.index.data<int64_t>()[row] * width;
    std::copy(from, from + width, gates + row * width);
  }
};

/// x (..., I) W_ih^T + bias (undefined: none) for all rows of x: in `gates` (..., width), or in a table. All dense, of one type.
InputGates input_gates(const Tensor& x, const Tensor& w_ih, const Tensor& bias, Tensor& gates);

/// dW_ih from the gradients of the pre-activations, dpre (..., width).
Tensor input_weight_gradient(const Tensor& dpre, const Tensor& x, const DistinctRows& rows);

}  // namespace tare::kernels
