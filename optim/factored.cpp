#include "optim/factored.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "optim/inplace.h"
#include "optim/measure.h"

namespace tare::optim {

void average_factors(Tensor& row, Tensor& col, const Tensor& squares, double beta) {
  average_in(row, mean(squares, {-1}, true), beta);
  average_in(col, mean(squares, {-2}, true), beta);
}

Tensor over_factored_root(const Tensor& u, const Tensor& row, const Tensor& col) { return u / sqrt(row / mean(row, {-2}, true)) / sqrt(col); }

Tensor clipped_by_rms(const Tensor& u, double threshold) { return u / std::max(1.0, rms_of(u) / threshold); }

}  // namespace tare::optim
