#include "nn/norm/residual_norm.h"

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "nn/init/init.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/trailing.h"

namespace tare::nn {
namespace {

void check_part(std::string_view type, std::string_view option, const AnyModule& part) {
  check<ConfigError>(bool(part), type, ": ", option, " must be given");
}

Tensor run_part(std::string_view name, AnyModule& part, const Tensor& x) {
  Tensor y;
  at_path(name, *part, [&] { y = part(x); });
  return y;
}

/// kept + branch, of one shape: nothing is broadcast.
Tensor joined(std::string_view type, const Tensor& kept, const Tensor& branch) {
  check<ShapeError>(branch.defined() && kept.shape() == branch.shape(), type, ": the branch gives ", branch.defined() ? branch.shape() : Shape(),
                    " but is to be added to ", kept.shape());
  return kept + branch;
}

void check_layers(std::string_view call, int64_t encoder, int64_t decoder) {
  check<ValueError>(encoder >= 0 && decoder >= 0, call, ": numbers of layers must be at least 0, not ", encoder, " and ", decoder);
}

}  // namespace

void NormResidualOptions::visit(Visitor& v) {
  v.option("norm", norm);
  v.option("sublayer", sublayer);
}
void SandwichNormResidualOptions::visit(Visitor& v) {
  v.option("norm_in", norm_in);
  v.option("norm_out", norm_out);
  v.option("sublayer", sublayer);
}
void ReZeroResidualOptions::visit(Visitor& v) {
  v.option("sublayer", sublayer);
  v.option("alpha_init", alpha_init);
}
void DeepNormResidualOptions::visit(Visitor& v) {
  v.option("normalized_shape", normalized_shape);
  v.option("alpha", alpha);
  v.option("eps", eps);
}
void NGPTResidualOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("alpha_init", alpha_init);
  v.option("alpha_scale", alpha_scale);
}
void SubLNFeedForwardOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("hidden", hidden);
  v.option("eps", eps);
}

template <NormPlace P>
NormResidual<P>::NormResidual(Options o) : options(std::move(o)) {
  check_part(type, "norm", options.norm);
  check_part(type, "sublayer", options.sublayer);
}
template <NormPlace P>
void NormResidual<P>::visit(Visitor& v) {
  v.exchangeable("norm", options.norm);
  v.exchangeable("sublayer", options.sublayer);
}
template <NormPlace P>
Tensor NormResidual<P>::forward(const Tensor& x) {
  auto norm = [&](const Tensor& t) { return run_part("norm", options.norm, t); };
  auto branch = [&](const Tensor& t) { return run_part("sublayer", options.sublayer, t); };
  if (P == NormPlace::pre) return joined(type, x, branch(norm(x)));
  if (P == NormPlace::post) return norm(joined(type, x, branch(x)));
  Tensor n = norm(x);
  return joined(type, n, branch(n));
}

SandwichNormResidual::SandwichNormResidual(Options o) : options(std::move(o)) {
  check_part(type, "norm_in", options.norm_in);
  check_part(type, "norm_out", options.norm_out);
  check_part(type, "sublayer", options.sublayer);
}
void SandwichNormResidual::visit(Visitor& v) {
  v.exchangeable("norm_in", options.norm_in);
  v.exchangeable("norm_out", options.norm_out);
  v.exchangeable("sublayer", options.sublayer);
}
Tensor SandwichNormResidual::forward(const Tensor& x) {
  return joined(type, x, run_part("norm_out", options.norm_out, run_part("sublayer", options.sublayer, run_part("norm_in", options.norm_in, x))));
}

ReZeroResidual::ReZeroResidual(Options o) : options(std::move(o)), alpha(init::constant({1}, options.alpha_init)) {
  check_part(type, "sublayer", options.sublayer);
}
void ReZeroResidual::visit(Visitor& v) {
  v.parameter("alpha", alpha, Role::other);
  v.exchangeable("sublayer", options.sublayer);
}
Tensor ReZeroResidual::forward(const Tensor& x) { return joined(type, x, alpha() * run_part("sublayer", options.sublayer, x)); }

