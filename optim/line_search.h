// A line search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6), as in PyTorch:
//
//   f(t) <= f(0) + c1 t f'(0)   and   |f'(t)| <= c2 |f'(0)|          c1 = 1e-4, c2 = 0.9
#pragma once

#include <functional>

#include "core/tensor.h"

namespace tare::optim {

/// The objective at distance t along the line: value, slope and full gradient.
struct LinePoint {
  double t, f, slope;
  Tensor gradient;
};

struct LineSearch {
  LinePoint best;
  int64_t evaluations;
};

/// `start`: the point at t = 0. `t`: the first trial. `direction_max`: the largest number of the direction; a bracket shorter than
/// tolerance_change / direction_max is not refined. At most max_evaluations further trials after the first.
LineSearch strong_wolfe(const std::function<LinePoint(double t)>& along, const LinePoint& start, double t, double direction_max, double tolerance_change,
                        int64_t max_evaluations);

}  // namespace tare::optim
