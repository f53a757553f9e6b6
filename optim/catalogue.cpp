// The one visible table of optimizers: type, kind, one sentence, paper. Sorted by name within each kind.
#include "optim/catalogue.h"

#include "optim/a2grad.h"
#include "optim/acc_sgd.h"
#include "optim/acprop.h"
#include "optim/adabelief.h"
#include "optim/adabound.h"
#include "optim/adadelta.h"
#include "optim/adafactor.h"
#include "optim/adafactor_paper.h"
#include "optim/adagrad.h"
#include "optim/adai.h"
#include "optim/adam.h"
#include "optim/adam_norm.h"
#include "optim/adamax.h"
#include "optim/adamp.h"
#include "optim/adams.h"
#include "optim/adan.h"
#include "optim/adashift.h"
#include "optim/adasmooth.h"
#include "optim/ademamix.h"
#include "optim/adopt.h"
#include "optim/aggmo.h"
#include "optim/aida.h"
#include "optim/amos.h"
#include "optim/ano.h"
#include "optim/apollo.h"
#include "optim/asgd.h"
#include "optim/avagrad.h"
#include "optim/bcos.h"
#include "optim/came.h"
#include "optim/cautious.h"
#include "optim/chain.h"
#include "optim/class_gradients.h"
#include "optim/cocob.h"
#include "optim/d_adaptation.h"
#include "optim/diffgrad.h"
#include "optim/dog.h"
#include "optim/focus.h"
#include "optim/fromage.h"
#include "optim/ftrl.h"
#include "optim/galore.h"
#include "optim/gauss_newton.h"
#include "optim/grad_norm_smooth.h"
#include "optim/gradient_mask_tuning.h"
#include "optim/grams.h"
#include "optim/gravity.h"
#include "optim/grokfast.h"
#include "optim/hessian_diagonal.h"
#include "optim/irrelevance_decay.h"
#include "optim/kate.h"
#include "optim/kfac.h"
#include "optim/l1_sgd.h"
#include "optim/lamb.h"
#include "optim/laprop.h"
#include "optim/lars.h"
#include "optim/lbfgs.h"
#include "optim/lens.h"
#include "optim/lion.h"
#include "optim/logistic_gd.h"
#include "optim/lookahead.h"
#include "optim/madam.h"
#include "optim/madgrad.h"
#include "optim/mars.h"
#include "optim/momo.h"
#include "optim/msvag.h"
#include "optim/multi_norm.h"
#include "optim/muon.h"
#include "optim/nadam.h"
#include "optim/nero.h"
#include "optim/normalized_gd.h"
#include "optim/novograd.h"
#include "optim/optimistic.h"
#include "optim/padam.h"
#include "optim/pid.h"
#include "optim/pnm.h"
#include "optim/polyak.h"
#include "optim/private_gradient.h"
#include "optim/prodigy.h"
#include "optim/psgd.h"
#include "optim/qh.h"
#include "optim/radam.h"
#include "optim/ranger.h"
#include "optim/ranger21.h"
#include "optim/rmsprop.h"
#include "optim/rprop.h"
#include "optim/scaled_gd.h"
#include "optim/schedule_free.h"
#include "optim/scion.h"
#include "optim/sgd.h"
#include "optim/sgd_sai.h"
#include "optim/sgdw.h"
#include "optim/shampoo.h"
#include "optim/sharpness/amp.h"
#include "optim/sharpness/esam.h"
#include "optim/sharpness/gam.h"
#include "optim/sharpness/gradient_regularizer.h"
#include "optim/sharpness/gsam.h"
#include "optim/sharpness/look_sam.h"
#include "optim/sharpness/sam.h"
#include "optim/sign_sgd.h"
#include "optim/sm3.h"
#include "optim/soap.h"
#include "optim/sparse_adam.h"
#include "optim/splus.h"
#include "optim/srmm.h"
#include "optim/stable_adamw.h"
#include "optim/stable_spam.h"
#include "optim/subspace_zo_adam.h"
#include "optim/swan.h"
#include "optim/swats.h"
#include "optim/transform/accumulate.h"
#include "optim/transform/adaptive_grad_clip.h"
#include "optim/transform/average.h"
#include "optim/transform/clip.h"
#include "optim/transform/decoupled_decay.h"
#include "optim/transform/loss_scale.h"
#include "optim/transform/masked.h"
#include "optim/transform/noise.h"
#include "optim/transform/norm_loss.h"
#include "optim/transform/project.h"
#include "optim/transform/prune.h"
#include "optim/transform/riemannian.h"
#include "optim/transform/shape_gradients.h"
#include "optim/transform/softplus.h"
#include "optim/transform/trust_ratio.h"
#include "optim/vsgd.h"
#include "optim/weight_average.h"
#include "optim/weight_projection.h"
#include "optim/yogi.h"

