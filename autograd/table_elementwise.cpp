#include "autograd/ops/elementwise.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

const Function kElementwise[] = {
    {"exp", [](const Inputs& x, Keywords&) { return Tensors{exp(x[0])}; }},
};

}  // namespace

std::span<const Function> elementwise() { return kElementwise; }

}  // namespace tare::tables
