// Gradient accumulation: `every` steps make one. The base takes the mean (or the sum) of their gradients; in between nothing moves.
//
//   a <- a + g;  at every `every`-th step the base steps with a / every, and a starts anew
//
// A parameter without a gradient in some of the steps adds nothing there. The base sees no closure: it could only evaluate the last of the batches.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct AccumulateOptions {
  int64_t every = 2;  ///< at least 1
  bool mean = true;   ///< false: the sum
  void visit(Visitor& v);
};

struct AccumulateState {
  Tensor sum;
  void visit(Visitor& v);
};

class Accumulate : public Wrapper<Accumulate, AccumulateOptions, AccumulateState> {
 public:
  static constexpr std::string_view type = "Accumulate";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const AccumulateOptions& o);

 private:
  int64_t step_ = 0;
  double loss_ = 0;  // sum of the losses so far
};

extern template class Wrapper<Accumulate, AccumulateOptions, AccumulateState>;

}  // namespace tare::optim
