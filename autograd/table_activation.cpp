// Activations.
#include "autograd/ops/activation.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::unary;
using samples::with;

#define TARE_ACTIVATION(name, description) \
  {#name, [](const Inputs& x, Keywords&) { return Tensors{name(x[0])}; }, unary<-350, 350>, Gradient::exact, description}
#define TARE_WITH(name, call, description) \
  {#name, [](const Inputs& x, Keywords& o) { return Tensors{call}; }, unary<-350, 350>, Gradient::exact, description}
#define TARE_ALONG(name) \
  {#name, [](const Inputs& x, Keywords& o) { return Tensors{name(x[0], o.integer("dim", -1))}; }, samples::along_axis, Gradient::exact, \
   #name " along an axis."}

std::vector<FunctionSample> gelu_samples() {
  auto all = unary<>();
  all.push_back({{spread({2, 3}, -4, 4)}, with({{"approximate", "tanh"}})});
  return all;
}
std::vector<FunctionSample> softplus_samples() {
  auto all = unary<>();
  all.push_back({{spread({2, 3}, -4, 4)}, with({{"beta", 2.5}, {"threshold", 3}})});
  return all;
}
std::vector<FunctionSample> prelu_samples() {
  return {{{spread({2, 3}), spread({1}, 0.1, 0.4)}}, {{spread({2, 3, 2}), spread({3}, 0.1, 0.4)}}, {{spread({0, 3}), spread({3}, 0.1, 0.4)}}, {{spread({}), spread({}, 0.1, 0.4)}}};
}
std::vector<FunctionSample> glu_samples() { return {{{spread({2, 4})}}, {{spread({2, 3})}, with({{"dim", 0}})}, {{spread({0, 2})}}}; }

const Function kActivation[] = {
    TARE_ACTIVATION(relu, "max(x, 0)."),
    TARE_ACTIVATION(relu6, "x kept between 0 and 6."),
    TARE_WITH(leaky_relu, leaky_relu(x[0], o.real("negative_slope", 0.01)), "x, or negative_slope x below 0."),
    {"prelu", [](const Inputs& x, Keywords&) { return Tensors{prelu(x[0], x[1])}; }, prelu_samples, Gradient::exact, "x, or weight x below 0."},
    TARE_WITH(elu, elu(x[0], o.real("alpha", 1)), "x, or alpha (exp(x) - 1) below 0."),
    TARE_ACTIVATION(selu, "ELU scaled to keep mean 0 and variance 1."),
    TARE_WITH(celu, celu(x[0], o.real("alpha", 1)), "x, or alpha (exp(x / alpha) - 1) below 0."),
    {"gelu", [](const Inputs& x, Keywords& o) { return Tensors{gelu(x[0], o.word("approximate", "none"))}; }, gelu_samples, Gradient::exact,
     "x times the normal distribution function of x."},
    TARE_ACTIVATION(silu, "x sigmoid(x)."),
    TARE_ACTIVATION(mish, "x tanh(softplus(x))."),
    TARE_ACTIVATION(logsigmoid, "log(sigmoid(x))."),
    {"softplus", [](const Inputs& x, Keywords& o) { return Tensors{softplus(x[0], o.real("beta", 1), o.real("threshold", 20))}; }, softplus_samples,
     Gradient::exact, "log(1 + exp(beta x)) / beta."},
    TARE_ACTIVATION(softsign, "x / (1 + |x|)."),
    TARE_WITH(hardtanh, hardtanh(x[0], o.real("min_val", -1), o.real("max_val", 1)), "x kept between min_val and max_val."),
    TARE_ACTIVATION(hardsigmoid, "x / 6 + 1/2 kept between 0 and 1."),
    TARE_ACTIVATION(hardswish, "x hardsigmoid(x)."),
    TARE_WITH(hardshrink, hardshrink(x[0], o.real("lambd", 0.5)), "x, or 0 within lambd of 0."),
    TARE_WITH(softshrink, softshrink(x[0], o.real("lambd", 0.5)), "x moved by lambd towards 0."),
    TARE_ACTIVATION(tanhshrink, "x - tanh(x)."),
    TARE_WITH(threshold, threshold(x[0], o.real("threshold", 0.1), o.real("value", 20)), "x where it exceeds the threshold, value elsewhere."),
    {"glu", [](const Inputs& x, Keywords& o) { return Tensors{glu(x[0], o.integer("dim", -1))}; }, glu_samples, Gradient::exact,
     "One half of x times the sigmoid of the other."},
    TARE_ALONG(softmax),
    TARE_ALONG(log_softmax),
    TARE_ALONG(softmin),
};

#undef TARE_ACTIVATION
#undef TARE_WITH
#undef TARE_ALONG

}  // namespace

std::span<const Function> activation() { return kActivation; }

}  // namespace tare::tables
