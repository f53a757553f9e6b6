#include "nn/saliency/moreau_grad.h"

#include <algorithm>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace tare::nn {

Tensor soft_threshold(const Tensor& x, double threshold) {
  check<ValueError>(threshold >= 0, "soft_threshold: threshold must be at least 0, not ", threshold);
  return softshrink(x, threshold);
}

Tensor group_soft_threshold(const Tensor& x, double threshold, int64_t group_dim) {
  check<ShapeError>(x.dim() == 4 && group_dim >= 1 && x.size(2) % group_dim == 0 && x.size(3) % group_dim == 0, "group_soft_threshold: expected x (N, C, H, W) with H and W multiples of group_dim ",
                    group_dim, " but it is ", x.shape());
  check<ValueError>(threshold >= 0, "group_soft_threshold: threshold must be at least 0, not ", threshold);
  Tensor blocks = reshape(x, {x.size(0), x.size(1), x.size(2) / group_dim, group_dim, x.size(3) / group_dim, group_dim});
  Tensor size = norm(blocks, 2, {1, 3, 5}, true);
  return reshape(blocks * relu(1 - threshold / clamp(size, 1e-30)), x.shape());
}

void MoreauGradOptions::visit(Visitor& v) {
  v.option("model", model);
  v.option("lamb", lamb);
  v.option("sigma", sigma);
  v.option("lr", lr);
  v.option("max_iter", max_iter);
  v.option("samples", samples);
  v.option("soft", soft);
  v.option("group_dim", group_dim);
  v.option("average_last", average_last);
}

MoreauGrad::MoreauGrad(Options o) : options(std::move(o)) {
  model_of(type, options.model);
  const Options& c = options;
  check<ConfigError>(c.lamb > 0 && c.lr > 0, "MoreauGrad: lamb and lr must be positive, not ", c.lamb, " and ", c.lr);
  check<ConfigError>(c.sigma >= 0 && c.soft >= 0 && c.group_dim >= 0, "MoreauGrad: sigma, soft and group_dim must be at least 0, not ", c.sigma, ", ", c.soft, " and ", c.group_dim);
  check<ConfigError>(c.max_iter >= 1 && c.samples >= 1 && c.average_last >= 1, "MoreauGrad: max_iter, samples and average_last must be at least 1, not ", c.max_iter, ", ", c.samples,
                     " and ", c.average_last);
}

MoreauGradOutput MoreauGrad::forward(const Tensor& x, const Tensor& target, const Tensor& noise) {
  const Options& o = options;
  Module& model = *o.model;
  EvaluationScope scope(model);
  Tensor clean = x.detach(), label = explained_class(type, model, clean, target);
  const Shape& shape = clean.shape();
  Shape one = shape.slice(1), all = Shape{o.max_iter, o.samples}.concat(one);
  check<ShapeError>(!noise.defined() || noise.shape() == all, "MoreauGrad: expected noise ", all, " (max_iter, samples, *x[0]) but it is ", noise.defined() ? noise.shape() : Shape{});
  if (clean.numel() == 0) return {zeros_like(clean), zeros_like(clean)};
  Tensor rows = reshape(clean, {shape[0], -1});
  Shape one_each(shape.size(), 1);
  one_each[0] = shape[0];
  Tensor sd = reshape(o.sigma * (amax(rows, {1}) - amin(rows, {1})), one_each);
  int64_t copies = o.sigma > 0 ? o.samples : 1;
  Shape stacked = Shape{copies}.concat(shape), batch = Shape{copies * shape[0]}.concat(one);
  Tensor labels = tile(label, {copies});
  Tensor d = zeros_like(clean), total = zeros(shape, DType::float64);
  int64_t averaged = std::min(o.average_last, o.max_iter);
  for (int64_t t = 0; t < o.max_iter; t++) {
    Tensor points = expand(clean + d, stacked);
    if (o.sigma > 0) points = points + sd * (noise.defined() ? unsqueeze(select(noise.detach(), 0, t), 1) : randn(stacked, clean.dtype()));
    Tensor slope = mean(reshape(input_gradient(model, reshape(points, batch), labels), stacked), {0});
    d = d - o.lr * (slope + d / o.lamb);
    if (o.soft > 0) d = o.group_dim > 0 ? group_soft_threshold(d, o.lr * o.soft, o.group_dim) : soft_threshold(d, o.lr * o.soft);
    if (t >= o.max_iter - averaged) total = total + d;
  }
  return {tare::to(total / double(averaged), clean.dtype()), -d / o.lamb};
}

template class Layer<MoreauGrad>;

}  // namespace tare::nn
