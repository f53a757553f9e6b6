#include "optim/logistic_gd.h"
#include "optim/table.h"

namespace tare::optim::tables {
namespace {

const Function kProblems[] = {
    {"logistic_gd",
     [](const Inputs& x, Keywords& o) -> Tensors { return {logistic_gd(x[0], x[1], x[2], o.word("variant", "gd"), o.real("lr"), o.integer("steps"))}; }, nullptr,
     Gradient::none, "The path of gradient descent on the logistic loss, normalized or not, and of the batch perceptron.", "normalized_logistic_gd"},
};

}  // namespace

std::span<const Function> problems() { return kProblems; }

}  // namespace tare::optim::tables
