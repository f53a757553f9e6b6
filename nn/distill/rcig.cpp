#include "nn/distill/rcig.h"

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sort.h"
#include "autograd/tape.h"
#include "core/context.h"
#include "kernels/elementwise.h"
#include "nn/theory/tangent_kernel.h"
#include "nn/weighting/adam_moments.h"

namespace tare::nn {
namespace {

void check_support(std::string_view who, const Tensor& feat, const Tensor& out, const Tensor& y) {
  check<ShapeError>(feat.dim() == 2 && out.dim() == 2 && y.shape() == out.shape() && feat.size(0) == out.size(0), who,
                    ": expected features [S, h], outputs and labels [S, C] but they are ", feat.shape(), ", ", out.shape(), " and ", y.shape());
}

/// R^-1 (y - out).
Tensor dual_weights(const Tensor& feat, const Tensor& out, const Tensor& y, double l2) {
  check<ValueError>(l2 > 0, "krr_predict: l2 must be greater than 0, not ", l2);
  return solve(matmul(feat, transpose(feat)) + l2 * eye(feat.size(0), feat.size(0), feat.dtype()), y - out);
}

}  // namespace

Tensor krr_predict(const Tensor& feat_s, const Tensor& out_s, const Tensor& y_s, const Tensor& feat_t, const Tensor& out_t, double l2) {
  check_support("krr_predict", feat_s, out_s, y_s);
  check<ShapeError>(feat_t.dim() == 2 && out_t.dim() == 2 && feat_t.size(0) == out_t.size(0) && feat_t.size(1) == feat_s.size(1) && out_t.size(1) == out_s.size(1),
                    "krr_predict: expected target features [T, ", feat_s.size(1), "] and outputs [T, ", out_s.size(1), "] but they are ", feat_t.shape(), " and ", out_t.shape());
  return out_t + matmul(matmul(feat_t, transpose(feat_s)), dual_weights(feat_s, out_s, y_s, l2));
}

Tensor rcig_inner_loss(const Tensor& feat_s, const Tensor& out_s, const Tensor& y_s, double l2) {
  check_support("rcig_inner_loss", feat_s, out_s, y_s);
  return (0.5 * l2 / double(y_s.numel())) * sum((y_s - out_s) * dual_weights(feat_s, out_s, y_s, l2));
}

Tensor rcig_outer_loss(const Tensor& feat_s, const Tensor& out_s, const Tensor& y_s, const Tensor& feat_t, const Tensor& out_t, const Tensor& y_t, const Tensor& log_temp,
                       double l2) {
  Tensor prediction = krr_predict(feat_s, out_s, y_s, feat_t, out_t, l2);
  check<ShapeError>(y_t.shape() == prediction.shape() && y_s.size(1) >= 2 && log_temp.numel() == 1, "rcig_outer_loss: expected targets ", prediction.shape(),
                    " of at least two classes and one temperature but they are ", y_t.shape(), " and ", log_temp.shape());
  Tensor target = y_t.detach() - amin(y_t.detach());
  Tensor entropy = -mean(sum(target * log_softmax(prediction * exp(reshape(log_temp, {})), -1), {1}));
  Tensor two = topk(y_s, 2, 1).values;
  return entropy - mean(minimum(select(two, 1, 0) - select(two, 1, 1), full({}, 0.5 / double(y_s.size(1)), y_s.dtype())));
}

void DatasetDistillerOptions::visit(Visitor& v) {
  v.option("l2_rate", l2_rate);
  v.option("n_inner", n_inner);
  v.option("n_hinv", n_hinv);
  v.option("inner_lr", inner_lr);
  v.option("hinv_lr", hinv_lr);
  v.option("adapt_rates", adapt_rates);
  v.option("pool", pool);
  v.option("max_steps", max_steps);
  v.option("base_lr", base_lr);
  v.option("learn_labels", learn_labels);
  v.option("linearize", linearize);
  v.option("implicit", implicit);
  v.option("ema", ema);
  v.option("seed", seed);
}

void DatasetDistiller::Rate::record(bool ended_higher, bool only_fell) {
  rose += ended_higher, fell += only_fell;
  if (++runs < 50) return;
  if (rose * 100 >= 29 * runs) lr *= 0.9;
  else if (fell * 10 >= 7 * runs) lr *= 1.05;
  runs = rose = fell = 0;
}

DatasetDistiller::DatasetDistiller(MakeBody make_body, const Tensor& images, const Tensor& labels, DatasetDistillerOptions o)
    : options(o), make_body_(std::move(make_body)), images_(clone(images.detach()).set_requires_grad()), labels_(clone(labels.detach()).set_requires_grad()),
      log_temp_(zeros({}, labels.dtype()).set_requires_grad()), average_images_(clone(images.detach())), average_labels_(clone(labels.detach())),
      inner_rate_{o.inner_lr}, hinv_rate_{o.hinv_lr}, random_(uint64_t(o.seed)) {
  check<ShapeError>(labels.dim() == 2 && images.dim() >= 1 && images.size(0) == labels.size(0), "DatasetDistiller: expected labels [S, C] for the images ", images.shape(),
                    " but they are ", labels.shape());
  check<ConfigError>(o.pool >= 1 && o.n_inner >= 1 && o.n_hinv >= 1 && o.l2_rate > 0, "DatasetDistiller: pool, n_inner and n_hinv must be at least 1 and l2_rate greater than 0, not ",
                     o.pool, ", ", o.n_inner, ", ", o.n_hinv, " and ", o.l2_rate);
  for (int64_t i = 0; i < o.pool; i++) pool_.push_back(fresh());
}

DatasetDistiller::PoolModel DatasetDistiller::fresh() {
  PoolModel m{.body = make_body_(), .head = {}};
  if (options.linearize) {
    NoGrad off;
    m.head = Linear(m.body(narrow(images_, 0, 0, 1)).size(1), labels_.size(1));
  }
  return m;
}

Tensors DatasetDistiller::solve_inner(PoolModel&, const BilevelLoss& inner, Tensors theta) {
  std::vector<AdamMoments> moments(theta.size());
  double first = 0, last = 0;
  bool fell = true;
  Tensors constants{images_.detach(), labels_.detach()};
  for (int64_t k = 0; k < options.n_inner; k++) {
    for (Tensor& t : theta) t = t.detach().set_requires_grad();
    Tensor loss = inner(theta, constants);
    double value = loss.item();
    if (k == 0) first = value;
    else if (value > last) fell = false;
    last = value;
    Tensors g = grad({loss}, theta, {.allow_unused = true});
    NoGrad off;
    for (size_t i = 0; i < theta.size(); i++)
      if (g[i].defined()) theta[i] = theta[i] - moments[i].update(g[i], inner_rate_.lr);
  }
  if (options.adapt_rates) inner_rate_.record(last > first, fell);
  return theta;
}

double DatasetDistiller::backward(const Tensor& x, const Tensor& y) {
  EnableGrad on;
  PoolModel& m = pool_[size_t(random_.below(int64_t(pool_.size())))];
  double l2 = options.l2_rate * double(images_.size(0));
  std::vector<std::string> names;
  Tensors start, theta;
  for (auto& e : m.body->parameters()) {
    names.push_back(e.name);
    start.push_back(clone(e.tensor.detach()));
    theta.push_back(options.linearize ? zeros_like(e.tensor).detach() : start.back());
  }
  auto named = [&](const Tensors& t) {
    NamedTensors out;
    for (size_t i = 0; i < names.size(); i++) out.emplace_back(names[i], t[i]);
    return out;
  };
  // feat and out of samples, for the parameters theta of the inner problem
  struct Pass {
    Tensor feat, out;
  };
  auto run = [&](const Tensors& at, const Tensor& samples) -> Pass {
    Pass p{functional_call(*m.body, named(options.linearize ? start : at), samples), {}};
    if (!options.linearize) {
      p.out = zeros({samples.size(0), labels_.size(1)}, labels_.dtype());
    } else {
      Tensor change = tangent(*m.body, named(at), samples);  // of the features; the head is linear
      p.out = matmul(change, transpose(m.head.as<Linear>()->weight().detach()));
    }
    return p;
  };
  BilevelLoss inner = [&](const Tensors& at, const Tensors& hyper) {
    Pass s = run(at, hyper[0]);
    Tensor size;
    for (size_t i = 0; i < at.size(); i++) {
      Tensor part = sum(square(options.linearize ? at[i] : at[i] - start[i]));
      size = size.defined() ? size + part : part;
    }
    return rcig_inner_loss(s.feat, s.out, hyper[1], l2) + (0.5 * l2 / double(labels_.numel())) * size;
  };
  BilevelLoss outer = [&](const Tensors& at, const Tensors& hyper) {
    Pass s = run(at, hyper[0]), t = run(at, x.detach());
    return rcig_outer_loss(s.feat, s.out, hyper[1], t.feat, t.out, y, hyper[2], l2);
  };
  theta = solve_inner(m, inner, theta);
  ImplicitGradient g = implicit_gradient(inner, outer, theta, {images_, labels_, log_temp_},
                                         {.steps = options.n_hinv, .lr = hinv_rate_.lr, .implicit = options.implicit, .clip = true});
  if (options.adapt_rates && options.implicit) hinv_rate_.record(g.rose, g.fell);
  images_.set_grad(g.hyper[0]);
  labels_.set_grad(options.learn_labels ? g.hyper[1] : Tensor());
  log_temp_.set_grad(g.hyper[2]);
  if (options.linearize) {
    advance(m);
  } else {
    std::vector<std::pair<std::string, Tensor>> found = named(theta);
    m.body->load_state(found, false);
    m.steps += options.n_inner;
  }
  if (m.steps >= options.max_steps) m = fresh();
  return g.outer.item();
}

void DatasetDistiller::advance(PoolModel& m) {
  int64_t steps = 1 + random_.below(15);
  Tensors leaves = m.body->parameters().tensors();
  for (const Tensor& t : m.head->parameters().tensors()) leaves.push_back(t);
  std::vector<AdamMoments> moments(leaves.size());
  for (int64_t k = 0; k < steps; k++) {
    Tensors g = grad({mean(square(m.head(m.body(images_.detach())) - labels_.detach()))}, leaves, {.allow_unused = true});
    NoGrad off;
    for (size_t i = 0; i < leaves.size(); i++)
      if (g[i].defined()) kernels::add_into(leaves[i], moments[i].update(g[i], options.base_lr), -1);
  }
  m.steps += steps;
}

ParameterList DatasetDistiller::parameters() const {
  ParameterList list;
  list.push_back({"images", images_, "DatasetDistiller", Role::weight, ""});
  if (options.learn_labels) list.push_back({"labels", labels_, "DatasetDistiller", Role::weight, ""});
  list.push_back({"log_temp", log_temp_, "DatasetDistiller", Role::weight, ""});
  return list;
}

void DatasetDistiller::average() {
  NoGrad off;
  average_images_ = options.ema * average_images_ + (1 - options.ema) * images_;
  average_labels_ = options.ema * average_labels_ + (1 - options.ema) * labels_;
}

}  // namespace tare::nn
