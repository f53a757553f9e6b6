#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

const Function kElementwise[] = {
    unary<neg, -20, 20>("neg"), unary<abs, 1, 20>("abs"), unary<exp, -20, 20>("exp"), unary<exp2, -20, 20>("exp2"), unary<expm1, -20, 20>("expm1"),
    unary<square, -20, 20>("square"), unary<sin, -20, 20>("sin"), unary<cos, -20, 20>("cos"), unary<tan, -12, 12>("tan"), unary<asin, -9, 9>("asin"),
    unary<acos, -9, 9>("acos"), unary<atan, -20, 20>("atan"), unary<sinh, -20, 20>("sinh"), unary<cosh, -20, 20>("cosh"), unary<tanh, -20, 20>("tanh"),
    unary<asinh, -20, 20>("asinh"), unary<acosh, 12, 30>("acosh"), unary<atanh, -9, 9>("atanh"), unary<erf, -20, 20>("erf"),
    unary<erfc, -20, 20>("erfc"), unary<erfinv, -9, 9>("erfinv"), unary<sigmoid, -20, 20>("sigmoid"), unary<logsigmoid, -20, 20>("logsigmoid"),
    unary<silu, -20, 20>("silu"), unary<mish, -20, 20>("mish"), unary<log, 1, 30>("log"), unary<log2, 1, 30>("log2"), unary<log10, 1, 30>("log10"),
    unary<log1p, -8, 20>("log1p"), unary<sqrt, 1, 30>("sqrt"), unary<rsqrt, 1, 30>("rsqrt"), unary<reciprocal, 5, 30>("reciprocal"),
    unary<lgamma, 3, 40>("lgamma"), unary<digamma, 3, 40>("digamma"), unary<sinc, 1, 20>("sinc"), unary<deg2rad, -20, 20>("deg2rad"),
    unary<rad2deg, -20, 20>("rad2deg"), unary<frac, 1, 9>("frac"), unary<relu, 1, 20>("relu"), unary<relu6, 1, 50>("relu6"),
    unary<selu, -20, -1>("selu"), unary<softsign, 1, 20>("softsign"), unary<hardsigmoid, -20, 20>("hardsigmoid"),
    unary<hardswish, -20, 20>("hardswish"), unary<tanhshrink, -20, 20>("tanhshrink"),
    plain<sign>("sign"), plain<floor>("floor"), plain<ceil>("ceil"), plain<trunc>("trunc"), plain<isnan>("isnan"), plain<isinf>("isinf"),
    plain<isfinite>("isfinite"), plain<logical_not>("logical_not"), plain<signbit>("signbit"),
    {"round", [](const Inputs& x, Keywords& o) { return Tensors{round(x[0], o.integer("decimals", 0))}; }, nullptr, Gradient::none},
    {"gelu", [](const Inputs& x, Keywords& o) { return Tensors{gelu(x[0], o.word("approximate", "none"))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}}, {{sample({2, 3})}, options({{"approximate", "tanh"}})}}; }},
    {"logit", [](const Inputs& x, Keywords& o) { return Tensors{logit(x[0], o.maybe_real("eps"))}; }, [] { return unary_samples(0.1, 0.9); }},
    {"softplus", [](const Inputs& x, Keywords& o) { return Tensors{softplus(x[0], o.real("beta", 1), o.real("threshold", 20))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}, options({{"beta", 2.5}})}}; }},
    {"leaky_relu", [](const Inputs& x, Keywords& o) { return Tensors{leaky_relu(x[0], o.real("negative_slope", 0.01))}; },
     [] { return unary_samples(0.1, 2); }},
    {"elu", [](const Inputs& x, Keywords& o) { return Tensors{elu(x[0], o.real("alpha", 1))}; }, [] { return unary_samples(-2, -0.1); }},
    {"celu", [](const Inputs& x, Keywords& o) { return Tensors{celu(x[0], o.real("alpha", 1))}; }, [] { return unary_samples(-2, -0.1); }},
    {"hardtanh", [](const Inputs& x, Keywords& o) { return Tensors{hardtanh(x[0], o.real("min_val", -1), o.real("max_val", 1))}; },
     [] { return unary_samples(-0.9, 0.9); }},
    {"hardshrink", [](const Inputs& x, Keywords& o) { return Tensors{hardshrink(x[0], o.real("lambd", 0.5))}; }, [] { return unary_samples(0.6, 2); }},
    {"softshrink", [](const Inputs& x, Keywords& o) { return Tensors{softshrink(x[0], o.real("lambd", 0.5))}; }, [] { return unary_samples(0.6, 2); }},
    {"threshold", [](const Inputs& x, Keywords& o) { return Tensors{threshold(x[0], o.real("threshold"), o.real("value"))}; }},
    {"nan_to_num", [](const Inputs& x, Keywords& o) { return Tensors{nan_to_num(x[0], o.real("nan", 0), o.maybe_real("posinf"), o.maybe_real("neginf"))}; },
     [] { return unary_samples(-2, 2); }},
    {"polygamma", [](const Inputs& x, Keywords& o) { return Tensors{polygamma(o.integer("n"), x[0])}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}, 0.5, 3)}, options({{"n", 1}})}}; }},
    {"clamp",
     [](const Inputs& x, Keywords& o) {
       if (x.size() > 1) return Tensors{clamp(x[0], x.optional(1), x.optional(2))};
       std::optional<Scalar> lo, hi;
       if (o.has("min")) lo = o.scalar("min");
       if (o.has("max")) hi = o.scalar("max");
       return Tensors{clamp(x[0], lo, hi)};
     },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}, -0.8, 0.8)}, options({{"min", -0.9}, {"max", 1.1}})}}; }},
};

}  // namespace

std::span<const Function> elementwise() { return kElementwise; }

}  // namespace tare::tables
