#include "nn/regularize/error_modulation.h"

#include <cmath>
#include <map>

#include "autograd/backward_pass.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/tape.h"

namespace tare::nn {
namespace {

double rms(const Tensor& z) { return z.numel() == 0 ? 0 : std::sqrt(mean(square(to(z.detach(), DType::float64))).item<double>()); }

Tensor modulated(const Tensor& q, double size, double reference, double threshold) {
  if (!(size > 0) || !(reference > 0)) return q;
  double ratio = size / reference;
  return ratio >= 1 / threshold && ratio <= threshold && threshold > 1 ? q : q * (reference / size);
}

/// The size of the first gradient of a backward pass, by context.
struct Reference {
  uint64_t pass = 0;
  double size = 0;
};
double reference_of(const std::string& context, double size) {
  thread_local std::map<std::string, Reference> references;
  Reference& r = references[context];
  if (r.pass != current_backward_pass()) r = {current_backward_pass(), size};
  return r.size;
}

}  // namespace

Tensor modulate_gradient(const Tensor& q, const Tensor& ref, double threshold) {
  check<ValueError>(threshold >= 1, "modulate_gradient: threshold must be at least 1, not ", threshold);
  return modulated(q.detach(), rms(q), rms(ref), threshold);
}

void ErrorModulationOptions::visit(Visitor& v) {
  v.option("threshold", threshold);
  v.option("until_step", until_step);
  v.option("context", context);
}

ErrorModulation::ErrorModulation(Options o) : options(std::move(o)), step(full({}, 0, DType::int64)) {
  check<ConfigError>(options.threshold >= 1, type, ": threshold must be at least 1, not ", options.threshold);
}

void ErrorModulation::visit(Visitor& v) { v.buffer("step", step); }

Tensor ErrorModulation::forward(const Tensor& x) {
  if (!training()) return x;
  int64_t now = step().item<int64_t>();
  step.update(full({}, now + 1, DType::int64));
  if (options.until_step && now >= *options.until_step) return x;
  auto backward = [threshold = options.threshold, context = options.context](const Tensors& grads, const Tensors&, const Tensors&, Needs) {
    double size = rms(grads[0]);
    return Tensors{modulated(grads[0], size, reference_of(context, size), threshold)};
  };
  return custom_vjp("error_modulation", alias(x), {x}, backward, Gradient::approximate);
}

template class Layer<ErrorModulation>;

}  // namespace tare::nn
