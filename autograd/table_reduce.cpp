// Reductions and running reductions.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/norm.h"
#include "autograd/ops/reduce.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::along_axis;
using samples::reduction;
using samples::reduction_of_some;
using samples::spread;
using samples::with;

Shape axes(Keywords& o) { return o.shape("dim", {}); }
bool keep(Keywords& o) { return o.flag("keepdim", false); }
// The input, in the type asked for.
Tensor typed(const Inputs& x, Keywords& o) { return o.has("dtype") ? to(x[0], dtype_from_name(o.word("dtype"))) : x[0]; }
double correction(Keywords& o) { return o.has("unbiased") ? double(o.flag("unbiased", true)) : o.real("correction", 1); }
double order(Keywords& o) { return o.json("p").is_string() && o.word("p") == "fro" ? 2 : o.real("p", 2); }
Tensors both(const ValuesAndIndices& r) { return {r.values, r.indices}; }
Tensors both(const std::pair<Tensor, Tensor>& r) { return {r.first, r.second}; }

std::vector<FunctionSample> unit_rows_samples() {
  return {{{spread({2, 3})}},
          {{spread({3, 2, 2}), spread({3, 1, 1}, 0.5, 2, 1)}},
          {{samples::transposed({3, 4}), spread({3}, -2, 2, 1)}, with({{"centred", true}})},
          {{spread({3, 4}), spread({3}, -2, 2, 1)}, with({{"centred", true}, {"floor", 1.8}})},
          {{spread({}), spread({}, 0.5, 2, 1)}},
          {{spread({0, 2})}, with({{"floor", 0.1}})}};
}

