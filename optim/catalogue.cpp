// The one visible table of optimizers: type, kind, one sentence, paper. Sorted by name within each kind.
#include "optim/catalogue.h"

#include "optim/acc_sgd.h"
#include "optim/adadelta.h"
#include "optim/adafactor.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/adamax.h"
#include "optim/adan.h"
#include "optim/aggmo.h"
#include "optim/asgd.h"
#include "optim/cautious.h"
#include "optim/chain.h"
#include "optim/fromage.h"
#include "optim/ftrl.h"
#include "optim/gravity.h"
#include "optim/lamb.h"
#include "optim/lars.h"
#include "optim/lbfgs.h"
#include "optim/lion.h"
#include "optim/lookahead.h"
#include "optim/madam.h"
#include "optim/msvag.h"
#include "optim/muon.h"
#include "optim/nadam.h"
#include "optim/nero.h"
#include "optim/optimistic.h"
#include "optim/pid.h"
#include "optim/pnm.h"
#include "optim/qh.h"
#include "optim/radam.h"
#include "optim/rmsprop.h"
#include "optim/rprop.h"
#include "optim/schedule_free.h"
#include "optim/scion.h"
#include "optim/sgd.h"
#include "optim/sgd_sai.h"
#include "optim/sharpness/sam.h"
#include "optim/sign_sgd.h"
#include "optim/sm3.h"
#include "optim/sparse_adam.h"
#include "optim/srmm.h"
#include "optim/transform/clip.h"

