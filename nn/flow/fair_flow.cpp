#include "nn/flow/fair_flow.h"

#include <cmath>
#include <numbers>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "nn/activation/relu.h"
#include "nn/flow/flow.h"
#include "nn/linear.h"

namespace tare::nn {
namespace {

Sequential perceptron(int64_t dim, const std::vector<int64_t>& hidden) {
  Sequential net;
  int64_t width = dim;
  for (int64_t h : hidden) {
    net.append(Linear(width, h));
    net.append(ReLU{});
    width = h;
  }
  net.append(Linear(width, dim));
  return net;
}

}  // namespace

void FairFlowEncoderOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("hidden", hidden);
  v.option("blocks", blocks);
}

FairFlowEncoder::FairFlowEncoder(Options o) : options(std::move(o)) {
  check<ConfigError>(options.dim >= 2 && options.blocks >= 1, "FairFlowEncoder: dim must be at least 2 and blocks at least 1, not ", options.dim, " and ", options.blocks);
  for (int64_t h : options.hidden) check<ConfigError>(h >= 1, "FairFlowEncoder: widths in hidden must be at least 1, not ", h);
  for (int64_t k = 0; k < options.blocks; k++) blocks_.push_back({perceptron(options.dim, options.hidden), perceptron(options.dim, options.hidden)});
}

void FairFlowEncoder::visit(Visitor& v) {
  for (size_t k = 0; k < blocks_.size(); k++) {
    v.child(text("layers.", k, ".s"), blocks_[k].s);
    v.child(text("layers.", k, ".t"), blocks_[k].t);
  }
}

FairFlowEncoder::Coefficients FairFlowEncoder::coefficients(size_t k, const Tensor& x) {
  Tensor keep = remainder(arange(0.0, double(options.dim), 1.0, x.dtype()) + double(k), 2), kept = x * keep, moved = 1.0 - keep;
  return {tanh(blocks_[k].s(kept)) * moved, blocks_[k].t(kept) * moved};
}

Tensors FairFlowEncoder::forward(const Tensor& x) {
  check_rows(type, x, options.dim);
  Tensor z = x, log_det;
  for (size_t k = 0; k < blocks_.size(); k++) {
    auto [s, t] = coefficients(k, z);
    z = (z - t) * exp(-s);  // s and t are 0 where z is kept
    Tensor l = sum(s, {1});
    log_det = k ? log_det - l : -l;
  }
  return {z, log_det};
}

Tensors FairFlowEncoder::decode(const Tensor& z) {
  check_rows(type, z, options.dim);
  Tensor x = z, log_det;
  for (size_t k = blocks_.size(); k-- > 0;) {
    auto [s, t] = coefficients(k, x);
    x = x * exp(s) + t;
    Tensor l = sum(s, {1});
    log_det = log_det.defined() ? log_det - l : -l;
  }
  return {x, log_det};
}

FairDivergence fair_divergence(FairFlowEncoder& flow0, FairFlowEncoder& flow1, const Tensor& x0, const Tensor& x1, const LogDensity& log_p0, const LogDensity& log_p1) {
  // Differences log p_Z0 - log p_Z1 at the latents of one group, whose own density is known without going back.
  auto advantage = [](FairFlowEncoder& own, FairFlowEncoder& other, const Tensor& x, const LogDensity& log_own, const LogDensity& log_other) {
    Tensors z = own(x), back = other.decode(z[0]);
    return (log_own(x) - z[1]) - (log_other(back[0]) - back[1]);
  };
  Tensor first = advantage(flow0, flow1, x0, log_p0, log_p1), second = advantage(flow1, flow0, x1, log_p1, log_p0);
  DType dtype = first.dtype();
  Tensor delta = abs(mean(to(gt(first, 0), dtype)) - mean(to(lt(second, 0), dtype)));  // comparisons carry no gradient
  return {0.5 * (mean(first) + mean(second)), delta};
}

Json GaussianPrior::to_json() const {
  Json j = Json::object();
  j.set("mean", Json(Json::Array(mean.begin(), mean.end())));
  j.set("std", deviation);
  return j;
}

void GaussianPrior::from_json(const Json& json, const std::string& path) {
  GaussianPrior p;
  for (auto& [key, value] : json.as_object(path)) {
    if (key == "mean") {
      for (const Json& m : value.as_array(path + ".mean")) p.mean.push_back(m.as_double(path + ".mean"));
    } else {
      check<ConfigError>(key == "std", path, ": unknown option \"", key, "\"; there is mean, std");
      p.deviation = value.as_double(path + ".std");
    }
  }
  mean = std::move(p.mean), deviation = p.deviation;
}

Tensor GaussianPrior::log_prob(const Tensor& x) const {
  Tensor at = mean.empty() ? x : x - from_vector(mean, {int64_t(mean.size())}, x.dtype());
  return standard_normal_log_prob(at / deviation) - double(x.size(1)) * std::log(deviation);
}

void FairNormalizingFlowOptions::visit(Visitor& v) {
  v.option("dim", dim);
  v.option("hidden", hidden);
  v.option("blocks", blocks);
  v.option("prior0", prior0);
  v.option("prior1", prior1);
  v.option("gamma", gamma);
}

FairNormalizingFlow::FairNormalizingFlow(Options o)
    : options(std::move(o)), flow0({.dim = options.dim, .hidden = options.hidden, .blocks = options.blocks}), flow1(flow0) {
  for (const GaussianPrior* p : {&options.prior0, &options.prior1})
    check<ConfigError>((p->mean.empty() || int64_t(p->mean.size()) == options.dim) && p->deviation > 0, "FairNormalizingFlow: a prior's mean must have ", options.dim,
                       " numbers and its std be above 0, not ", p->mean.size(), " and ", p->deviation);
  check<ConfigError>(options.gamma >= 0 && options.gamma <= 1, "FairNormalizingFlow: gamma must lie in [0, 1], not ", options.gamma);
}

void FairNormalizingFlow::visit(Visitor& v) {
  v.child("flow0", flow0);
  v.child("flow1", flow1);
}

Tensors FairNormalizingFlow::forward(const Tensor& x0, const Tensor& x1) {
  check_rows(type, x0, options.dim);
  check_rows(type, x1, options.dim);
  FairDivergence d = fair_divergence(flow0, flow1, x0, x1, [&](const Tensor& x) { return options.prior0.log_prob(x); }, [&](const Tensor& x) { return options.prior1.log_prob(x); });
  return {d.kl, d.delta};
}

Tensor FairNormalizingFlow::total(const Tensor& kl, const Tensor& cross_entropy, double ramp) const {
  double g = options.gamma * ramp;
  return g * kl + (1 - g) * cross_entropy;
}

template class Layer<FairFlowEncoder>;
template class Layer<FairNormalizingFlow>;

}  // namespace tare::nn
