// Federated learning, in the table of functions.
#include "autograd/functions.h"
#include "nn/federated/fedtiny.h"

namespace tare::nn::tables {
namespace {

Tensors call_prune_and_grow(const Inputs& x, Keywords&) {
  PrunedWeight p = fedtiny_prune_and_grow(x[0], x[1], x[2], x[3].item<int64_t>());
  return {p.mask, p.weight};
}
Tensors call_bn_aggregate(const Inputs& x, Keywords&) {
  AggregatedStatistics s = fedtiny_bn_aggregate(x[0], x[1], x[2]);
  return {s.mean, s.var};
}

const Function kFederated[] = {
    {"fedtiny_bn_aggregate", call_bn_aggregate, nullptr, Gradient::none, "Clients' batch statistics, averaged by their numbers of samples.", "fedtiny"},
    {"fedtiny_prune_and_grow", call_prune_and_grow, nullptr, Gradient::none, "Small weights exchanged for pruned ones of large gradient.", "fedtiny"},
    {"fedtiny_quota", [](const Inputs& x, Keywords& o) -> Tensors { return {fedtiny_quota(x[0], x[1], o.integer("r_stop", 100), o.real("fraction", 0.15))}; }, nullptr,
     Gradient::none, "How many weights a layer exchanges in a round.", "fedtiny"},
};

}  // namespace

std::span<const Function> federated() { return kFederated; }

}  // namespace tare::nn::tables
