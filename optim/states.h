// States many methods share. Tensors are undefined until a parameter's first step; `step` counts that parameter's steps.
#pragma once

#include "core/visitor.h"

namespace tare::optim {

struct CountState {
  int64_t step = 0;
  void visit(Visitor& v);
};

struct MomentumState {
  Tensor momentum_buffer;
  int64_t step = 0;
  void visit(Visitor& v);
};

/// A moving average of the gradient.
struct MomentState {
  Tensor exp_avg;
  int64_t step = 0;
  void visit(Visitor& v);
};

/// Moving averages of the gradient and of its square.
struct MomentsState {
  Tensor exp_avg, exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

/// The same and the largest second moment so far (amsgrad).
struct MaxMomentsState {
  Tensor exp_avg, exp_avg_sq, max_exp_avg_sq;
  int64_t step = 0;
  void visit(Visitor& v);
};

}  // namespace tare::optim
