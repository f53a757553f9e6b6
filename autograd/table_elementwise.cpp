// Functions of one tensor, element by element.
#include "autograd/ops/elementwise.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::unary;
using samples::with;

#define TARE_UNARY(name, samples, description) \
  {#name, [](const Inputs& x, Keywords&) { return Tensors{name(x[0])}; }, samples, Gradient::exact, description}
#define TARE_TEST(name, description) \
  {#name, [](const Inputs& x, Keywords&) { return Tensors{name(x[0])}; }, nullptr, Gradient::none, description}

std::vector<FunctionSample> polygamma_samples() {
  std::vector<FunctionSample> all = unary<30, 400>();
  for (size_t i = 0; i < all.size(); i++) all[i].options = with({{"n", int(i)}});
  return all;
}
std::vector<FunctionSample> round_samples() {
  std::vector<FunctionSample> all = unary<-200, 200>();
  all[0].options = with({{"decimals", -1}});
  return all;
}

const Function kElementwise[] = {
    TARE_UNARY(neg, unary<>, "-x."),
    TARE_UNARY(abs, unary<>, "The absolute value; slope 0 at 0."),
    TARE_UNARY(sign, unary<>, "-1, 0 or 1."),
    TARE_UNARY(square, unary<>, "x squared."),
    TARE_UNARY(reciprocal, (unary<40, 300>), "1 / x."),
    TARE_UNARY(exp, unary<>, "e to the x."),
    TARE_UNARY(exp2, unary<>, "2 to the x."),
    TARE_UNARY(expm1, unary<>, "e to the x, minus 1, accurate near 0."),
    TARE_UNARY(log, (unary<30, 400>), "The natural logarithm."),
    TARE_UNARY(log2, (unary<30, 400>), "The logarithm to base 2."),
    TARE_UNARY(log10, (unary<30, 400>), "The logarithm to base 10."),
    TARE_UNARY(log1p, (unary<-70, 300>), "log(1 + x), accurate near 0."),
    TARE_UNARY(sqrt, (unary<30, 400>), "The square root."),
    TARE_UNARY(rsqrt, (unary<30, 400>), "1 over the square root."),
    TARE_UNARY(sin, unary<>, "The sine."),
    TARE_UNARY(cos, unary<>, "The cosine."),
    TARE_UNARY(tan, (unary<-120, 120>), "The tangent."),
    TARE_UNARY(asin, (unary<-90, 90>), "The inverse sine."),
    TARE_UNARY(acos, (unary<-90, 90>), "The inverse cosine."),
    TARE_UNARY(atan, unary<>, "The inverse tangent."),
    TARE_UNARY(sinh, unary<>, "The hyperbolic sine."),
    TARE_UNARY(cosh, unary<>, "The hyperbolic cosine."),
    TARE_UNARY(tanh, unary<>, "The hyperbolic tangent."),
    TARE_UNARY(asinh, unary<>, "The inverse hyperbolic sine."),
    TARE_UNARY(acosh, (unary<130, 400>), "The inverse hyperbolic cosine."),
    TARE_UNARY(atanh, (unary<-85, 85>), "The inverse hyperbolic tangent."),
    TARE_UNARY(floor, unary<>, "The largest whole number not above x."),
    TARE_UNARY(ceil, unary<>, "The smallest whole number not below x."),
    TARE_UNARY(trunc, unary<>, "The whole part, towards 0."),
    TARE_UNARY(frac, unary<>, "x minus its whole part."),
    {"round", [](const Inputs& x, Keywords& o) { return Tensors{round(x[0], o.integer("decimals", 0))}; }, round_samples, Gradient::exact,
     "The nearest number of so many decimals, halves to even."},
    TARE_UNARY(erf, unary<>, "The error function."),
    TARE_UNARY(erfc, unary<>, "1 minus the error function."),
    TARE_UNARY(erfinv, (unary<-85, 85>), "The inverse of the error function."),
    TARE_UNARY(lgamma, (unary<30, 400>), "The logarithm of the absolute value of the gamma function."),
    TARE_UNARY(digamma, (unary<30, 400>), "The derivative of lgamma."),
    {"polygamma", [](const Inputs& x, Keywords& o) { return Tensors{polygamma(o.integer("n"), x[0])}; }, polygamma_samples, Gradient::exact,
     "The n-th derivative of digamma."},
    TARE_UNARY(sigmoid, unary<>, "1 / (1 + exp(-x))."),
    {"logit", [](const Inputs& x, Keywords& o) { return Tensors{logit(x[0], o.maybe_real("eps"))}; }, unary<15, 85>, Gradient::exact, "log(x / (1 - x))."},
    TARE_UNARY(sinc, unary<>, "sin(pi x) / (pi x)."),
    TARE_UNARY(deg2rad, unary<>, "Degrees to radians."),
    TARE_UNARY(rad2deg, unary<>, "Radians to degrees."),
    {"nan_to_num",
     [](const Inputs& x, Keywords& o) { return Tensors{nan_to_num(x[0], o.real("nan", 0), o.maybe_real("posinf"), o.maybe_real("neginf"))}; }, unary<>,
     Gradient::exact, "NaN and infinities replaced by numbers."},
    TARE_TEST(isnan, "Whether x is NaN."),
    TARE_TEST(isinf, "Whether x is infinite."),
    TARE_TEST(isfinite, "Whether x is a finite number."),
    TARE_TEST(signbit, "Whether x is negative, or -0."),
    TARE_TEST(logical_not, "Whether x is 0."),
};

#undef TARE_UNARY
#undef TARE_TEST

}  // namespace

std::span<const Function> elementwise() { return kElementwise; }

}  // namespace tare::tables