namespace tare::optim {
namespace {

template <class O>
constexpr Row row(Kind kind, std::string_view description, std::string_view paper = "") {
  return {O::type, kind, &O::create, description, paper};
}

const Row kRows[] = {
    // ---- optimizers
    row<A2Grad>(Kind::optimizer, "Accelerated gradient descent with a step from the gradients' variance.", "_common_optimizers"),
    row<AccSGD>(Kind::optimizer, "Accelerated stochastic gradient descent with a long and a short step.", "_common_optimizers"),
    row<ACProp>(Kind::optimizer, "The gradient over the centred second moment of earlier ones.", "_common_optimizers"),
    row<AdaBelief>(Kind::optimizer, "Adam with the variance around the average gradient.", "_common_optimizers"),
    row<AdaBound>(Kind::optimizer, "Adam whose rates close in on that of gradient descent.", "_common_optimizers"),
    row<Adadelta>(Kind::optimizer, "Steps whose scale is that of past steps over that of past gradients.", "_common_optimizers"),
    row<Adafactor>(Kind::optimizer, "Adam's second moment as a row and a column, no momentum.", "_common_optimizers"),
    row<AdafactorPaper>(Kind::optimizer, "Adafactor as published: relative steps and clipped updates.", "_common_optimizers"),
    row<Adagrad>(Kind::optimizer, "The gradient over the root of the sum of its squares.", "_common_optimizers"),
    row<AdaHessian>(Kind::optimizer, "Momentum over the root mean square of the Hessian's diagonal.", "_common_optimizers"),
    row<Adai>(Kind::optimizer, "Momentum whose inertia adapts to each number.", "_common_optimizers"),
    row<Adam>(Kind::optimizer, "First and second moments with bias correction; L2 in the gradient.", "_common_optimizers"),
    row<Adamax>(Kind::optimizer, "Adam with the infinity norm of past gradients.", "_common_optimizers"),
    row<AdamaxW>(Kind::optimizer, "Adamax with decoupled weight decay.", "_common_optimizers"),
    row<AdamNorm>(Kind::optimizer, "Adam whose momentum takes gradients of corrected norm.", "_common_optimizers"),
    row<AdaMod>(Kind::optimizer, "Adam whose rates are bounded by their own averages.", "_common_optimizers"),
    row<AdamP>(Kind::optimizer, "Adam whose step does not lengthen scale-invariant weights.", "adamp"),
    row<AdamS>(Kind::optimizer, "Adam whose decay is scaled by the gradients of all tensors.", "_common_optimizers"),
    row<AdaMuon>(Kind::optimizer, "Muon of the momentum's sign, with a second moment.", "_common_optimizers"),
    row<AdamW>(Kind::optimizer, "Adam with decoupled weight decay.", "adamw"),
    row<AdamWPaper>(Kind::optimizer, "AdamW with a schedule that multiplies step and decay, as in its paper.", "adamw"),
    row<Adan>(Kind::optimizer, "Adam with Nesterov momentum made of gradient differences.", "_common_optimizers"),
    row<AdaPNM>(Kind::optimizer, "Positive-negative momentum over Adam's second moment.", "_common_optimizers"),
    row<AdaShift>(Kind::optimizer, "Momentum over the second moment of older gradients.", "_common_optimizers"),
    row<AdaSmooth>(Kind::optimizer, "RMSprop whose memory depends on how straight the path is.", "_common_optimizers"),
    row<AdEMAMix>(Kind::optimizer, "Adam with a second, much slower average of the gradient.", "_common_optimizers"),
    row<ADOPT>(Kind::optimizer, "Adam with normalization before the momentum, by earlier gradients.", "_common_optimizers"),
    row<AggMo>(Kind::optimizer, "The mean of momenta with several betas.", "_common_optimizers"),
    row<Aida>(Kind::optimizer, "AdaBelief with mutual projections of gradient and momentum.", "_common_optimizers"),
    row<AliG>(Kind::optimizer, "A bounded rate from the loss, for models that can fit their data.", "_common_optimizers"),
    row<Amos>(Kind::optimizer, "Weight decay adapted so that weights find their scale.", "_common_optimizers"),
    row<Ano>(Kind::optimizer, "The size of the gradient with the sign of the momentum.", "_common_optimizers"),
    row<Apollo>(Kind::optimizer, "A diagonal quasi-Newton method.", "_common_optimizers"),
    row<ASGD>(Kind::optimizer, "Gradient descent and the average of its path.", "_common_optimizers"),
    row<AvaGrad>(Kind::optimizer, "Adam with decoupled rates and adaptivity.", "_common_optimizers"),
    row<BCOS>(Kind::optimizer, "Steps optimal for each coordinate.", "_common_optimizers"),
    row<CAME>(Kind::optimizer, "Adafactor's moment, and a second one of the steps' unsteadiness.", "_common_optimizers"),
    row<CautiousAdamW>(Kind::optimizer, "AdamW that skips steps against the present gradient.", "_common_optimizers"),
    row<CautiousLion>(Kind::optimizer, "Lion that skips steps against the present gradient.", "_common_optimizers"),
    row<CDoWG>(Kind::optimizer, "DoWG for each number.", "_common_optimizers"),
    row<ClippedGD>(Kind::optimizer, "Gradient descent with the joint norm clipped.", "generalized_smooth_gd"),
    row<COCOB>(Kind::optimizer, "Coin betting, without a rate.", "_common_optimizers"),
    row<DAdaptAdaGrad>(Kind::optimizer, "Adagrad whose rate is estimated by D-Adaptation.", "_common_optimizers"),
    row<DAdaptAdam>(Kind::optimizer, "Adam whose rate is estimated by D-Adaptation.", "_common_optimizers"),
    row<DAdaptAdan>(Kind::optimizer, "Adan whose rate is estimated by D-Adaptation.", "_common_optimizers"),
    row<DAdaptLion>(Kind::optimizer, "Lion whose rate is estimated by D-Adaptation.", "_common_optimizers"),
    row<DAdaptSGD>(Kind::optimizer, "Gradient descent whose rate is estimated by D-Adaptation.", "_common_optimizers"),
    row<DiffGrad>(Kind::optimizer, "Adam damped where the gradient hardly changes.", "diffgrad"),
    row<DoG>(Kind::optimizer, "Distance from the start over the root of summed gradients as the rate.", "_common_optimizers"),
    row<DoWG>(Kind::optimizer, "DoG with gradients weighted by distance.", "_common_optimizers"),
    row<Fira>(Kind::optimizer, "GaLore with what the projection leaves over.", "_common_optimizers"),
    row<FOCUS>(Kind::optimizer, "Sign of the momentum, and a pull towards the average weights.", "_common_optimizers"),
    row<Fromage>(Kind::optimizer, "Every layer turns by the same relative amount.", "_common_optimizers"),
    row<FTRL>(Kind::optimizer, "Follow the regularized leader, with exact zeros.", "_common_optimizers"),
    row<GaLore>(Kind::optimizer, "Adam in a low-rank space of each matrix's gradients.", "_common_optimizers"),
    row<GaussNewton>(Kind::optimizer, "Damped least-squares steps from per-sample gradients: Levenberg-Marquardt.", "_common_optimizers"),
    row<GradNormSmooth>(Kind::optimizer, "Newton steps regularized by the gradient's norm, with approximate Hessians.", "grad_normalized_smoothness"),
    row<Grams>(Kind::optimizer, "Adam's step sizes with the gradient's signs.", "_common_optimizers"),
    row<Gravity>(Kind::optimizer, "Averages of gradients whose outliers are damped.", "_common_optimizers"),
    row<GrokfastAdamW>(Kind::optimizer, "AdamW with the slow part of the gradient amplified.", "_common_optimizers"),
    row<IrrelevanceDecaySGD>(Kind::optimizer, "Decay for weights whose gradient is small.", "irrelevant_weight_pruning"),
    row<Kate>(Kind::optimizer, "Adagrad without the root, invariant to the data's scale.", "_common_optimizers"),
    row<KFAC>(Kind::optimizer, "The natural gradient of linear layers by Kronecker factors.", "_common_optimizers"),
    row<L1SubgradientRMSprop>(Kind::optimizer, "RMSprop on the loss plus an L1 penalty, differentiated.", "nongrad_three_ways"),
    row<L1SubgradientSGD>(Kind::optimizer, "Gradient descent on the loss plus an L1 penalty, differentiated.", "nongrad_three_ways"),
    row<LAMB>(Kind::optimizer, "Adam's direction with a rate for each layer, in proportion to its weights' norm.", "_common_optimizers"),
    row<LaProp>(Kind::optimizer, "The average of normalized gradients.", "_common_optimizers"),
    row<LARS>(Kind::optimizer, "Momentum with a rate for each layer, in proportion to its weights' norm.", "_common_optimizers"),
    row<LBFGS>(Kind::optimizer, "Quasi-Newton steps from the last gradients, with a strong Wolfe line search.", "_common_optimizers"),
    row<LensAdagrad>(Kind::optimizer, "Adagrad as a lens.", "categorical_lenses"),
    row<LensAdam>(Kind::optimizer, "Adam as a lens.", "categorical_lenses"),
    row<LensMomentum>(Kind::optimizer, "Momentum as a lens.", "categorical_lenses"),
    row<LensNesterov>(Kind::optimizer, "Nesterov momentum as a lens whose get looks ahead.", "categorical_lenses"),
    row<LensSGD>(Kind::optimizer, "Gradient descent as a lens.", "categorical_lenses"),
    row<Lion>(Kind::optimizer, "The sign of an interpolation of momentum and gradient.", "_common_optimizers"),
    row<Madam>(Kind::optimizer, "Multiplicative updates of the weights.", "_common_optimizers"),
    row<MADGRAD>(Kind::optimizer, "Dual averaging with a cube root of summed squares.", "_common_optimizers"),
    row<MARS>(Kind::optimizer, "Variance-reduced gradients before AdamW, Lion or an orthogonalized step.", "_common_optimizers"),
    row<MirrorMADGRAD>(Kind::optimizer, "MADGRAD as mirror descent, with forgetting.", "_common_optimizers"),
    row<MNGP>(Kind::optimizer, "Differentially private steps: per-sample normalized gradients and noise.", "ngp_private"),
    row<MoMo>(Kind::optimizer, "Momentum with a rate from a model of the loss.", "_common_optimizers"),
    row<MoMoAdam>(Kind::optimizer, "Adam with a rate from a model of the loss.", "_common_optimizers"),
    row<MSVAG>(Kind::optimizer, "Momentum scaled by its signal-to-noise ratio.", "_common_optimizers"),
    row<MultiNormGD>(Kind::optimizer, "Gradients brought to several norms at once; no state.", "gradient_multi_norm"),
    row<Muon>(Kind::optimizer, "Momentum made orthogonal by Newton-Schulz iterations.", "_common_optimizers"),
    row<NAdam>(Kind::optimizer, "Adam with Nesterov momentum.", "_common_optimizers"),
    row<Nero>(Kind::optimizer, "Neurons on spheres, each turned by its own rate.", "_common_optimizers"),
    row<NormalizedGD>(Kind::optimizer, "The gradient over a power of its norm.", "generalized_smooth_gd"),
    row<NormalizedLogisticGD>(Kind::optimizer, "Gradient descent over the mean weight of misclassification.", "normalized_logistic_gd"),
    row<NorMuon>(Kind::optimizer, "Muon with rows brought to one scale.", "_common_optimizers"),
    row<NovoGrad>(Kind::optimizer, "Momentum of gradients normalized by a second moment for each tensor.", "novograd"),
    row<OptimisticAdam>(Kind::optimizer, "Adam extrapolated by its last change.", "_common_optimizers"),
    row<OptimisticGD>(Kind::optimizer, "Gradient descent extrapolated by its last change.", "_common_optimizers"),
    row<PAdam>(Kind::optimizer, "Adam with a partial power of its second moment.", "_common_optimizers"),
    row<PerClassNormalizedSGD>(Kind::optimizer, "Steps along the sum of the classes' unit gradients.", "class_imbalance_pcngd"),
    row<PID>(Kind::optimizer, "Proportional, integral and derivative of the gradient.", "_common_optimizers"),
    row<PNM>(Kind::optimizer, "Momentum with a negative part that keeps the noise.", "_common_optimizers"),
    row<PolyakSGD>(Kind::optimizer, "Gradient descent with Polyak's rate, from the loss.", "_common_optimizers"),
    row<Prodigy>(Kind::optimizer, "Adam whose rate is an estimate of the distance to a solution.", "_common_optimizers"),
    row<ProximalSGD>(Kind::optimizer, "Gradient descent, then soft thresholding: exact zeros.", "nongrad_three_ways"),
    row<PSGD>(Kind::optimizer, "A preconditioner learned from Hessian-vector products, on a Lie group.", "psgd"),
    row<QHAdam>(Kind::optimizer, "Averages of plain and Adam's steps.", "_common_optimizers"),
    row<QHM>(Kind::optimizer, "An average of the plain and the momentum step.", "_common_optimizers"),
    row<RAdam>(Kind::optimizer, "Adam whose adaptive rate is rectified while its variance is large.", "_common_optimizers"),
    row<Ranger>(Kind::optimizer, "RAdam with Lookahead and centralized gradients.", "_common_optimizers"),
    row<Ranger21>(Kind::optimizer, "AdamW with clipping, centralization, positive-negative momentum, stable decay, norm loss, Lookahead and a schedule.", "ranger21"),
    row<RMSprop>(Kind::optimizer, "The gradient over the root of its mean square.", "_common_optimizers"),
    row<RMSpropTF>(Kind::optimizer, "RMSprop as TensorFlow has it: eps inside the root, the average begins at 1.", "_common_optimizers"),
    row<Rprop>(Kind::optimizer, "Step sizes that grow while the sign of the gradient stays, and shrink when it turns.", "_common_optimizers"),
    row<ScaledGD>(Kind::optimizer, "A factor's gradient times the inverse of its Gram matrix.", "scaled_gd"),
    row<ScheduleFreeAdamW>(Kind::optimizer, "AdamW whose average replaces a schedule.", "_common_optimizers"),
    row<ScheduleFreeRAdam>(Kind::optimizer, "RAdam whose average replaces a schedule.", "_common_optimizers"),
    row<ScheduleFreeSGD>(Kind::optimizer, "Gradient descent whose average replaces a schedule.", "_common_optimizers"),
    row<Scion>(Kind::optimizer, "The point of a norm ball that agrees most with the momentum.", "_common_optimizers"),
    row<SGD>(Kind::optimizer, "Gradient descent with momentum, Nesterov momentum and dampening.", "_common_optimizers"),
    row<SGDP>(Kind::optimizer, "Momentum whose step does not lengthen scale-invariant weights.", "adamp"),
    row<SGDSaI>(Kind::optimizer, "Momentum with rates fixed by the first gradient's signal-to-noise ratio.", "_common_optimizers"),
    row<SGDW>(Kind::optimizer, "Gradient descent with momentum and decoupled weight decay.", "adamw"),
    row<Shampoo>(Kind::optimizer, "Full-matrix Adagrad with a matrix for each axis.", "_common_optimizers"),
    row<SignSGD>(Kind::optimizer, "The sign of the momentum.", "_common_optimizers"),
    row<SimplifiedAdEMAMix>(Kind::optimizer, "A long sum of gradients and the present one over Adam's second moment.", "_common_optimizers"),
    row<SinkGD>(Kind::optimizer, "Gradients with rows and columns of one length; no state.", "gradient_multi_norm"),
    row<SM3>(Kind::optimizer, "Adagrad with an accumulator for each axis.", "_common_optimizers"),
    row<SOAP>(Kind::optimizer, "Adam in the eigenbasis of Shampoo's matrices.", "_common_optimizers"),
    row<Sophia>(Kind::optimizer, "Momentum over the Hessian's diagonal, clipped.", "_common_optimizers"),
    row<SparseAdam>(Kind::optimizer, "Adam that leaves rows without a gradient alone.", "_common_optimizers"),
    row<Spider>(Kind::optimizer, "Normalized steps along a variance-reduced gradient.", "generalized_smooth_gd"),
    row<SPlus>(Kind::optimizer, "The sign of the momentum in an eigenbasis, with an average to evaluate with.", "_common_optimizers"),
    row<SRMM>(Kind::optimizer, "Averages of gradients and of weights with a falling weight.", "_common_optimizers"),
    row<StableAdamW>(Kind::optimizer, "AdamW whose rate falls where the second moment underestimates the gradient.", "_common_optimizers"),
    row<StableSPAM>(Kind::optimizer, "Adam after adaptive clipping of spikes and of the norm.", "_common_optimizers"),
    row<SubspaceZOAdam>(Kind::optimizer, "Adam on gradients from losses alone, without directions of little movement.", "zo_quantized_personalization"),
    row<SWAN>(Kind::optimizer, "Gradients standardized by rows and whitened; no state.", "swan"),
    row<SWATS>(Kind::optimizer, "Adam that switches to gradient descent.", "_common_optimizers"),
    row<Tiger>(Kind::optimizer, "The sign of the momentum, with one beta.", "_common_optimizers"),
    row<VSGD>(Kind::optimizer, "A probabilistic model of gradient and noise.", "_common_optimizers"),
    row<Yogi>(Kind::optimizer, "Adam whose second moment changes additively.", "_common_optimizers"),
    // ---- gradient transforms
    row<AdaptiveGradClip>(Kind::transform, "Clips each unit's gradient relative to the unit's weights.", "nfnet_agc"),
    row<AverageGradients>(Kind::transform, "The moving average of the gradients."),
    row<CentralizeGradients>(Kind::transform, "Takes the mean of each row off the gradients."),
    row<ClipByNorm>(Kind::transform, "Scales all gradients so that their joint norm is at most max_norm."),
    row<ClipByValue>(Kind::transform, "Clips every number of the gradients to [-clip_value, clip_value]."),
    row<DecoupledDecay>(Kind::transform, "Shrinks the weights, apart from the gradients."),
    row<Flooding>(Kind::transform, "Turns the gradient round below a level of the loss.", "gradient_regularization"),
    row<FreezeGradients>(Kind::transform, "Parameters chosen by pattern or role are left alone."),
    row<GradientNoise>(Kind::transform, "Adds noise whose variance falls with the steps."),
    row<MagnitudePruning>(Kind::transform, "The smallest weights made and kept 0, more of them as training goes on."),
    row<MaxNorm>(Kind::transform, "Rows of weights shortened to a largest length after the step."),
    row<NormalizeGradients>(Kind::transform, "Brings the gradients to norm 1: all together, by tensor or by row."),
    row<NormLoss>(Kind::transform, "Rows of weights pulled to length 1.", "norm_loss"),
    row<OrthogonalizeGradients>(Kind::transform, "Makes matrices of gradients orthogonal by Newton-Schulz iterations."),
    row<SignGradients>(Kind::transform, "The sign of the gradients."),
    row<SoftplusNormalize>(Kind::transform, "The gradient over the softplus of the root of its mean square.", "ranger21"),
    row<TrustRatio>(Kind::transform, "A rate for each tensor from the norms of weights and gradients."),
    row<UnitNorm>(Kind::transform, "Rows of weights brought to length 1 after the step."),
    row<WeightClip>(Kind::transform, "Every weight clipped to [-clip_value, clip_value] after the step."),
    // ---- wrappers
    row<Accumulate>(Kind::wrapper, "Several steps' gradients make one step of its base."),
    row<Chain>(Kind::wrapper, "Optimizers and transforms one after another."),
    row<EMA>(Kind::wrapper, "An exponential average of its base's weights to evaluate with."),
    row<GradientMaskTuning>(Kind::wrapper, "Only the entries with the largest accumulated gradients are updated.", "gradient_mask_tuning"),
    row<LAWN>(Kind::wrapper, "Free steps, then steps on the sphere of each weight's norm.", "lawn"),
    row<Lookahead>(Kind::wrapper, "Every k steps of its base it goes back part of the way.", "_common_optimizers"),
    row<LossScale>(Kind::wrapper, "Gradients of a scaled loss, and bad steps left out."),
    row<Masked>(Kind::wrapper, "Its base sees only the parameters chosen by pattern or role."),
    row<NaP>(Kind::wrapper, "Returns weights before normalizations to their first norm.", "nap"),
    row<PerGroup>(Kind::wrapper, "Several optimizers, each for its own parameters."),
    row<Riemannian>(Kind::wrapper, "A method on a manifold: tangent gradients, its step, a retraction."),
    row<SWA>(Kind::wrapper, "The mean of its base's weights to evaluate with."),
    row<WeightProjection>(Kind::wrapper, "Returns rows or tensors to a norm after each step of its base.", "l2_vs_norm"),
    // ---- sharpness
    row<AMP>(Kind::sharpness, "Steps with the gradient at the worst point of a ball around each tensor.", "amp"),
    row<ESAM>(Kind::sharpness, "SAM on a part of the weights and the samples whose loss rises most."),
    row<GAM>(Kind::sharpness, "Steps towards a small gradient norm in the neighbourhood.", "gam"),
    row<GradientRegularizer>(Kind::sharpness, "Adds the gradient of the squared gradient norm, exactly or by differences.", "gradient_regularization"),
    row<GSAM>(Kind::sharpness, "SAM that closes the gap between the loss and its worst value nearby."),
    row<LookSAM>(Kind::sharpness, "SAM whose second gradient is used for several steps."),
    row<SAM>(Kind::sharpness, "Steps with the gradient at the worst nearby point.", "sam_on"),
};

}  // namespace

std::span<const Row> catalogue() { return kRows; }

namespace {

/// Other names for rows with some options set.
struct Alternative {
  std::string_view name, type, option, value;
};
constexpr Alternative kAlternatives[] = {
    {"ClipGradNorm", "ClipByNorm", "", ""},
    {"ClipGradValue", "ClipByValue", "", ""},
    {"SAMON", "SAM", "perturb", "only_norm"},
};

/// {"type": "SGD", ..., "grad_transforms": [T1, T2]} is a Chain of T1, T2, SGD.
std::unique_ptr<Optimizer> build_with_transforms(Json json, const std::string& path) {
  Json list = json.at("grad_transforms");
  json.erase("grad_transforms");
  std::vector<AnyOptimizer> parts;
  auto& transforms = list.as_array(path + ".grad_transforms");
  for (size_t i = 0; i < transforms.size(); i++) parts.emplace_back(build(transforms[i], text(path, ".grad_transforms.", i)));
  parts.emplace_back(build(json, path));
  return std::make_unique<Chain>(std::move(parts));
}

}  // namespace

std::unique_ptr<Optimizer> build(const Json& json, const std::string& path) {
  check<ConfigError>(json.is_object(), path, ": expected an object with a \"type\" but found ", json.kind());
  const std::string& type = json.at("type", path).as_string(path + ".type");
  if (json.contains("grad_transforms")) return build_with_transforms(json, path);
  for (const Row& r : kRows)
    if (r.name == type) return r.create(json, path);
  for (const Alternative& a : kAlternatives)
    if (a.name == type) {
      Json same = json;
      same.set("type", a.type);
      if (!a.option.empty() && !same.contains(a.option)) same.set(a.option, a.value);
      return build(same, path);
    }
  std::vector<std::string_view> names;
  for (const Row& r : kRows) names.push_back(r.name);
  for (const Alternative& a : kAlternatives) names.push_back(a.name);
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
