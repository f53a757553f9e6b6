// Rows that a matrix holds several times.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

struct DistinctRows {
  Tensor table;  ///< (D, size): the different rows in the order in which they first come
  Tensor index;  ///< int64 (R): row i of the matrix is table[index[i]]
  bool found() const { return table.defined(); }
};

/// The different rows of a dense matrix (R, size) where they are at most half of its rows; else nothing is found. Rows are equal when their
/// bits are.
DistinctRows distinct_rows(const Tensor& matrix);

}  // namespace tare::kernels
