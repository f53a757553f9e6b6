#include "optim/shampoo.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/shape.h"
#include "optim/axes.h"
#include "optim/fields.h"
#include "optim/inplace.h"

namespace tare::optim {

void ShampooOptions::visit(Visitor& v) {
  list_options(v, "lr", lr, "eps", eps, "weight_decay", weight_decay, "precondition_frequency", precondition_frequency, "max_precond_dim", max_precond_dim);
}
void ShampooState::visit(Visitor& v) { list_states(v, "preconds", preconds, "roots", roots, "step", step); }

void Shampoo::check_options(const ShampooOptions& o) {
  Method::check_options(o);
  check<ConfigError>(o.eps > 0, "Shampoo: eps must be positive, not ", o.eps);
  check<ConfigError>(o.precondition_frequency >= 1, "Shampoo: precondition_frequency must be at least 1, not ", o.precondition_frequency);
}

void Shampoo::update(const Tensor& w, Tensor g, ShampooState& s, const ShampooOptions& o) {
  if (o.weight_decay > 0) g = g + w * o.weight_decay;
  if (g.dim() == 0) g = reshape(g, {1});
  int rank = g.dim();
  double power = -1.0 / (2 * rank);
  bool again = s.step++ % o.precondition_frequency == 0;
  s.preconds.resize(size_t(rank)), s.roots.resize(size_t(rank));
  Tensor u = g;
  for (int i = 0; i < rank; i++) {
    int64_t n = g.size(i);
    Tensor &precond = s.preconds[size_t(i)], &root = s.roots[size_t(i)];
    bool whole = n <= o.max_precond_dim;
    if (!precond.defined()) precond = whole ? eye(n, n, g.dtype()) * o.eps : full({n}, o.eps, g.dtype());
    precond = precond + (whole ? gram_along(g, i) : squares_along(g, i));
    if (again || !root.defined()) root = whole ? symmetric_power(precond, power, o.eps) : pow(precond, power);
    if (whole) {
      u = times_along(u, root, i);
    } else {
      Shape along(size_t(rank), 1);
      along[size_t(i)] = n;
      u = u * reshape(root, along);
    }
    if (o.precondition_frequency == 1) root = Tensor();
  }
  add_in_place(w, reshape(u, w.shape()), -o.lr);
}

template class Method<Shampoo, ShampooOptions, ShampooState>;

}  // namespace tare::optim
