#include "optim/lens.h"
#include "optim/table.h"

namespace tare::optim::tables {
namespace {

const Function kLenses[] = {
    {"lens_dense_sigmoid", [](const Inputs& x, Keywords&) -> Tensors { return lens_dense_sigmoid(x[0], x[1], x[2], x[3]); }, nullptr, Gradient::none,
     "A dense layer as a lens: its value and the changes of weight, bias and input.", "categorical_lenses"},
    {"lens_nesterov_quadratic",
     [](const Inputs& x, Keywords& o) -> Tensors { return {lens_nesterov_quadratic(x[0], x[1], o.real("lr"), o.real("momentum"), o.integer("steps"))}; }, nullptr,
     Gradient::none, "The path of the Nesterov lens on a quadratic.", "categorical_lenses"},
    {"lens_z2_and", [](const Inputs& x, Keywords&) -> Tensors { return lens_z2_and(x[0], x[1], x[2]); }, nullptr, Gradient::none, "And as a lens over Z2.",
     "categorical_lenses"},
    {"lens_z2_linear", [](const Inputs& x, Keywords&) -> Tensors { return lens_z2_linear(x[0], x[1], x[2]); }, nullptr, Gradient::none,
     "A matrix over Z2 as a lens.", "categorical_lenses"},
    {"lens_z2_lookup", [](const Inputs& x, Keywords&) -> Tensors { return lens_z2_lookup(x[0], x[1], x[2]); }, nullptr, Gradient::none,
     "A table of bits as a lens over Z2.", "categorical_lenses"},
};

}  // namespace

std::span<const Function> lenses() { return kLenses; }

}  // namespace tare::optim::tables
