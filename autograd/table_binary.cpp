// Functions of two or three tensors, element by element. A number may stand in the second one's place under PyTorch's keyword.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::binary;
using samples::spread;
using samples::unary;
using samples::with;

// `call(a, b)` for a second tensor, or a number under `key`.
#define TARE_EITHER(function, key) (x.size() > 1 ? function(x[0], x[1]) : function(x[0], o.scalar(key)))
#define TARE_BINARY(name, samples, description) \
  {#name, [](const Inputs& x, Keywords&) { return Tensors{name(x[0], x[1])}; }, samples, Gradient::exact, description}
#define TARE_BINARY_OR_NUMBER(name, samples, description) \
  {#name, [](const Inputs& x, Keywords& o) { return Tensors{TARE_EITHER(name, "other")}; }, samples, Gradient::exact, description}
#define TARE_COMPARISON(name, description) \
  {#name, [](const Inputs& x, Keywords& o) { return Tensors{TARE_EITHER(name, "other")}; }, nullptr, Gradient::none, description}
#define TARE_LOGIC(name, description) \
  {#name, [](const Inputs& x, Keywords&) { return Tensors{name(x[0], x[1])}; }, nullptr, Gradient::none, description}

// A number's dtype is kept through the product: 2 times an integer tensor stays an integer tensor.
Tensor times(const Tensor& t, Keywords& o, const char* key) { return o.has(key) ? mul(t, o.scalar(key)) : t; }

Tensors call_add(const Inputs& x, Keywords& o) {
  if (x.size() == 1 && !o.has("alpha")) return {add(x[0], o.scalar("other"))};
  return {add(x[0], times(x.size() > 1 ? x[1] : scalar(o.scalar("other"), o.scalar("other").dtype()), o, "alpha"))};
}
Tensors call_sub(const Inputs& x, Keywords& o) {
  if (x.size() == 1 && !o.has("alpha")) return {sub(x[0], o.scalar("other"))};
  return {sub(x[0], times(x.size() > 1 ? x[1] : scalar(o.scalar("other"), o.scalar("other").dtype()), o, "alpha"))};
}
Tensors call_div(const Inputs& x, Keywords& o) {
  std::string mode = o.word("rounding_mode", "");
  if (mode == "floor") return {TARE_EITHER(floor_divide, "other")};
  if (mode == "trunc") return {TARE_EITHER(trunc_divide, "other")};
  check<ConfigError>(mode.empty(), "div.rounding_mode: expected floor or trunc, not \"", mode, "\"");
  return {TARE_EITHER(div, "other")};
}
Tensors call_pow(const Inputs& x, Keywords& o) {
  if (x.size() > 1) return {pow(x[0], x[1])};
  if (o.has("self")) return {pow(o.scalar("self"), x[0])};
  return {pow(x[0], o.scalar("exponent"))};
}
Tensors call_clamp(const Inputs& x, Keywords& o) {
  if (x.size() > 1) return {clamp(x[0], x[1], x.optional(2))};
  std::optional<Scalar> lo, hi;
  if (o.has("min")) lo = o.scalar("min");
  if (o.has("max")) hi = o.scalar("max");
  return {clamp(x[0], lo, hi)};
}
Tensors call_where(const Inputs& x, Keywords& o) {
  if (x.size() > 2) return {where(x[0], x[1], x[2])};
  if (o.has("input")) return {where(x[0], o.scalar("input"), x[1])};
  return {where(x[0], x[1], o.scalar("other"))};
}

std::vector<FunctionSample> pow_samples() {
  auto all = binary<30, 250>();
  all.push_back({{spread({2, 3})}, with({{"exponent", 3}})});
  all.push_back({{spread({2, 3}, 0.3, 3)}, with({{"exponent", -0.7}})});
  all.push_back({{spread({2, 3})}, with({{"exponent", 2}})});
  all.push_back({{spread({3})}, with({{"exponent", 0}})});
  all.push_back({{spread({3})}, with({{"self", 1.7}})});
  return all;
}
std::vector<FunctionSample> add_samples() {
  auto all = binary<>();
  all[0].options = with({{"alpha", -0.5}});
  all.push_back({{spread({2, 3})}, with({{"other", 2.5}})});
  return all;
}
std::vector<FunctionSample> mul_samples() {
  auto all = binary<>();
  all.push_back({{spread({2, 3})}, with({{"other", 2.5}})});
  return all;
}
std::vector<FunctionSample> div_samples() {
  auto all = binary<40, 300>();
  all.push_back({{spread({2, 3})}, with({{"other", 2.5}})});
  all.push_back({{spread({2, 3}), spread({3}, 0.4, 0.9)}, with({{"rounding_mode", "floor"}})});
  return all;
}
std::vector<FunctionSample> remainder_samples() {
  auto all = binary<40, 300>();
  all.push_back({{spread({2, 3})}, with({{"other", 1.3}})});
  return all;
}
std::vector<FunctionSample> three_samples() {
  return {{{spread({2, 3}), spread({2, 3}, -2, 2, 1), spread({2, 3}, 0.5, 2, 2)}},
          {{spread({2, 1}), spread({3}, -2, 2, 1), spread({}, 0.5, 2, 2)}, with({{"value", -0.7}})},
          {{spread({0, 3}), spread({3}, -2, 2, 1), spread({1, 3}, 0.5, 2, 2)}}};
}
std::vector<FunctionSample> lerp_samples() {
  return {{{spread({2, 3}), spread({2, 3}, -2, 2, 1), spread({2, 3}, 0.1, 0.9, 2)}},
          {{spread({2, 1}), spread({3}, -2, 2, 1), spread({}, 0.1, 0.9, 2)}},
          {{spread({2, 3}), samples::transposed({2, 3}, -2, 2, 1)}, with({{"weight", 0.3}})}};
}
std::vector<FunctionSample> clamp_samples() {
  return {{{spread({2, 5})}, with({{"min", -1.01}, {"max", 0.77}})},
          {{spread({2, 3})}, with({{"min", 0.01}})},
          {{spread({})}, with({{"max", 0.01}})},
          {{spread({0, 2})}, with({{"max", 0}})},
          {{spread({2, 3}), spread({3}, -1, -0.2, 1), spread({2, 1}, 0.1, 1, 2)}}};
}
std::vector<FunctionSample> where_samples() {
  return {{{samples::mask({2, 3}), spread({2, 3}), spread({2, 3}, -2, 2, 1)}},
          {{samples::mask({3}), spread({2, 1}), spread({})}},
          {{samples::mask({0, 3}), spread({1, 3}), spread({})}},
          {{samples::mask({2, 3}), spread({2, 3})}, with({{"other", 1.5}})}};
}

const Function kBinary[] = {
    {"add", call_add, add_samples, Gradient::exact, "a + alpha b."},
    {"sub", call_sub, add_samples, Gradient::exact, "a - alpha b."},
    TARE_BINARY_OR_NUMBER(mul, mul_samples, "a b."),
    {"div", call_div, div_samples, Gradient::exact, "a / b, rounded if rounding_mode is floor or trunc."},
    {"pow", call_pow, pow_samples, Gradient::exact, "a to the b."},
    TARE_BINARY(maximum, binary<>, "The larger of both; equal ones share the gradient."),
    TARE_BINARY(minimum, binary<>, "The smaller of both; equal ones share the gradient."),
    TARE_BINARY(fmax, binary<>, "The larger of both, or the one that is not NaN."),
    TARE_BINARY(fmin, binary<>, "The smaller of both, or the one that is not NaN."),
    TARE_BINARY(atan2, binary<>, "The angle of the point (b, a)."),
    TARE_BINARY(hypot, binary<>, "sqrt(a^2 + b^2) without overflow."),
    TARE_BINARY(logaddexp, binary<>, "log(exp(a) + exp(b)) without overflow."),
    TARE_BINARY(logaddexp2, binary<>, "log2(2^a + 2^b) without overflow."),
    TARE_BINARY_OR_NUMBER(xlogy, (binary<30, 300>), "a log(b), 0 where a is 0."),
    TARE_BINARY_OR_NUMBER(fmod, remainder_samples, "The remainder with the dividend's sign."),
    TARE_BINARY_OR_NUMBER(remainder, remainder_samples, "The remainder with the divisor's sign."),
    TARE_BINARY_OR_NUMBER(floor_divide, remainder_samples, "floor(a / b)."),
    TARE_BINARY(copysign, binary<>, "|a| with b's sign."),
    TARE_LOGIC(heaviside, "The unit step, with given values at 0."),
    {"addcmul", [](const Inputs& x, Keywords& o) { return Tensors{addcmul(x[0], x[1], x[2], o.real("value", 1))}; }, three_samples, Gradient::exact,
     "input + value a b."},
    {"addcdiv", [](const Inputs& x, Keywords& o) { return Tensors{addcdiv(x[0], x[1], x[2], o.real("value", 1))}; }, three_samples, Gradient::exact,
     "input + value a / b."},
    {"lerp",
     [](const Inputs& x, Keywords& o) { return Tensors{x.size() > 2 ? lerp(x[0], x[1], x[2]) : lerp(x[0], x[1], o.scalar("weight"))}; }, lerp_samples,
     Gradient::exact, "a + weight (b - a)."},
    {"clamp", call_clamp, clamp_samples, Gradient::exact, "x kept between min and max."},
    {"where", call_where, where_samples, Gradient::exact, "a where the condition holds, b elsewhere."},
    TARE_COMPARISON(eq, "a = b."),
    TARE_COMPARISON(ne, "a != b."),
    TARE_COMPARISON(lt, "a < b."),
    TARE_COMPARISON(le, "a <= b."),
    TARE_COMPARISON(gt, "a > b."),
    TARE_COMPARISON(ge, "a >= b."),
    TARE_LOGIC(logical_and, "Whether neither is 0."),
    TARE_LOGIC(logical_or, "Whether not both are 0."),
    TARE_LOGIC(logical_xor, "Whether exactly one is not 0."),
    {"isclose",
     [](const Inputs& x, Keywords& o) {
       return Tensors{isclose(x[0], x[1], o.real("rtol", 1e-5), o.real("atol", 1e-8), o.flag("equal_nan", false))};
     },
     nullptr, Gradient::none, "|a - b| <= atol + rtol |b|."},
    {"allclose",
     [](const Inputs& x, Keywords& o) {
       return Tensors{full({}, allclose(x[0], x[1], o.real("rtol", 1e-5), o.real("atol", 1e-8), o.flag("equal_nan", false)))};
     },
     nullptr, Gradient::none, "Whether isclose holds everywhere."},
    {"equal", [](const Inputs& x, Keywords&) { return Tensors{full({}, equal(x[0], x[1]))}; }, nullptr, Gradient::none, "Whether shapes and elements are equal."},
};

}  // namespace

std::span<const Function> binary() { return kBinary; }

}  // namespace tare::tables