#define TARE_REDUCTION(name, input, samples, kind, description) \
  {#name, [](const Inputs& x, Keywords& o) { return Tensors{name(input, axes(o), keep(o))}; }, samples, kind, description}

Tensors call_max(const Inputs& x, Keywords& o) {
  if (x.size() > 1) return {maximum(x[0], x[1])};
  if (auto axis = o.maybe_integer("dim")) return both(max(x[0], *axis, keep(o)));
  return {max(x[0])};
}
Tensors call_min(const Inputs& x, Keywords& o) {
  if (x.size() > 1) return {minimum(x[0], x[1])};
  if (auto axis = o.maybe_integer("dim")) return both(min(x[0], *axis, keep(o)));
  return {min(x[0])};
}
// Over the flattened tensor without "dim"; keepdim then leaves axes of size 1.
template <class All, class Along>
Tensors call_position(const Inputs& x, Keywords& o, All all, Along along) {
  auto axis = o.maybe_integer("dim");
  bool kept = keep(o);
  if (axis) return {along(x[0], *axis, kept)};
  Tensor at = all(x[0]);
  return {kept ? view_of(at, Shape(x[0].dim(), 1), Shape(x[0].dim(), 1), 0) : at};
}

std::vector<FunctionSample> extreme_samples() {
  auto all = reduction_of_some();
  return {all[0], all[1], all[3], all[4], all[5]};
}
std::vector<FunctionSample> spread_samples() {  // at least two numbers meet
  return {{{spread({2, 3})}},
          {{spread({2, 3, 2})}, with({{"dim", 1}})},
          {{spread({2, 3, 2})}, with({{"dim", Json::Array{0, -1}}, {"keepdim", true}, {"correction", 0}})},
          {{samples::transposed({3, 2})}, with({{"dim", -1}})},
          {{spread({0, 3})}, with({{"dim", 1}})}};
}
std::vector<FunctionSample> norm_samples() {
  std::vector<FunctionSample> all;
  for (double p : {1.0, 2.0, 3.0, 0.5, 1.5, 0.0}) all.push_back({{spread({2, 3})}, with({{"p", p}, {"dim", 1}})});
  all.push_back({{spread({2, 3, 2})}, with({{"p", "inf"}, {"dim", Json::Array{0, 2}}, {"keepdim", true}})});
  all.push_back({{spread({2, 3})}, with({{"p", "-inf"}})});
  all.push_back({{spread({2, 3})}});
  all.push_back({{spread({})}});
  all.push_back({{spread({0, 2})}, with({{"dim", 0}})});
  return all;
}
std::vector<FunctionSample> prod_samples() {
  auto all = reduction();
  // Factors of 0: none, one and two in a line.
  Tensor zeros = spread({3, 3});
  zeros.mutable_data<double>()[1] = zeros.mutable_data<double>()[3] = zeros.mutable_data<double>()[4] = 0;
  all.push_back({{zeros}, with({{"dim", 1}})});
  all.push_back({{zeros}, with({{"dim", Json::Array{0, 1}}})});
  return all;
}
std::vector<FunctionSample> cumprod_samples() {
  auto all = along_axis();
  Tensor zeros = spread({3, 3});
  zeros.mutable_data<double>()[1] = zeros.mutable_data<double>()[3] = zeros.mutable_data<double>()[4] = 0;
  all.push_back({{zeros}, with({{"dim", 1}})});
  return all;
}
std::vector<FunctionSample> diff_samples() {
  return {{{spread({2, 4})}}, {{spread({4, 2})}, with({{"dim", 0}, {"n", 2}})}, {{spread({2, 0})}}, {{spread({3})}, with({{"n", 5}})}};
}
std::vector<FunctionSample> normalize_samples() {
  return {{{spread({2, 3})}}, {{spread({2, 3, 2})}, with({{"dim", -1}, {"p", 3}})}, {{spread({0, 3})}}};
}

const Function kReduce[] = {
    TARE_REDUCTION(sum, typed(x, o), reduction, Gradient::exact, "The sum."),
    TARE_REDUCTION(nansum, x[0], reduction, Gradient::exact, "The sum of what is not NaN."),
    TARE_REDUCTION(mean, typed(x, o), reduction_of_some, Gradient::exact, "The mean."),
    TARE_REDUCTION(nanmean, x[0], reduction_of_some, Gradient::exact, "The mean of what is not NaN."),
    TARE_REDUCTION(prod, typed(x, o), prod_samples, Gradient::exact, "The product."),
    {"var", [](const Inputs& x, Keywords& o) { return Tensors{var(x[0], axes(o), correction(o), keep(o))}; }, spread_samples, Gradient::exact, "The variance."},
    {"std", [](const Inputs& x, Keywords& o) { return Tensors{std(x[0], axes(o), correction(o), keep(o))}; }, spread_samples, Gradient::exact,
     "The standard deviation; slope 0 at 0."},
    {"var_mean", [](const Inputs& x, Keywords& o) { return both(var_mean(x[0], axes(o), correction(o), keep(o))); }, spread_samples, Gradient::exact,
     "Variance and mean."},
    {"std_mean", [](const Inputs& x, Keywords& o) { return both(std_mean(x[0], axes(o), correction(o), keep(o))); }, spread_samples, Gradient::exact,
     "Standard deviation and mean."},
    TARE_REDUCTION(amax, x[0], reduction_of_some, Gradient::exact, "The largest element; equal ones share the gradient."),
    TARE_REDUCTION(amin, x[0], reduction_of_some, Gradient::exact, "The smallest element; equal ones share the gradient."),
    {"aminmax", [](const Inputs& x, Keywords& o) { return both(aminmax(x[0], axes(o), keep(o))); }, reduction_of_some, Gradient::exact, "The smallest and the largest."},
    {"max", call_max, extreme_samples, Gradient::exact, "The largest element, with its first position along dim; of two tensors the larger."},
    {"min", call_min, extreme_samples, Gradient::exact, "The smallest element, with its first position along dim; of two tensors the smaller."},
    {"argmax",
     [](const Inputs& x, Keywords& o) {
       return call_position(x, o, [](const Tensor& t) { return argmax(t); }, [](const Tensor& t, int64_t a, bool k) { return argmax(t, a, k); });
     },
     nullptr, Gradient::none, "The first position of the largest element."},
    {"argmin",
     [](const Inputs& x, Keywords& o) {
       return call_position(x, o, [](const Tensor& t) { return argmin(t); }, [](const Tensor& t, int64_t a, bool k) { return argmin(t, a, k); });
     },
     nullptr, Gradient::none, "The first position of the smallest element."},
    TARE_REDUCTION(any, x[0], nullptr, Gradient::none, "Whether any element is not 0."),
    TARE_REDUCTION(all, x[0], nullptr, Gradient::none, "Whether no element is 0."),
    TARE_REDUCTION(count_nonzero, x[0], nullptr, Gradient::none, "How many elements are not 0."),
    TARE_REDUCTION(logsumexp, x[0], reduction_of_some, Gradient::exact, "log(sum(exp(x))) without overflow."),
    {"norm", [](const Inputs& x, Keywords& o) { return Tensors{norm(x[0], order(o), axes(o), keep(o))}; }, norm_samples, Gradient::exact,
     "The norm of order p; slope 0 at 0."},
    {"normalize",
     [](const Inputs& x, Keywords& o) { return Tensors{normalize(x[0], o.real("p", 2), o.integer("dim", 1), o.real("eps", 1e-12))}; }, normalize_samples,
     Gradient::exact, "x over its norm along dim."},
    {"unit_rows",
     [](const Inputs& x, Keywords& o) { return Tensors{unit_rows(x[0], x.optional(1), o.flag("centred", false), o.real("floor", 0))}; }, unit_rows_samples,
     Gradient::exact, "Each row at a length of its own."},
    {"cumsum", [](const Inputs& x, Keywords& o) { return Tensors{cumsum(typed(x, o), o.integer("dim"))}; }, along_axis, Gradient::exact, "Running sums."},
    {"cumprod", [](const Inputs& x, Keywords& o) { return Tensors{cumprod(typed(x, o), o.integer("dim"))}; }, cumprod_samples, Gradient::exact,
     "Running products."},
    {"logcumsumexp", [](const Inputs& x, Keywords& o) { return Tensors{logcumsumexp(x[0], o.integer("dim"))}; }, along_axis, Gradient::exact,
     "Running logsumexp."},
    {"cummax", [](const Inputs& x, Keywords& o) { return both(cummax(x[0], o.integer("dim"))); }, along_axis, Gradient::exact,
     "The largest so far, and its last position."},
    {"cummin", [](const Inputs& x, Keywords& o) { return both(cummin(x[0], o.integer("dim"))); }, along_axis, Gradient::exact,
     "The smallest so far, and its last position."},
    {"diff", [](const Inputs& x, Keywords& o) { return Tensors{diff(x[0], o.integer("n", 1), o.integer("dim", -1))}; }, diff_samples, Gradient::exact,
     "Differences of neighbours, n times."},
    {"trapezoid", [](const Inputs& x, Keywords& o) { return Tensors{trapezoid(x[0], o.real("dx", 1), o.integer("dim", -1))}; },
     [] { return std::vector<FunctionSample>{{{spread({2, 4})}}, {{spread({3, 2})}, with({{"dim", 0}, {"dx", 0.3}})}, {{spread({2, 1})}}}; }, Gradient::exact,
     "The integral by the trapezoidal rule."},
};

#undef TARE_REDUCTION

}  // namespace

std::span<const Function> reduce() { return kReduce; }

}  // namespace tare::tables
