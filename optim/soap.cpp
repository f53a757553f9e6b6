#include "optim/soap.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "kernels/elementwise.h"
#include "optim/axes.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {
namespace {

/// x in the bases (back: out of them).
Tensor turned(Tensor x, const Tensors& bases, bool back) {
  for (size_t i = 0; i < bases.size(); i++)
    if (bases[i].defined()) x = times_along(x, back ? bases[i] : transpose(bases[i]), int(i));
  return x;
}

}  // namespace

void SOAPOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "betas", betas, "shampoo_beta", shampoo_beta, "eps", eps, "weight_decay", weight_decay, "precondition_frequency",
               precondition_frequency, "max_precond_dim", max_precond_dim, "precondition_1d", precondition_1d, "correct_bias", correct_bias);
}
void SOAPState::visit(Visitor& v) { list_states(v, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "GG", GG, "Q", Q, "step", step); }

void SOAP::check_options(const SOAPOptions& o) {
  Method::check_options(o);
  check_range(type, "shampoo_beta", o.shampoo_beta.value_or(0), 0, 1);
  check<ConfigError>(o.precondition_frequency >= 1, "SOAP: precondition_frequency must be at least 1, not ", o.precondition_frequency);
}

void SOAP::update(const Tensor& w, Tensor g, SOAPState& s, const SOAPOptions& o) {
  size_t rank = size_t(g.dim());
  bool based = rank > 1 || (rank == 1 && o.precondition_1d), beginning = s.step++ == 0;
  double b = o.shampoo_beta.value_or(o.betas[1]);
  s.GG.resize(rank), s.Q.resize(rank);
  if (!beginning) {
    double k = double(s.step - 1), rate = o.lr;
    if (o.correct_bias) rate *= std::sqrt(1 - std::pow(o.betas[1], k)) / (1 - std::pow(o.betas[0], k));
    average_in(s.exp_avg, g, o.betas[0]);
    average_in(s.exp_avg_sq, square(turned(g, s.Q, false)), o.betas[1]);
    add_in_place(w, turned(turned(s.exp_avg, s.Q, false) / (sqrt(s.exp_avg_sq) + o.eps), s.Q, true), -rate);
    scale_in_place(w, 1 - o.lr * o.weight_decay);
  }
  bool refresh = !beginning && (s.step - 1) % o.precondition_frequency == 0;
  for (size_t i = 0; i < rank; i++) {
    int axis = int(i);
    if (!based || g.size(axis) > o.max_precond_dim) continue;
    Tensor &L = s.GG[i], &Q = s.Q[i];
    average_in(L, gram_along(g, axis), b);
    if (beginning) {
      Q = kernels::contiguous(flip(eigh(L).second, {1}));
    } else if (refresh) {
      Tensor order = argsort(sum(Q * matmul(L, Q), {0}), 0, true);
      s.exp_avg_sq = index_select(s.exp_avg_sq, axis, order);
      Q = qr(matmul(L, index_select(Q, 1, order))).first;
    }
  }
}

template class Method<SOAP, SOAPOptions, SOAPState>;

}  // namespace tare::optim
