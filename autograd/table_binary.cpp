#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using Binary = Tensor (*)(const Tensor&, const Tensor&);
using WithScalar = Tensor (*)(const Tensor&, const Scalar&);

/// Two tensors, or one and the option "other".
template <Binary F, WithScalar G, int Lo, int Hi>
constexpr Function with_other(std::string_view name) {
  return {name,
          [](const Inputs& x, Keywords& o) {
            if (x.size() > 1) return Tensors{F(x[0], x[1])};
            return Tensors{G(x[0], o.scalar("other"))};
          },
          [] { return binary_samples(Lo / 10.0, Hi / 10.0); }};
}
template <Binary F, WithScalar G>
constexpr Function comparison(std::string_view name) {
  return {name,
          [](const Inputs& x, Keywords& o) {
            if (x.size() > 1) return Tensors{F(x[0], x[1])};
            return Tensors{G(x[0], o.scalar("other"))};
          },
          nullptr, Gradient::none};
}
template <Binary F>
constexpr Function logical(std::string_view name) {
  return {name, [](const Inputs& x, Keywords&) { return Tensors{F(x[0], x[1])}; }, nullptr, Gradient::none};
}

/// a + alpha * b, PyTorch's add and sub.
template <Binary F, WithScalar G>
Tensors scaled_sum(const Inputs& x, Keywords& o) {
  Scalar alpha = o.has("alpha") ? o.scalar("alpha") : Scalar(1);
  if (x.size() > 1) return {F(x[0], o.has("alpha") ? mul(x[1], alpha) : x[1])};
  Scalar other = o.scalar("other");
  bool real = !o.has("alpha") ? false : alpha.dtype() == DType::float64 || other.dtype() == DType::float64;
  if (real) return {G(x[0], other.real() * alpha.real())};
  return {G(x[0], o.has("alpha") ? Scalar(other.as<int64_t>() * alpha.as<int64_t>()) : other)};
}

const Function kBinary[] = {
    {"add", &scaled_sum<add, add>, [] { return binary_samples(-2, 2); }},
    {"sub", &scaled_sum<sub, sub>, [] { return binary_samples(-2, 2); }},
    with_other<mul, mul, -20, 20>("mul"),
    {"div",
     [](const Inputs& x, Keywords& o) {
       std::string mode = o.word("rounding_mode", "");
       check<ConfigError>(mode.empty() || mode == "floor" || mode == "trunc", "div: rounding_mode must be \"floor\" or \"trunc\", not \"", mode, "\"");
       if (x.size() > 1) return Tensors{mode == "floor" ? floor_divide(x[0], x[1]) : mode == "trunc" ? trunc_divide(x[0], x[1]) : div(x[0], x[1])};
       Scalar other = o.scalar("other");
       return Tensors{mode == "floor" ? floor_divide(x[0], other) : mode == "trunc" ? trunc_divide(x[0], other) : div(x[0], other)};
     },
     [] { return binary_samples(0.5, 2); }},
    {"pow",
     [](const Inputs& x, Keywords& o) {
       if (x.size() > 1) return Tensors{pow(x[0], x[1])};
       if (o.has("self")) return Tensors{pow(o.scalar("self"), x[0])};
       return Tensors{pow(x[0], o.scalar("exponent"))};
     },
     [] {
       auto s = binary_samples(0.5, 2);
       s.push_back({{sample({2, 3}, 0.5, 2)}, options({{"exponent", 3}})});
       return s;
     }},
    with_other<fmod, fmod, 20, 29>("fmod"), with_other<remainder, remainder, 20, 29>("remainder"),
    {"floor_divide",
     [](const Inputs& x, Keywords& o) { return Tensors{x.size() > 1 ? floor_divide(x[0], x[1]) : floor_divide(x[0], o.scalar("other"))}; }, nullptr,
     Gradient::none},
    binary_row<maximum, -20, 20>("maximum"), binary_row<minimum, -20, 20>("minimum"), binary_row<fmax, -20, 20>("fmax"),
    binary_row<fmin, -20, 20>("fmin"), binary_row<atan2, 5, 20>("atan2"), binary_row<hypot, 5, 20>("hypot"),
    binary_row<logaddexp, -20, 20>("logaddexp"), binary_row<logaddexp2, -20, 20>("logaddexp2"), binary_row<copysign, 1, 20>("copysign"),
    {"xlogy", [](const Inputs& x, Keywords& o) { return Tensors{x.size() > 1 ? xlogy(x[0], x[1]) : xlogy(x[0], o.scalar("other"))}; },
     [] { return binary_samples(0.5, 2); }},
    {"lerp",
     [](const Inputs& x, Keywords& o) { return Tensors{x.size() > 2 ? lerp(x[0], x[1], x[2]) : lerp(x[0], x[1], o.scalar("weight"))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({3}, -2, 2, 2), sample({2, 1}, 0, 1, 3)}}}; }},
    {"addcmul", [](const Inputs& x, Keywords& o) { return Tensors{addcmul(x[0], x[1], x[2], o.real("value", 1))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({3}, -2, 2, 2), sample({2, 1}, 0, 1, 3)}, options({{"value", 0.5}})}}; }},
    {"addcdiv", [](const Inputs& x, Keywords& o) { return Tensors{addcdiv(x[0], x[1], x[2], o.real("value", 1))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({3}, -2, 2, 2), sample({2, 1}, 0.5, 1, 3)}, options({{"value", 0.5}})}}; }},
    {"where",
     [](const Inputs& x, Keywords& o) {
       if (x.size() > 2) return Tensors{where(x[0], x[1], x[2])};
       return Tensors{where(x[0], x[1], o.scalar("other"))};
     },
     [] { return std::vector<FunctionSample>{{{gt(sample({2, 3}), 0), sample({2, 3}, -2, 2, 2), sample({3}, -2, 2, 3)}}}; }},
    {"prelu", [](const Inputs& x, Keywords&) { return Tensors{prelu(x[0], x[1])}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({3}, 0, 1, 2)}}}; }},
    {"heaviside", [](const Inputs& x, Keywords&) { return Tensors{heaviside(x[0], x[1])}; }, nullptr, Gradient::none},
    comparison<eq, eq>("eq"), comparison<ne, ne>("ne"), comparison<lt, lt>("lt"), comparison<le, le>("le"), comparison<gt, gt>("gt"),
    comparison<ge, ge>("ge"), logical<logical_and>("logical_and"), logical<logical_or>("logical_or"), logical<logical_xor>("logical_xor"),
    {"isclose",
     [](const Inputs& x, Keywords& o) { return Tensors{isclose(x[0], x[1], o.real("rtol", 1e-5), o.real("atol", 1e-8), o.flag("equal_nan", false))}; },
     nullptr, Gradient::none},
};

}  // namespace

std::span<const Function> binary() { return kBinary; }

}  // namespace tare::tables