namespace tare::optim {
namespace {

template <class O>
constexpr Row row(Kind kind, std::string_view description, std::string_view paper = "") {
  return {O::type, kind, &O::create, description, paper};
}

const Row kRows[] = {
    // ---- optimizers
    row<AccSGD>(Kind::optimizer, "Accelerated stochastic gradient descent with a long and a short step.", "_common_optimizers"),
    row<Adadelta>(Kind::optimizer, "Steps whose scale is that of past steps over that of past gradients.", "_common_optimizers"),
    row<Adafactor>(Kind::optimizer, "Adam's second moment as a row and a column, no momentum.", "_common_optimizers"),
    row<Adagrad>(Kind::optimizer, "The gradient over the root of the sum of its squares.", "_common_optimizers"),
    row<Adam>(Kind::optimizer, "First and second moments with bias correction; L2 in the gradient.", "_common_optimizers"),
    row<Adamax>(Kind::optimizer, "Adam with the infinity norm of past gradients.", "_common_optimizers"),
    row<AdamaxW>(Kind::optimizer, "Adamax with decoupled weight decay.", "_common_optimizers"),
    row<AdaMuon>(Kind::optimizer, "Muon of the momentum's sign, with a second moment.", "_common_optimizers"),
    row<AdamW>(Kind::optimizer, "Adam with decoupled weight decay.", "adamw"),
    row<Adan>(Kind::optimizer, "Adam with Nesterov momentum made of gradient differences.", "_common_optimizers"),
    row<AdaPNM>(Kind::optimizer, "Positive-negative momentum over Adam's second moment.", "_common_optimizers"),
    row<AggMo>(Kind::optimizer, "The mean of momenta with several betas.", "_common_optimizers"),
    row<ASGD>(Kind::optimizer, "Gradient descent and the average of its path.", "_common_optimizers"),
    row<CautiousAdamW>(Kind::optimizer, "AdamW that skips steps against the present gradient.", "_common_optimizers"),
    row<CautiousLion>(Kind::optimizer, "Lion that skips steps against the present gradient.", "_common_optimizers"),
    row<Fromage>(Kind::optimizer, "Every layer turns by the same relative amount.", "_common_optimizers"),
    row<FTRL>(Kind::optimizer, "Follow the regularized leader, with exact zeros.", "_common_optimizers"),
    row<Gravity>(Kind::optimizer, "Averages of gradients whose outliers are damped.", "_common_optimizers"),
    row<LAMB>(Kind::optimizer, "Adam's direction with a rate for each layer, in proportion to its weights' norm.", "_common_optimizers"),
    row<LARS>(Kind::optimizer, "Momentum with a rate for each layer, in proportion to its weights' norm.", "_common_optimizers"),
    row<LBFGS>(Kind::optimizer, "Quasi-Newton steps from the last gradients, with a strong Wolfe line search.", "_common_optimizers"),
    row<Lion>(Kind::optimizer, "The sign of an interpolation of momentum and gradient.", "_common_optimizers"),
    row<Madam>(Kind::optimizer, "Multiplicative updates of the weights.", "_common_optimizers"),
    row<MSVAG>(Kind::optimizer, "Momentum scaled by its signal-to-noise ratio.", "_common_optimizers"),
    row<Muon>(Kind::optimizer, "Momentum made orthogonal by Newton-Schulz iterations.", "_common_optimizers"),
    row<NAdam>(Kind::optimizer, "Adam with Nesterov momentum.", "_common_optimizers"),
    row<Nero>(Kind::optimizer, "Neurons on spheres, each turned by its own rate.", "_common_optimizers"),
    row<NorMuon>(Kind::optimizer, "Muon with rows brought to one scale.", "_common_optimizers"),
    row<OptimisticAdam>(Kind::optimizer, "Adam extrapolated by its last change.", "_common_optimizers"),
    row<OptimisticGD>(Kind::optimizer, "Gradient descent extrapolated by its last change.", "_common_optimizers"),
    row<PID>(Kind::optimizer, "Proportional, integral and derivative of the gradient.", "_common_optimizers"),
    row<PNM>(Kind::optimizer, "Momentum with a negative part that keeps the noise.", "_common_optimizers"),
    row<QHAdam>(Kind::optimizer, "Averages of plain and Adam's steps.", "_common_optimizers"),
    row<QHM>(Kind::optimizer, "An average of the plain and the momentum step.", "_common_optimizers"),
    row<RAdam>(Kind::optimizer, "Adam whose adaptive rate is rectified while its variance is large.", "_common_optimizers"),
    row<RMSprop>(Kind::optimizer, "The gradient over the root of its mean square.", "_common_optimizers"),
    row<RMSpropTF>(Kind::optimizer, "RMSprop as TensorFlow has it: eps inside the root, the average begins at 1.", "_common_optimizers"),
    row<Rprop>(Kind::optimizer, "Step sizes that grow while the sign of the gradient stays, and shrink when it turns.", "_common_optimizers"),
    row<ScheduleFreeAdamW>(Kind::optimizer, "AdamW whose average replaces a schedule.", "_common_optimizers"),
    row<ScheduleFreeRAdam>(Kind::optimizer, "RAdam whose average replaces a schedule.", "_common_optimizers"),
    row<ScheduleFreeSGD>(Kind::optimizer, "Gradient descent whose average replaces a schedule.", "_common_optimizers"),
    row<Scion>(Kind::optimizer, "The point of a norm ball that agrees most with the momentum.", "_common_optimizers"),
    row<SGD>(Kind::optimizer, "Gradient descent with momentum, Nesterov momentum and dampening.", "_common_optimizers"),
    row<SGDSaI>(Kind::optimizer, "Momentum with rates fixed by the first gradient's signal-to-noise ratio.", "_common_optimizers"),
    row<SignSGD>(Kind::optimizer, "The sign of the momentum.", "_common_optimizers"),
    row<SM3>(Kind::optimizer, "Adagrad with an accumulator for each axis.", "_common_optimizers"),
    row<SparseAdam>(Kind::optimizer, "Adam that leaves rows without a gradient alone.", "_common_optimizers"),
    row<SRMM>(Kind::optimizer, "Averages of gradients and of weights with a falling weight.", "_common_optimizers"),
    row<Tiger>(Kind::optimizer, "The sign of the momentum, with one beta.", "_common_optimizers"),
    // ---- gradient transforms
    row<ClipByNorm>(Kind::transform, "Scales all gradients so that their joint norm is at most max_norm."),
    row<ClipByValue>(Kind::transform, "Clips every number of the gradients to [-clip_value, clip_value]."),
    // ---- wrappers
    row<Chain>(Kind::wrapper, "Optimizers and transforms one after another."),
    row<Lookahead>(Kind::wrapper, "Every k steps of its base it goes back part of the way.", "_common_optimizers"),
    // ---- sharpness
    row<SAM>(Kind::sharpness, "Steps with the gradient at the worst nearby point.", "sam_on"),
};

}  // namespace

std::span<const Row> catalogue() { return kRows; }

std::unique_ptr<Optimizer> build(const Json& json, const std::string& path) {
  check<ConfigError>(json.is_object(), path, ": expected an object with a \"type\" but found ", json.kind());
  const std::string& type = json.at("type", path).as_string(path + ".type");
  for (const Row& r : kRows)
    if (r.name == type) return r.create(json, path);
  std::vector<std::string_view> names;
  for (const Row& r : kRows) names.push_back(r.name);
  std::string near = nearest(type, names.data(), names.size());
  throw ConfigError(text(path, ".type: unknown optimizer \"", type, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

std::unique_ptr<Optimizer> build(const Json& json, const ParameterList& params, const std::string& path) {
  std::unique_ptr<Optimizer> o = build(json, path);
  o->bind(params);
  const Json* groups = json.find("groups");
  if (!groups) return o;
  auto& list = groups->as_array(path + ".groups");
  for (size_t k = 0; k < list.size(); k++) {
    std::string where = text(path, ".groups.", k);
    ParameterList members;
    Json options = Json::object();
    for (auto& [key, value] : list[k].as_object(where)) {
      if (key == "role") members = params.select(role_from_name(value.as_string(where + ".role")));
      else if (key != "params") options.set(key, value);
      else if (value.is_string()) members = params.select(value.as_string(where));
      else
        for (auto& name : value.as_array(where + ".params"))
          for (auto& e : params.select(name.as_string(where))) members.push_back(e);
    }
    check<ConfigError>(!members.empty(), where, ": no parameter matches this group");
    o->add_group(members, options);
  }
  return o;
}

}  // namespace tare::optim