DeepNormResidual::DeepNormResidual(Options o) : options(std::move(o)) {
  check_trailing_options(type, options.normalized_shape, options.eps);
  start_affine(options.normalized_shape);
}
void DeepNormResidual::visit(Visitor& v) { visit_affine(v); }
Tensor DeepNormResidual::forward(const Tensor& x, const Tensor& f) {
  check_trailing(type, x, options.normalized_shape);
  return layer_norm(joined(type, x * options.alpha, f), options.normalized_shape, weight(), bias(), options.eps);
}

DeepNormConstants deepnorm_constants(int64_t encoder_layers, int64_t decoder_layers) {
  check_layers("deepnorm_constants", encoder_layers, decoder_layers);
  double n = double(encoder_layers), m = double(decoder_layers);
  auto alpha = [](double layers) { return layers > 0 ? std::pow(2 * layers, 0.25) : 0.0; };
  auto beta = [](double layers) { return layers > 0 ? std::pow(8 * layers, -0.25) : 0.0; };
  if (encoder_layers == 0 || decoder_layers == 0) return {alpha(n), beta(n), alpha(m), beta(m)};
  double depth = std::pow(n, 0.25) * std::pow(m, 0.0625);  // (N^4 M)^(1/16)
  return {0.81 * depth, 0.87 / depth, std::pow(3 * m, 0.25), std::pow(12 * m, -0.25)};
}

SubLNGain subln_gain(int64_t encoder_layers, int64_t decoder_layers) {
  check_layers("subln_gain", encoder_layers, decoder_layers);
  double n = double(encoder_layers), m = double(decoder_layers);
  auto alone = [](double layers) { return layers > 0 ? std::sqrt(std::log(2 * layers)) : 0.0; };
  if (encoder_layers == 0 || decoder_layers == 0) return {alone(n), alone(m)};
  return {std::sqrt(std::log(3 * m) * std::log(2 * n) / 3), std::sqrt(std::log(3 * m))};
}

NGPTResidual::NGPTResidual(Options o) : options(o) {
  check_norm_options(type, o.dim, 0);
  options.alpha_scale = o.alpha_scale.value_or(1 / std::sqrt(double(o.dim)));
  check<ConfigError>(*options.alpha_scale != 0, type, ": alpha_scale must not be 0");
  alpha = Parameter(init::constant({o.dim}, *options.alpha_scale));
}
void NGPTResidual::visit(Visitor& v) { v.parameter("alpha", alpha, Role::other); }
Tensor NGPTResidual::forward(const Tensor& h, const Tensor& f) {
  check_last(type, h, options.dim);
  check<ShapeError>(f.defined() && f.shape() == h.shape(), type, ": expected h and f of one shape but they are ", h.shape(), " and ",
                    f.defined() ? f.shape() : Shape());
  Tensor a = normalize(h, 2, -1), b = normalize(f, 2, -1);
  return normalize(a + abs(alpha() * (options.alpha_init / *options.alpha_scale)) * (b - a), 2, -1);
}

SubLNFeedForward::SubLNFeedForward(Options o)
    : options(o), fc1(o.dim, o.hidden), fc2(o.hidden, o.dim), ln(LayerNorm({.normalized_shape = {o.hidden}, .eps = o.eps})) {}
void SubLNFeedForward::visit(Visitor& v) {
  v.child("fc1", fc1);
  v.exchangeable("ln", ln);
  v.child("fc2", fc2);
}
Tensor SubLNFeedForward::forward(const Tensor& x) { return fc2(run_part("ln", ln, gelu(fc1(x)))); }

template class NormResidual<NormPlace::pre>;
template class NormResidual<NormPlace::post>;
template class NormResidual<NormPlace::hybrid>;
template class Layer<PreNormResidual>;
template class Layer<PostNormResidual>;
template class Layer<HybridNormResidual>;
template class Layer<SandwichNormResidual>;
template class Layer<ReZeroResidual>;
template class Layer<DeepNormResidual>;
template class Layer<NGPTResidual>;
template class Layer<SubLNFeedForward>;

}  // namespace tare::nn
