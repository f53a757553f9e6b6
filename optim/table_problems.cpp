#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "optim/general_utilities.h"
#include "optim/implicit_map.h"
#include "optim/logistic_gd.h"
#include "optim/scaled_gd.h"
#include "optim/table.h"
#include "optim/zeroth_order.h"

namespace tare::optim::tables {
namespace {

Tensors call_kalman_filter(const Inputs& x, Keywords&) {
  Filtered f = kalman_filter(x[0], x[1], x[2], x[3], x[4], x[5], x[6]);
  return {f.means, f.covs};
}

Tensors call_nvrpg_step(const Inputs& x, Keywords& o) {
  NVRPGStep s = nvrpg_step(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7],
                           {.gamma = o.real("gamma"), .eta = o.real("eta"), .alpha = o.real("alpha"), .w_max = o.maybe_real("w_max"),
                            .clamp_occupancy = o.flag("clamp_occupancy", false)});
  return {s.theta, s.lam, s.d};
}
Tensors call_quantize_int8(const Inputs& x, Keywords&) {
  Int8Tensor q = quantize_int8(x[0]);
  return {q.codes, scalar(q.scale, x[0].dtype())};
}

const Function kProblems[] = {
    {"implicit_map_filter",
     [](const Inputs& x, Keywords& o) -> Tensors { return {implicit_map_filter(x[0], x[1], x[2], x[3], o.integer("k"), o.json("optimizer"))}; }, nullptr,
     Gradient::none, "A state filtered by a few steps of an optimizer on each measurement.", "implicit_map_filter"},
    {"implicit_map_kalman",
     [](const Inputs& x, Keywords& o) -> Tensors { return {implicit_map_kalman(x[0], x[1], x[2], x[3], x[4], x[5], x[6], o.integer("k"))}; }, nullptr,
     Gradient::none, "The Kalman filter's means by preconditioned gradient steps.", "implicit_map_filter"},
    {"kalman_equivalent_lr", [](const Inputs& x, Keywords& o) -> Tensors { return {kalman_equivalent_lr(x[0], x[1], x[2], o.integer("k"))}; }, nullptr,
     Gradient::none, "The preconditioner whose k steps are a Kalman update.", "implicit_map_filter"},
    {"kalman_filter", call_kalman_filter, nullptr, Gradient::none, "Means and covariances of a linear Gaussian state.", "implicit_map_filter"},
    {"logistic_gd",
     [](const Inputs& x, Keywords& o) -> Tensors { return {logistic_gd(x[0], x[1], x[2], o.word("variant", "gd"), o.real("lr"), o.integer("steps"))}; }, nullptr,
     Gradient::none, "The path of gradient descent on the logistic loss, normalized or not, and of the batch perceptron.", "normalized_logistic_gd"},
    {"nvrpg_step", call_nvrpg_step, nullptr, Gradient::none, "One policy step for a general utility, from one trajectory.", "rl_general_utilities"},
    {"occupancy_entropy", [](const Inputs& x, Keywords& o) -> Tensors { return {occupancy_entropy(x[0], o.real("eps", 1e-3))}; },
     [] { return std::vector<FunctionSample>{{{samples::spread({3, 2}, 0.1, 2)}}}; }, Gradient::exact, "The entropy of the states a policy visits.", "rl_general_utilities"},
    {"occupancy_estimate",
     [](const Inputs& x, Keywords& o) -> Tensors { return {occupancy_estimate(x[0], x[1], o.integer("num_states"), o.integer("num_actions"), o.real("gamma"))}; }, nullptr,
     Gradient::none, "Discounted visits of a trajectory.", "rl_general_utilities"},
    {"policy_gradient_estimate", [](const Inputs& x, Keywords& o) -> Tensors { return {policy_gradient_estimate(x[0], x[1], x[2], x[3], o.real("gamma"))}; }, nullptr,
     Gradient::none, "REINFORCE for a tabular softmax policy.", "rl_general_utilities"},
    {"quantize_int8", call_quantize_int8, nullptr, Gradient::none, "Codes of a symmetric 8-bit quantization, plus 128, and their scale.", "zo_quantized_personalization"},
    {"scaled_gd_matrix_sensing",
     [](const Inputs& x, Keywords& o) -> Tensors {
       return {scaled_gd_matrix_sensing(x[0], x[1], x[2], o.real("lr", 0.3), o.real("damping", 0.1), o.integer("steps"))};
     },
     nullptr, Gradient::none, "The path of ScaledGD on a matrix to be found from its measurements.", "scaled_gd"},
    {"trajectory_importance_weight",
     [](const Inputs& x, Keywords&) -> Tensors { return {scalar(trajectory_importance_weight(x[0], x[1], x[2], x[3]), x[0].dtype())}; }, nullptr, Gradient::none,
     "How much likelier a trajectory is under other parameters.", "rl_general_utilities"},
};

}  // namespace

std::span<const Function> problems() { return kProblems; }

}  // namespace tare::optim::tables
