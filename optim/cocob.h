// COCOB: Training Deep Networks without Learning Rates Through Coin Betting (Orabona and Tommasi, 2017, arXiv:1705.07795). No rate; each number
// bets on its gradient's sign:
//
//   L <- max(L, |g|)  (from eps),  G <- G + |g|,  R <- max(R - g (w - w_0), 0),  C <- C - g
//   w <- w_0 + C / (L max(G + L, alpha L)) (L + R)
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct COCOBOptions {
  double alpha = 100;
  double eps = 1e-8;  ///< positive
  void visit(Visitor& v);
};

struct COCOBState {
  Tensor L, G, R, C, x0;
  int64_t step = 0;
  void visit(Visitor& v);
};

class COCOB : public Method<COCOB, COCOBOptions, COCOBState> {
 public:
  static constexpr std::string_view type = "COCOB";
  using Method::Method;
  void apply(Step& s) override;
  static void check_options(const COCOBOptions& o);
};

extern template class Method<COCOB, COCOBOptions, COCOBState>;

}  // namespace tare::optim
