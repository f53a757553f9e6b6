// Rows scaled to given lengths, forward and backward: weight normalization and its relatives.
//
// A row is what one index of axis 0 leaves. y_r = gain_r (x_r - mean_r) / max(||x_r - mean_r||, floor), where the mean counts as 0 unless
// `centred`, and gain (one number a row, any shape; may be undefined) as 1. Sums are taken in double.
#pragma once

#include "core/tensor.h"

namespace tare::kernels {

struct UnitRows {
  Tensor y;
  Tensor mean, length;  ///< of each row, float64; length is at least floor
};

UnitRows unit_rows(const Tensor& x, const Tensor& gain, bool centred, double floor);

/// dx and dgain; undefined where not wanted.
struct UnitRowsGrads {
  Tensor dx, dgain;
};
UnitRowsGrads unit_rows_backward(const Tensor& grad, const Tensor& x, const Tensor& gain, const UnitRows& saved, bool centred, double floor, bool want_dx,
                                 bool want_dgain);

}  // namespace tare::kernels
