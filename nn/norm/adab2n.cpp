#include "nn/norm/adab2n.h"

#include <cmath>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/context.h"
#include "nn/init/init.h"

namespace tare::nn {
namespace {

Tensor mean_squared_error(const Tensor& a, const Tensor& b) { return mean(square(a - b)); }

// Mean and variance per channel (C) under weights of the samples (N).
Moments weighted_moments(const Tensor& x, const Tensor& sample_weight) {
  Tensor rows = reshape(x, {x.shape()[0], x.shape()[1], x.shape().slice(2).numel()}), s = reshape(sample_weight, {x.shape()[0], 1});
  Tensor m = sum(s * mean(rows, {2}), {0});
  return {m, sum(s * mean(square(rows - reshape(m, {1, x.shape()[1], 1})), {2}), {0})};
}

}  // namespace

void AdaB2NOptions::visit(Visitor& v) {
  v.option("num_features", num_features);
  v.option("num_tasks", num_tasks);
  v.option("kappa", kappa);
  v.option("momentum", momentum);
  v.option("eps", eps);
  v.option("init_weight", init_weight);
}

AdaB2N::AdaB2N(Options o) : options(o), running(o.num_features) {
  check_norm_options(type, o.num_features, o.eps);
  check<ConfigError>(o.num_tasks >= 1, "AdaB2N: num_tasks must be at least 1, not ", o.num_tasks);
  check<ConfigError>(o.kappa >= 0 && o.kappa <= 1 && o.momentum >= 0 && o.momentum <= 1, "AdaB2N: kappa and momentum must lie between 0 and 1, not ", o.kappa,
                     " and ", o.momentum);
  start_affine({o.num_features});
  task_weight = Parameter(init::constant({o.num_tasks}, o.init_weight));
  cur_tasks = Buffer(zeros({}, DType::int64));
  eta = Buffer(zeros({}));
}
AdaB2N::AdaB2N(int64_t num_features, int64_t num_tasks) : AdaB2N(Options{.num_features = num_features, .num_tasks = num_tasks}) {}

void AdaB2N::visit(Visitor& v) {
  visit_affine(v);
  v.parameter("task_weight", task_weight, Role::other);
  running.visit(v);
  v.buffer("cur_tasks", cur_tasks);
  v.buffer("eta", eta);
}

void AdaB2N::end_task() {
  int64_t next = cur_tasks().item<int64_t>() + 1;
  check<StateError>(next < options.num_tasks, "AdaB2N: there is no task behind the last of ", options.num_tasks, " (num_tasks)");
  cur_tasks = cur_tasks() + 1;
}

Tensor AdaB2N::sample_weights(const Tensor& x, const Tensor& task_ids) const {
  int64_t tasks = cur_tasks().item<int64_t>() + 1;
  check<ShapeError>(task_ids.shape() == Shape{x.shape()[0]}, "AdaB2N: expected task ids of shape [", x.shape()[0], "] but they are ", task_ids.shape());
  for (int64_t t : task_ids.to_vector<int64_t>())
    check<ValueError>(t >= 0 && t < tasks, "AdaB2N: task id ", t, " is outside the tasks 0 to ", tasks - 1, " seen so far; end_task() begins the next one");
  Tensor counts = sum(tare::to(one_hot(task_ids, tasks), x.dtype()), {0});
  Tensor concentration = exp(narrow(task_weight(), 0, 0, tasks)) + counts;
  Tensor share = concentration / sum(concentration) / clamp(counts, 1.0);
  return index_select(share, 0, task_ids);
}

void AdaB2N::average(const Tensor& m, const Tensor& variance) {
  if (context().frozen_statistics) return;
  NoGrad off;
  double keep = std::pow(1 - options.momentum, options.kappa), last = eta().item();
  double f = last == 0 ? std::pow(options.momentum, options.kappa) : last / (last + keep);
  if (options.kappa == 1) f = options.momentum;
  if (options.kappa == 0) f = 1.0 / double(running.num_batches_tracked().item<int64_t>() + 1);
  running.update(m, variance, 0, f, false);
  eta.update(full_like(eta(), f));
}

Tensors AdaB2N::forward(const Tensor& x, const Tensor& task_ids) {
  check_channels(type, x, options.num_features, 2, Shape::max_rank);
  if (!training()) return {tare::batch_norm(x, running.mean(), running.variance(), weight(), bias(), options.eps)};
  check_batch_statistics(type, x);
  bool balanced = task_ids.defined() && cur_tasks().item<int64_t>() > 0;
  Moments m = balanced ? weighted_moments(x, sample_weights(x, task_ids)) : channel_moments(x);
  average(m.mean, m.variance);
  Tensor reg = mean_squared_error(m.mean, running.mean()) + mean_squared_error(m.variance, running.variance());
  return {tare::batch_norm(x, m.mean, m.variance, weight(), bias(), options.eps), reg};
}

template class Layer<AdaB2N>;

}  // namespace tare::nn
