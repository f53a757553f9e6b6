#include "optim/adashift.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "kernels/elementwise.h"
#include "optim/elementwise.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void AdaShiftOptions::visit(Visitor& v) { list_options(v, "lr", lr, "betas", betas, "keep_num", keep_num, "eps", eps, "reduce", reduce); }
void AdaShiftState::visit(Visitor& v) { list_states(v, "grad_queue", grad_queue, "exp_avg", exp_avg, "exp_avg_sq", exp_avg_sq, "step", step); }

void AdaShift::check_options(const AdaShiftOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.keep_num >= 1, "AdaShift: keep_num must be at least 1, not ", o.keep_num);
  check<ConfigError>(o.reduce == "max" || o.reduce == "none", "AdaShift: reduce must be \"max\" or \"none\", not \"", o.reduce, "\"");
}

void AdaShift::update(const Tensor& w, Tensor g, AdaShiftState& s, const AdaShiftOptions& o) {
  s.step++;
  s.grad_queue.push_back(kernels::copy(g));
  if (int64_t(s.grad_queue.size()) <= o.keep_num) return;
  Tensor old = square(s.grad_queue.front());
  s.grad_queue.erase(s.grad_queue.begin());
  Tensor m = zeros_raw(w.shape(), w.dtype());
  double total = 0, weight = 1;
  for (size_t i = s.grad_queue.size(); i-- > 0; weight *= o.betas[0]) {
    add_in_place(m, s.grad_queue[i], weight);
    total += weight;
  }
  scale_in_place(m, 1 / total);
  s.exp_avg = m;
  average_in(s.exp_avg_sq, o.reduce == "max" && old.numel() ? amax(old) : old, o.betas[1]);
  double moved = double(s.step - o.keep_num);
  add_in_place(w, m / (sqrt(s.exp_avg_sq * (1 / correction(o.betas[1], moved))) + o.eps), -o.lr);
}

template class Method<AdaShift, AdaShiftOptions, AdaShiftState>;

}  // namespace tare::optim
