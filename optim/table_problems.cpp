#include "optim/implicit_map.h"
#include "optim/logistic_gd.h"
#include "optim/scaled_gd.h"
#include "optim/table.h"

namespace tare::optim::tables {
namespace {

Tensors call_kalman_filter(const Inputs& x, Keywords&) {
  Filtered f = kalman_filter(x[0], x[1], x[2], x[3], x[4], x[5], x[6]);
  return {f.means, f.covs};
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
    {"scaled_gd_matrix_sensing",
     [](const Inputs& x, Keywords& o) -> Tensors {
       return {scaled_gd_matrix_sensing(x[0], x[1], x[2], o.real("lr", 0.3), o.real("damping", 0.1), o.integer("steps"))};
     },
     nullptr, Gradient::none, "The path of ScaledGD on a matrix to be found from its measurements.", "scaled_gd"},
};

}  // namespace

std::span<const Function> problems() { return kProblems; }

}  // namespace tare::optim::tables
