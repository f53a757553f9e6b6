#include "optim/transform/adaptive_grad_clip.h"

#include "core/glob.h"
#include "kernels/elementwise.h"
#include "kernels/reduce.h"
#include "optim/fields.h"

namespace tare::optim {

void AdaptiveGradClipOptions::visit(Visitor& v) { list_options(v, "clipping", clipping, "eps", eps, "exclude", exclude); }

void AdaptiveGradClip::check_options(const AdaptiveGradClipOptions& o) {
  Method::check_options(o);
  check_rate(type, "clipping", o.clipping);
}

Tensor unit_norms(const Tensor& x, bool squeeze) {
  int64_t long_axes = 0;
  for (int64_t n : x.shape()) long_axes += n != 1;
  if ((squeeze ? long_axes : x.dim()) <= 1) return kernels::norm(x, 2);
  Shape axes;
  for (int64_t a = 1; a < x.dim(); a++) axes.push_back(a);
  return kernels::norm(x, 2, axes, true);
}

Tensor adaptive_grad_clip(const Tensor& w, const Tensor& g, double clipping, double eps, bool squeeze) {
  check<ShapeError>(w.shape() == g.shape(), "adaptive_grad_clip: the weight is ", w.shape(), " but its gradient is ", g.shape());
  Tensor most = kernels::mul(kernels::maximum(unit_norms(w, squeeze), eps), clipping), norm = unit_norms(g, squeeze);
  Tensor clipped = kernels::mul(g, kernels::div(most, kernels::maximum(norm, 1e-6)));
  return kernels::where(kernels::lt(norm, most), g, clipped);
}

void AdaptiveGradClip::apply(Step& s) {
  for (size_t i = 0; i < s.size(); i++) {
    const AdaptiveGradClipOptions& o = options(s.groups[i]);
    bool left_out = !s.grads[i].defined();
    for (const std::string& pattern : o.exclude) left_out |= glob_match(pattern, s.params[i].name);
    if (!left_out) s.grads[i] = adaptive_grad_clip(s.param(i), s.grads[i], o.clipping, o.eps);
  }
}

template class Method<AdaptiveGradClip, AdaptiveGradClipOptions>;

}  // namespace tare::optim
