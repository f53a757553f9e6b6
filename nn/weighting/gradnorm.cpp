#include "nn/weighting/gradnorm.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "nn/weighting/adam_moments.h"

namespace tare::nn {

void GradNormWeighterOptions::visit(Visitor& v) {
  v.option("num_tasks", num_tasks);
  v.option("alpha", alpha);
  v.option("lr", lr);
  v.option("optimizer", optimizer);
  v.option("min_weight", min_weight);
}

Tensors GradNormOutput::flatten() const { return {loss_weights, loss}; }

GradNormWeighter::GradNormWeighter(Options o) : options(o) {
  check<ConfigError>(o.num_tasks >= 1, "GradNormWeighter: num_tasks must be at least 1, not ", o.num_tasks);
  check<ConfigError>(o.optimizer == "adam" || o.optimizer == "sgd", "GradNormWeighter: optimizer must be \"adam\" or \"sgd\", not \"", o.optimizer, "\"");
  check<ConfigError>(o.lr >= 0 && o.min_weight >= 0, "GradNormWeighter: lr and min_weight must be at least 0, not ", o.lr, " and ", o.min_weight);
  loss_weights = Buffer(ones({o.num_tasks}));
  initial_losses = Buffer(zeros({o.num_tasks}));
  if (o.optimizer != "adam") return;
  exp_avg = Buffer(zeros({o.num_tasks}));
  exp_avg_sq = Buffer(zeros({o.num_tasks}));
  step = Buffer(zeros({}, DType::int64));
}

void GradNormWeighter::visit(Visitor& v) {
  v.buffer("loss_weights", loss_weights);
  v.buffer("initial_losses", initial_losses);
  if (!exp_avg.defined()) return;
  v.buffer("exp_avg", exp_avg);
  v.buffer("exp_avg_sq", exp_avg_sq);
  v.buffer("step", step);
}

GradNormOutput GradNormWeighter::forward(const Tensor& losses, const Tensor& task_grad_norms) {
  NoGrad off;
  for (const Tensor& t : {losses, task_grad_norms})
    check<ShapeError>(t.shape() == Shape({options.num_tasks}), "GradNormWeighter: expected losses and gradient norms of shape [", options.num_tasks,
                      "] (num_tasks) but found ", t.shape());
  Tensor w = loss_weights, loss = losses.detach(), n = task_grad_norms.detach();
  if (training() && max(abs(initial_losses())).item() == 0) initial_losses.update(loss);
  Tensor ratio = loss / initial_losses(), gradient_norm = w * n;
  Tensor off_target = gradient_norm - mean(gradient_norm) * pow(ratio / mean(ratio), options.alpha);
  Tensor total = sum(abs(off_target));
  if (!training()) return {tare::clone(w), total};
  Tensor gradient = sign(off_target) * n;
  w = w - (exp_avg.defined() ? adam_step(gradient) : gradient * options.lr);
  if (options.min_weight > 0) w = clamp(w, options.min_weight);
  w = w * (double(options.num_tasks) / sum(w));
  loss_weights.update(w);
  return {w, total};
}

Tensor GradNormWeighter::adam_step(const Tensor& gradient) const {
  AdamMoments moments{exp_avg(), exp_avg_sq(), step().item<int64_t>()};
  Tensor update = moments.update(gradient, options.lr);
  exp_avg.update(moments.exp_avg);
  exp_avg_sq.update(moments.exp_avg_sq);
  step.update(scalar(double(moments.step), DType::int64));
  return update;
}

Tensor gradnorm_backward(const Tensors& losses, const Tensor& shared_weight, GradNormWeighter& weighter) {
  check<ShapeError>(int64_t(losses.size()) == weighter.options.num_tasks, "gradnorm_backward: the weighter has ", weighter.options.num_tasks,
                    " tasks but there are ", losses.size(), " losses");
  Tensors values, norms;
  Tensor total;
  for (size_t i = 0; i < losses.size(); i++) {
    norms.push_back(norm(grad(losses[i], shared_weight, {.retain_graph = true}).detach()));
    values.push_back(losses[i].detach());
    Tensor term = losses[i] * select(weighter.loss_weights(), 0, int64_t(i)).item();
    total = total.defined() ? total + term : term;
  }
  backward({total});
  weighter.forward(stack(values), stack(norms));
  return total.detach();
}

template class Layer<GradNormWeighter>;

}  // namespace tare::nn
