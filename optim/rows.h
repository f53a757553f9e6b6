// Sums over the rows of parameters and gradients: what one index of the first axis leaves; a vector or a scalar is one row. Sums are taken in double precision and in
// an order that does not depend on threads.
#pragma once

#include <vector>

#include "core/tensor.h"

namespace tare::optim {

struct RowSums {
  double ww = 0, wg = 0, gg = 0, g = 0;  ///< sums of w^2, w g, g^2 and g
  RowSums& operator+=(const RowSums& o);
};

int64_t rows_of(const Tensor& w);
/// w, g contiguous and of one shape.
std::vector<RowSums> row_sums(const Tensor& w, const Tensor& g);

}  // namespace tare::optim
