#include "optim/measure.h"

#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/multi_tensor.h"
#include "kernels/reduce.h"
#include "optim/check.h"
#include "optim/optimizer.h"

namespace tare::optim {

double norm_of(const Tensor& x) {
  Tensor flat = kernels::contiguous(x);
  return kernels::global_norm({&flat, 1});
}

double max_abs_of(const Tensor& x) {
  Tensor flat = kernels::contiguous(x);
  return kernels::global_max_abs({&flat, 1});
}

double sum_of(const Tensor& x) { return kernels::sum(x).item(); }
double dot_of(const Tensor& a, const Tensor& b) { return sum_of(kernels::mul(a, b)); }

double mean_square_of(const Tensor& x) {
  double norm = norm_of(x);
  return x.numel() ? norm * norm / double(x.numel()) : 0;
}
double rms_of(const Tensor& x) { return std::sqrt(mean_square_of(x)); }

double joint_norm_of(const Tensors& tensors) {
  Tensors present;
  for (const Tensor& t : tensors)
    if (t.defined()) present.push_back(kernels::contiguous(t));
  return kernels::global_norm(present);
}

double gradient_norm_of(const Step& s, std::string_view who) {
  double norm = joint_norm_of(s.grads);
  if (!std::isfinite(norm))
    for (size_t i = 0; i < s.size(); i++)
      if (s.grads[i].defined()) finite_gradient(s, i, who);
  return norm;
}

double loss_of(const Step& s, std::string_view who) {
  check<StateError>(s.loss.defined(), who, " steps by the loss: call step(closure), the closure returning the loss, instead of step()");
  double loss = s.loss.numel() == 1 ? s.loss.item() : kernels::mean(s.loss).item();
  check<ValueError>(!std::isnan(loss), who, ": the loss is NaN");
  return loss;
}

}  // namespace tare::optim
