// Shampoo: Preconditioned Stochastic Tensor Optimization (Gupta, Koren, Singer, 2018, arXiv:1802.09568). Full-matrix Adagrad with a matrix for each
// axis in place of one for the whole tensor. For a tensor of rank r with gradient g:
//
//   1. g <- g + weight_decay w
//   2. L_i <- L_i + G_i G_i^T for every axis i, G_i the unfolding of g along it; L_i starts as eps I
//   3. u = g times L_i^(-1 / (2 r)) along every axis,  w <- w - lr u
//
// Axes longer than max_precond_dim keep the diagonal of L_i only. With precondition_frequency f the roots are computed at every f-th step, the first
// included, and kept. The widespread PyTorch port takes powers -1 / r and preconditions the statistics too.
#pragma once

#include "optim/method.h"

namespace tare::optim {

struct ShampooOptions {
  double lr = 0.1;
  double eps = 1e-4;  ///< positive
  double weight_decay = 0;  ///< L2
  int64_t precondition_frequency = 1;  ///< at least 1
  int64_t max_precond_dim = 8192;
  void visit(Visitor& v);
};

struct ShampooState {
  Tensors preconds;  ///< precond_0, ...: L_i, or its diagonal
  Tensors roots;     ///< root_0, ...: their powers, with precondition_frequency over 1
  int64_t step = 0;
  void visit(Visitor& v);
};

class Shampoo : public PerParameter<Shampoo, ShampooOptions, ShampooState> {
 public:
  static constexpr std::string_view type = "Shampoo";
  using PerParameter::PerParameter;
  void update(const Tensor& w, Tensor g, ShampooState& s, const ShampooOptions& o);
  static void check_options(const ShampooOptions& o);
};

extern template class Method<Shampoo, ShampooOptions, ShampooState>;

}  // namespace tare::optim
