#include "nn/analysis/teacher_filter.h"

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"

namespace tare::nn {

Tensor conv_filter_teacher_loss(const Tensor& w, const Tensor& w_star, const Tensor& patches) {
  check<ShapeError>(patches.dim() == 3 && w.dim() == 1 && w.shape() == w_star.shape() && patches.size(2) == w.size(0),
                    "conv_filter_teacher_loss: expected filters (p) and patches (n, k, p) but they are ", w.shape(), ", ", w_star.shape(), " and ", patches.shape());
  auto output = [&](const Tensor& filter) { return sum(relu(matmul(patches, filter)), {1}); };
  return 0.5 * mean(square(output(w) - output(w_star)));
}

Tensor extract_patches_1d(const Tensor& x, int64_t kernel_size, int64_t stride) {
  check<ShapeError>(x.dim() == 2 && kernel_size >= 1 && kernel_size <= x.size(1), "extract_patches_1d: expected x (n, L) with L at least kernel_size ", kernel_size, " but it is ", x.shape());
  check<ValueError>(stride >= 1, "extract_patches_1d: stride must be at least 1, not ", stride);
  return windows(x, 1, kernel_size, stride);
}

double patch_closeness(const Tensor& patches) {
  check<ShapeError>(patches.dim() == 3, "patch_closeness: expected patches (n, k, p) but they are ", patches.shape());
  NoGrad off;
  Tensor z = to(patches.detach(), DType::float64), u = normalize(z, 2, 2, 0), v = normalize(mean(z, {1}, true), 2, 2, 0);
  // 2 atan2(|u - v|, |u + v|) keeps the digits of small angles, which arccos loses.
  return amax(2 * atan2(norm(u - v, 2, {2}), norm(u + v, 2, {2}))).item();
}

void ConvFilterLearnabilityOptions::visit(Visitor& v) {
  v.option("p", p);
  v.option("patches", patches);
  v.option("samples", samples);
  v.option("spread", spread);
  v.option("lr", lr);
  v.option("steps", steps);
  v.option("seed", seed);
}

ConvFilterLearnability::ConvFilterLearnability(Options o) : options(o) {
  check<ConfigError>(o.p >= 1 && o.patches >= 1 && o.samples >= 1 && o.steps >= 0, "ConvFilterLearnability: p, patches and samples must be at least 1 and steps at least 0, not ", o.p, ", ",
                     o.patches, ", ", o.samples, " and ", o.steps);
  check<ConfigError>(o.spread >= 0 && o.lr > 0, "ConvFilterLearnability: spread must be at least 0 and lr positive, not ", o.spread, " and ", o.lr);
}

LearningCurve ConvFilterLearnability::forward() {
  const Options& o = options;
  Generator random{uint64_t(o.seed)};
  auto draw = [&](const Shape& shape) { return randn(shape, DType::float64, &random); };
  Tensor teacher = draw({o.p});
  teacher = teacher / norm(teacher);
  Tensor z = draw({o.samples, 1, o.p}) + o.spread * draw({o.samples, o.patches, o.p});
  z = z / sqrt(mean(square(z)));
  Tensor w = draw({o.p});
  w = w * (0.5 / norm(w).item()) * (dot(w, teacher).item() < 0 ? -1.0 : 1.0);
  EnableGrad on;
  std::vector<double> distance, angle;
  for (int64_t t = 0;; t++) {
    distance.push_back(norm(w - teacher).item());
    Tensor u = w / norm(w);
    angle.push_back(2 * std::atan2(norm(u - teacher).item(), norm(u + teacher).item()));
    if (t == o.steps) break;
    Tensor point = w.detach().set_requires_grad();
    w = (w - o.lr / double(o.patches * o.patches) * grad(conv_filter_teacher_loss(point, teacher, z), point)).detach();
  }
  return {from_vector(distance, {o.steps + 1}), from_vector(angle, {o.steps + 1})};
}

template class Layer<ConvFilterLearnability>;

}  // namespace tare::nn
