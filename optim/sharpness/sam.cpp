#include "optim/sharpness/sam.h"

#include "kernels/multi_tensor.h"
#include "optim/check.h"
#include "optim/inplace.h"

namespace tare::optim {

void SAMOptions::visit(Visitor& v) { v.option("rho", rho); }

void SAM::check_options(const SAMOptions& o) { check_rate("SAM", "rho", o.rho); }

void SAM::apply(Step& s) {
  Tensors weights = copies(s.params.tensors());
  Tensors present;
  for (const Tensor& g : s.grads)
    if (g.defined()) present.push_back(g);
  double norm = kernels::global_norm(present);
  for (size_t i = 0; i < s.size(); i++)
    if (s.grads[i].defined()) add_in_place(s.param(i), s.grads[i], options(s.groups[i]).rho / (norm + 1e-12));
  Tensor loss = s.loss;
  {
    FrozenStatistics frozen;
    s.evaluate(false, type);
  }
  s.loss = loss;
  for (size_t i = 0; i < s.size(); i++) assign(s.param(i), weights[i]);
  base->apply(s);
}

}  // namespace tare::optim
