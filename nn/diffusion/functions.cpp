// Diffusion models in the table of functions.
#include "autograd/functions.h"
#include "autograd/samples.h"
#include "nn/diffusion/guidance.h"
#include "nn/diffusion/p2.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

Samples two() { return {{{spread({3, 4}), spread({3, 4}, -2, 2, 1)}}}; }
Samples steps() { return {{{spread({3, 4}), spread({3, 4}, -2, 2, 1)}, with({{"alpha_bar", 0.3}, {"alpha_bar_prev", 0.45}})}}; }
Samples noise() {
  Tensor t = samples::whole({0, 17, 29}, {3});
  return {{{spread({3, 2, 2}), spread({3, 2, 2}, -2, 2, 1), t}, with({{"timesteps", 30}, {"p2_gamma", 0.5}})},
          {{spread({3, 4}), spread({3, 4}, -2, 2, 1), t}, with({{"schedule", "cosine"}, {"timesteps", 30}})}};
}

const Function kDiffusion[] = {
    {"cfg_combine", [](const Inputs& x, Keywords& o) -> Tensors { return {cfg_combine(x[0], x[1], o.real("scale", 7.5))}; }, two, Gradient::exact,
     "Classifier-free guidance: a conditional prediction led away from the unconditional one.", "adaptive_guidance"},
    {"ddim_step", [](const Inputs& x, Keywords& o) -> Tensors { return {ddim_step(x[0], x[1], o.real("alpha_bar"), o.real("alpha_bar_prev"))}; }, steps, Gradient::exact,
     "One deterministic step from a noise level to the next.", "adaptive_guidance"},
    {"diffusion_snr", [](const Inputs&, Keywords& o) -> Tensors { return {diffusion_snr(options_of<P2Options>(o))}; }, nullptr, Gradient::none,
     "Signal-to-noise ratios of a noise schedule.", "p2_weighting"},
    {"guidance_alignment", [](const Inputs& x, Keywords&) -> Tensors { return {guidance_alignment(x[0], x[1])}; }, two, Gradient::exact,
     "Cosine of conditional and unconditional predictions of each sample.", "adaptive_guidance"},
    {"linear_ag_fit", [](const Inputs& x, Keywords& o) -> Tensors { return {linear_ag_fit(x[0], x[1], o.real("ridge", 0))}; },
     [] { return Samples{{{spread({5, 2}), spread({5}, -2, 2, 1)}, with({{"ridge", 0.3}})}}; }, Gradient::exact, "Coefficients that estimate a prediction from earlier ones.",
     "adaptive_guidance"},
    {"p2_weighted_mse", [](const Inputs& x, Keywords& o) -> Tensors { return {p2_weighted_mse(x[0], x[1], x[2], options_of<P2Options>(o))}; }, noise, Gradient::exact,
     "Squared errors of predicted noise, weighted by how perceptible the noise level is.", "p2_weighting"},
    {"p2_weights", [](const Inputs&, Keywords& o) -> Tensors { return {p2_weights(options_of<P2Options>(o))}; }, nullptr, Gradient::none,
     "What the losses of each noise level are weighted by.", "p2_weighting"},
};

}  // namespace

std::span<const Function> diffusion() { return kDiffusion; }

}  // namespace tare::nn::tables
