#include "nn/norm/conditional_norm.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/interpolate.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

constexpr std::string_view kSpadeNorms[] = {"batch", "instance"};

/// (K, 2 C): scales around 1, shifts of 0.
Parameter class_table(std::string_view type, int64_t channels, int64_t classes) {
  check<ConfigError>(classes >= 1, type, ": num_classes must be at least 1, not ", classes);
  return Parameter(cat({init::normal({classes, channels}, 1, 0.02), init::zeros({classes, channels})}, 1));
}

/// xhat * scale[class] + shift[class].
Tensor by_class(std::string_view type, const Tensor& xhat, const Tensor& table, const Tensor& classes) {
  check<ShapeError>(classes.defined() && classes.shape() == Shape{xhat.size(0)}, type, ": expected one class for each of the ", xhat.size(0),
                    " samples but the classes are ", classes.defined() ? classes.shape() : Shape());
  Tensor rows = reshape(embedding(table, classes), Shape{xhat.size(0), 2 * xhat.size(1)}.concat(Shape(xhat.dim() - 2, 1)));
  Tensors parts = chunk(rows, 2, 1);
  return xhat * parts[0] + parts[1];
}

Conv2d same_size(int64_t in, int64_t out, int64_t kernel) {
  return Conv2d({.in_channels = in, .out_channels = out, .kernel_size = kernel, .padding = "same"});
}

}  // namespace

void ConditionalBatchNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_classes", num_classes);
  v.option("eps", eps);
  v.option("momentum", momentum);
}
void ConditionalInstanceNormOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_classes", num_classes);
  v.option("eps", eps);
}
void SPADEOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("label_channels", label_channels);
  v.option("hidden", hidden);
  v.option("kernel_size", kernel_size);
  v.option("norm", norm, kSpadeNorms);
  v.option("eps", eps);
  v.option("momentum", momentum);
}
void AdaptiveInstanceNormOptions::visit(Visitor& v) {
  v.option("eps", eps);
  v.option("unbiased", unbiased);
  v.option("style_eps", style_eps);
}

template <bool Sandwich>
ClassBatchNorm2d<Sandwich>::ClassBatchNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  if (Sandwich) start_affine({o.num_features});
  running = RunningStatistics(o.num_features);
  embed = class_table(type, o.num_features, o.num_classes);
}
template <bool Sandwich>
ClassBatchNorm2d<Sandwich>::ClassBatchNorm2d(int64_t num_features, int64_t num_classes)
    : ClassBatchNorm2d(Options{.num_features = num_features, .num_classes = num_classes}) {}
template <bool Sandwich>
void ClassBatchNorm2d<Sandwich>::visit(Visitor& v) {
  visit_affine(v);
  running.visit(v);
  v.parameter("embed.weight", embed, Role::embedding);
}
template <bool Sandwich>
Tensor ClassBatchNorm2d<Sandwich>::forward(const Tensor& x, const Tensor& classes) {
  check_channels(type, x, options.num_features, 4, 4);
  return by_class(type, batch_norm(type, x, running, weight(), bias(), this->training(), options.momentum, options.eps), embed(), classes);
}

ConditionalInstanceNorm2d::ConditionalInstanceNorm2d(Options o) : options(o) {
  check_norm_options(type, o.num_features, o.eps);
  embed = class_table(type, o.num_features, o.num_classes);
}
ConditionalInstanceNorm2d::ConditionalInstanceNorm2d(int64_t num_features, int64_t num_classes)
    : ConditionalInstanceNorm2d(Options{.num_features = num_features, .num_classes = num_classes}) {}
void ConditionalInstanceNorm2d::visit(Visitor& v) { v.parameter("embed.weight", embed, Role::embedding); }
Tensor ConditionalInstanceNorm2d::forward(const Tensor& x, const Tensor& classes) {
  check_channels(type, x, options.num_features, 4, 4);
  return by_class(type, instance_norm(x, {}, {}, options.eps), embed(), classes);
}

SPADE::SPADE(Options o)
    : options(o), mlp_shared(same_size(o.label_channels, o.hidden, o.kernel_size)), mlp_gamma(same_size(o.hidden, o.num_features, o.kernel_size)),
      mlp_beta(same_size(o.hidden, o.num_features, o.kernel_size)) {
  check_norm_options(type, o.num_features, o.eps);
  if (o.norm == Options::Norm::batch) running = RunningStatistics(o.num_features);
}
void SPADE::visit(Visitor& v) {
  running.visit(v);
  v.child("mlp_shared", mlp_shared);
  v.child("mlp_gamma", mlp_gamma);
  v.child("mlp_beta", mlp_beta);
}
Tensor SPADE::forward(const Tensor& x, const Tensor& map) {
  check_channels(type, x, options.num_features, 4, 4);
  check<ShapeError>(map.defined() && map.dim() == 4 && map.size(0) == x.size(0) && map.size(1) == options.label_channels, type, ": expected a map (", x.size(0),
                    ", ", options.label_channels, ", H, W) but it is ", map.defined() ? map.shape() : Shape());
  Tensor xhat = options.norm == Options::Norm::batch ? batch_norm(type, x, running, {}, {}, training(), options.momentum, options.eps)
                                                     : instance_norm(x, {}, {}, options.eps);
  Tensor h = relu(mlp_shared(interpolate(map, {.size = x.shape().slice(2)})));
  return xhat * (1 + mlp_gamma(h)) + mlp_beta(h);
}

AdaptiveInstanceNorm2d::AdaptiveInstanceNorm2d(Options o) : options(o) { check_norm_options(type, 1, o.eps); }
Tensor AdaptiveInstanceNorm2d::forward(const Tensor& content, const Tensor& style) {
  check<ShapeError>(content.dim() == 4 && style.defined() && style.dim() == 4 && style.shape().slice(0, 2) == content.shape().slice(0, 2), type,
                    ": expected content and style (N, C, H, W) of the same N and C but they are ", content.shape(), " and ",
                    style.defined() ? style.shape() : Shape());
  double correction = options.unbiased ? 1 : 0;
  check<ValueError>(!options.unbiased || style.size(2) * style.size(3) > 1, type, ": unbiased variances want a style of more than 1 position, but it is ",
                    style.shape());
  Tensor c = options.unbiased ? group_norm_unbiased(type, content, content.size(1), options.eps) : instance_norm(content, {}, {}, options.eps);
  // std has the derivative 0 at a constant style, where that of sqrt(var) is infinite.
  Tensor deviation = options.style_eps ? sqrt(var(style, {2, 3}, correction, true) + options.eps) : std(style, {2, 3}, correction, true);
  return c * deviation + mean(style, {2, 3}, true);
}

template class ClassBatchNorm2d<false>;
template class ClassBatchNorm2d<true>;
template class Layer<ConditionalBatchNorm2d>;
template class Layer<SandwichBatchNorm2d>;
template class Layer<ConditionalInstanceNorm2d>;
template class Layer<SPADE>;
template class Layer<AdaptiveInstanceNorm2d>;

}  // namespace tare::nn
