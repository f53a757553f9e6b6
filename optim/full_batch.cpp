#include "optim/full_batch.h"

#include <utility>

#include "autograd/ops/elementwise.h"
#include "core/json.h"
#include "core/options.h"
#include "optim/fields.h"
#include "optim/hutchinson.h"
#include "optim/inplace.h"
#include "optim/measure.h"
#include "optim/sharpness/excursion.h"
#include "optim/transform/clip.h"

namespace tare::optim {

void GradRegularizerOptions::visit(Visitor& v) { list_options(v, "block_strength", block_strength, "fd_eps", fd_eps, "implementation", implementation); }

Tensors regularized_gradient(Step& s, const GradRegularizerOptions& o, double lr) {
  check<ConfigError>(o.implementation == "forward-differences" || o.implementation == "central-differences" || o.implementation == "autograd",
                     "regularized_gradient: unknown implementation \"", o.implementation,
                     "\"; there are \"forward-differences\", \"central-differences\" and \"autograd\"");
  Tensors g = s.grads;
  double length = o.block_strength * joint_norm_of(g);
  if (!(length > 0)) return g;
  double e = o.fd_eps / length, probe = e * o.block_strength;
  Tensors slope(g.size());  // H u
  if (o.implementation == "autograd") {
    FrozenStatistics frozen;
    slope = hessian_vector_product(s, g, "regularized_gradient");
    for (Tensor& t : slope)
      if (t.defined()) t = t * o.block_strength;
  } else {
    Excursion away(s);
    auto at = [&](double distance) {
      away.to(g, distance);
      away.evaluate("regularized_gradient");
      return s.grads;
    };
    bool central = o.implementation == "central-differences";
    Tensors ahead = at(central ? probe / 2 : probe), behind = central ? at(-probe / 2) : g;
    for (size_t i = 0; i < g.size(); i++)
      if (ahead[i].defined() && behind[i].defined()) slope[i] = (ahead[i] - behind[i]) / e;
  }
  for (size_t i = 0; i < g.size(); i++)
    if (slope[i].defined()) g[i] = g[i] + slope[i] * (lr / 4);
  return g;
}

void FullBatchOptions::visit(Visitor& v) { list_options(v, "sub_batch", sub_batch, "grad_clip", grad_clip, "lr", lr, "shuffle", shuffle); }

FullBatchOptions FullBatchOptions::from_json(const Json& json, const std::string& path) {
  FullBatchOptions o;
  options_from_json(o, json, path, {"type", "grad_reg"});
  if (const Json* penalty = json.find("grad_reg"); penalty && !penalty->is_null()) options_from_json(o.grad_reg, *penalty, path + ".grad_reg");
  return o;
}

FullBatchTrainer::FullBatchTrainer(ParameterList params, AnyOptimizer optimizer, FullBatchOptions options) : FullBatchTrainer(*optimizer, std::move(options)) {
  own_ = std::move(optimizer);
  optimizer_->bind(std::move(params));
}

FullBatchTrainer::FullBatchTrainer(Optimizer& optimizer, FullBatchOptions options) : optimizer_(&optimizer), options_(std::move(options)) {
  check<ConfigError>(options_.sub_batch >= 1, "FullBatchTrainer: sub_batch must be at least 1, not ", options_.sub_batch);
  check<ConfigError>(!options_.grad_clip || *options_.grad_clip > 0, "FullBatchTrainer: grad_clip must be positive, not ", options_.grad_clip.value_or(0));
  check<ConfigError>(!optimizer.needs_closure(), "FullBatchTrainer: ", optimizer.type_name(), " evaluates the loss itself, but a step's loss is that of many blocks");
}

double FullBatchTrainer::step(int64_t num_samples, const BlockLoss& loss) {
  int64_t begin = 0;
  return step_blocks(num_samples, [&] {
    int64_t at = std::exchange(begin, std::min(begin + options_.sub_batch, num_samples)), end = begin;
    return Block{end - at, [&loss, at, end] { return loss(at, end); }};
  });
}

double FullBatchTrainer::step_blocks(int64_t num_samples, const std::function<Block()>& next) {
  check<ConfigError>(num_samples >= 1, "FullBatchTrainer: num_samples must be at least 1, not ", num_samples);
  NoGrad off;
  const ParameterList& params = optimizer_->params();
  double lr = options_.grad_reg.block_strength > 0 ? optimizer_->get(options_.lr).as_double(options_.lr) : 0, total = 0;
  Tensors average(params.size());
  for (int64_t done = 0; done < num_samples;) {
    Block block = next();
    check<ValueError>(block.samples >= 1 && done + block.samples <= num_samples, "FullBatchTrainer: a block of ", block.samples, " samples after ", done, " of ",
                      num_samples);
    done += block.samples;
    Step s{.params = params, .groups = optimizer_->groups(), .grads = Tensors(params.size()), .closure = &block.loss};
    s.evaluate(false, "FullBatchTrainer");
    double share = double(block.samples) / double(num_samples);
    total += share * sum_of(s.loss) / double(s.loss.numel());
    Tensors g = regularized_gradient(s, options_.grad_reg, lr);
    for (size_t i = 0; i < g.size(); i++)
      if (g[i].defined()) add_in_place(zeros_on_first_use(average[i], params[i].tensor), g[i], share);
  }
  if (options_.grad_clip && joint_norm_of(average) > *options_.grad_clip) average = clip_grad_norm(average, *options_.grad_clip).grads;
  Step s{.params = params, .groups = optimizer_->groups(), .grads = average};
  optimizer_->step_with(s);
  return total;
}

}  // namespace tare::optim
