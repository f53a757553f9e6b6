// Losses of papers in the table of functions.
#include "autograd/functions.h"

#include "autograd/samples.h"
#include "nn/loss/policy_gradient.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;

const Function kLoss[] = {
    {"rlvr_loss_aggregate", [](const Inputs& x, Keywords& o) -> Tensors { return {rlvr_loss_aggregate(x[0], x[1], options_of<LossAggregatorOptions>(o))}; },
     [] {
       std::vector<FunctionSample> all;
       for (const char* mode : {"grpo", "dapo", "dr_grpo", "delta_l"})
         all.push_back({{spread({3, 4}), samples::whole({1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0}, {3, 4})}, with({{"mode", mode}, {"alpha", 0.75}, {"max_length", 5}})});
       return all;
     },
     Gradient::exact, "Token losses of responses of different lengths, weighed into one.", "delta_l_norm"},
};

}  // namespace

std::span<const Function> loss() { return kLoss; }

}  // namespace tare::nn::tables
