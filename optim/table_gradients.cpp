#include "autograd/ops/factory.h"
#include "optim/class_gradients.h"
#include "optim/irrelevance_decay.h"
#include "optim/multi_norm.h"
#include "optim/private_gradient.h"
#include "optim/psgd.h"
#include "optim/sgdw.h"
#include "optim/swan.h"
#include "optim/table.h"
#include "optim/transform/adaptive_grad_clip.h"
#include "optim/transform/clip.h"
#include "optim/weight_projection.h"

namespace tare::optim::tables {
namespace {

Tensors call_clip_grad_norm(const Inputs& x, Keywords& o) {
  Clipped c = clip_grad_norm(x.all(), o.real("max_norm"), o.real("norm_type", 2), o.flag("error_if_nonfinite", false));
  c.grads.push_back(scalar(c.norm, x[0].dtype()));
  return c.grads;
}
Tensors call_m_ngp_step(const Inputs& x, Keywords& o) {
  PrivateStep s = m_ngp_step(x[0], x[1], x[2], o.real("lr"), o.real("sigma"), o.word("granularity", "sample"));
  return {s.theta, s.u};
}
Tensors call_prune(const Inputs& x, Keywords& o) {
  Pruned p = magnitude_threshold_prune(x[0], o.real("threshold"));
  return {p.mask, p.w};
}

std::vector<std::string> words(Keywords& o, std::string_view key) {
  std::vector<std::string> out;
  for (const Json& word : o.json(key).as_array(key)) out.push_back(word.as_string(key));
  return out;
}
Tensors call_xmat_update(const Inputs& x, Keywords& o) {
  XMat q = psgd_xmat_update(x[0], x[1], x[2], x[3], o.real("lr_preconditioner", 0.1), o.word("step_normalizer", "2nd"));
  return {q.a, q.b};
}
Tensors call_lra_update(const Inputs& x, Keywords& o) {
  LowRank q = psgd_lra_update({x[0], x[1], x[2]}, x[3], x[4], o.word("which"), o.real("lr_preconditioner", 0.1), o.word("step_normalizer", "2nd"));
  return {q.u, q.v, q.d};
}
Tensors call_kron_update(const Inputs& x, Keywords& o) {
  Kron q = psgd_kron_update({x[0], x[1]}, x[2], x[3], o.real("lr_preconditioner", 0.1), o.word("step_normalizer", "2nd"));
  return {q.q1, q.q2};
}

const Function kGradients[] = {
    {"adaptive_grad_clip", [](const Inputs& x, Keywords& o) -> Tensors { return {adaptive_grad_clip(x[0], x[1], o.real("clipping", 0.01), o.real("eps", 1e-3))}; },
     nullptr, Gradient::none, "A gradient clipped by output units, relative to their weights.", "nfnet_agc"},
    {"clip_grad_norm", call_clip_grad_norm, nullptr, Gradient::none, "Gradients scaled to a joint norm of at most max_norm, and the norm before.", "rnn_gradient_clipping"},
    {"clip_grad_value", [](const Inputs& x, Keywords& o) -> Tensors { return clip_grad_value(x.all(), o.real("clip_value")); }, nullptr, Gradient::none,
     "Gradients clamped number by number.", "rnn_gradient_clipping"},
    {"effective_learning_rate", [](const Inputs& x, Keywords& o) -> Tensors { return {effective_learning_rate(x[0], o.real("lr"), o.word("optimizer", "sgd"))}; },
     nullptr, Gradient::none, "The rate at which a scale-invariant weight turns.", "l2_vs_norm"},
    {"gaussian_sigma",
     [](const Inputs&, Keywords& o) -> Tensors {
       return {scalar(gaussian_sigma(o.real("epsilon"), o.real("delta"), o.integer("steps"), o.integer("num_samples"), o.real("clip", 1)), DType::float64)};
     },
     nullptr, Gradient::none, "The noise that makes steps differentially private.", "ngp_private"},
    {"grad_norm", [](const Inputs& x, Keywords& o) -> Tensors { return {grad_norm(x[0], o.real("eps", 1e-8))}; }, nullptr, Gradient::none,
     "A gradient matrix with rows of mean 0 and deviation 1.", "swan"},
    {"grad_whitening",
     [](const Inputs& x, Keywords& o) -> Tensors {
       return {grad_whitening(x[0], o.word("method", "newton_schulz"), o.integer("ns_steps", 10), o.real("beta", 0.5), o.real("eps", 1e-8))};
     },
     nullptr, Gradient::none, "The orthogonal matrix nearest to a gradient.", "swan"},
    {"m_ngp_step", call_m_ngp_step, nullptr, Gradient::none, "One step along per-sample normalized gradients with noise.", "ngp_private"},
    {"magnitude_threshold_prune", call_prune, nullptr, Gradient::none, "A mask of the weights of at least a threshold, and the weights under it.", "irrelevant_weight_pruning"},
    {"multi_normalize", [](const Inputs& x, Keywords& o) -> Tensors { return {multi_normalize(x[0], words(o, "norms"), o.integer("num_iters", 5))}; }, nullptr,
     Gradient::none, "A gradient matrix brought to several norms by alternating projections.", "gradient_multi_norm"},
    {"normalized_weight_decay",
     [](const Inputs&, Keywords& o) -> Tensors {
       return {scalar(normalized_weight_decay(o.real("lambda_norm"), o.integer("batch_size"), o.integer("num_samples"), o.integer("epochs")), DType::float64)};
     },
     nullptr, Gradient::none, "A weight decay that suits the length of a run.", "adamw"},
    {"per_class_normalized_gradient",
     [](const Inputs& x, Keywords& o) -> Tensors { return {per_class_normalized_gradient(x[0], x.optional(1), o.word("mode", "pcngd"), o.real("eps", 1e-12))}; },
     nullptr, Gradient::none, "The sum of the classes' unit gradients.", "class_imbalance_pcngd"},
    {"psgd_kron_precondition", [](const Inputs& x, Keywords&) -> Tensors { return {psgd_kron_precondition({x[0], x[1]}, x[2])}; }, nullptr, Gradient::none,
     "A gradient preconditioned by a Kronecker product of triangular factors.", "psgd"},
    {"psgd_kron_update", call_kron_update, nullptr, Gradient::none, "One update of a Kronecker preconditioner.", "psgd"},
    {"psgd_lra_precondition", [](const Inputs& x, Keywords&) -> Tensors { return {psgd_lra_precondition({x[0], x[1], x[2]}, x[3])}; }, nullptr, Gradient::none,
     "A gradient preconditioned by a diagonal and a low rank.", "psgd"},
    {"psgd_lra_update", call_lra_update, nullptr, Gradient::none, "One update of a low-rank preconditioner.", "psgd"},
    {"psgd_xmat_precondition", [](const Inputs& x, Keywords&) -> Tensors { return {psgd_xmat_precondition(x[0], x[1], x[2])}; }, nullptr, Gradient::none,
     "A gradient preconditioned by a diagonal and an antidiagonal.", "psgd"},
    {"psgd_xmat_update", call_xmat_update, nullptr, Gradient::none, "One update of an X-shaped preconditioner.", "psgd"},
    {"sr_sinkhorn", [](const Inputs& x, Keywords& o) -> Tensors { return {sr_sinkhorn(x[0], o.integer("num_iters", 5))}; }, nullptr, Gradient::none,
     "A gradient matrix with rows and columns of one length each.", "gradient_multi_norm"},
};

}  // namespace

std::span<const Function> gradients() { return kGradients; }

}  // namespace tare::optim::tables
