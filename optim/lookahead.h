// Lookahead Optimizer: k steps forward, 1 step back (Zhang, Lucas, Hinton, Ba, 2019, arXiv:1907.08610). After every k steps of the base
// optimizer:
//
//   slow <- slow + alpha (w - slow),  w <- slow          (slow starts as the first weights)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct LookaheadOptions {
  int64_t k = 5;       ///< at least 1
  double alpha = 0.5;  ///< in [0, 1]
  void visit(Visitor& v);
};

struct LookaheadState {
  Tensor slow;
  void visit(Visitor& v);
};

class Lookahead : public Wrapper<Lookahead, LookaheadOptions, LookaheadState> {
 public:
  static constexpr std::string_view type = "Lookahead";
  using Wrapper::Wrapper;
  void apply(Step& s) override;
  void visit_global_state(Visitor& v) override;
  static void check_options(const LookaheadOptions& o);

 private:
  int64_t step_ = 0;
};

extern template class Wrapper<Lookahead, LookaheadOptions, LookaheadState>;

}  // namespace tare::optim
