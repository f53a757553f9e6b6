// Order, quantiles, searching and counting.
#include "autograd/ops/sort.h"

#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::transposed;
using samples::with;
using Samples = std::vector<FunctionSample>;

Tensors both(const ValuesAndIndices& r) { return {r.values, r.indices}; }

Tensors call_median(const Inputs& x, Keywords& o) {
  if (auto axis = o.maybe_integer("dim")) return both(median(x[0], *axis, o.flag("keepdim", false)));
  return {median(x[0])};
}
Tensors call_quantile(const Inputs& x, Keywords& o) {
  std::string interpolation = o.word("interpolation", "linear");
  auto axis = o.maybe_integer("dim");
  bool keepdim = o.flag("keepdim", false);
  if (x.size() > 1) return {quantile(x[0], x[1], axis, keepdim, interpolation)};
  const Json& q = o.json("q");
  check<ConfigError>(!q.is_null(), "quantile: the option \"q\" is missing");
  if (q.is_number()) return {quantile(x[0], q.as_double(), axis, keepdim, interpolation)};
  std::vector<double> several = o.reals("q");
  int64_t n = int64_t(several.size());
  return {quantile(x[0], from_vector(several, {n}, DType::float64), axis, keepdim, interpolation)};
}
Tensors call_unique(const Inputs& x, Keywords& o) {
  o.flag("sorted", true);  // they always are
  auto axis = o.maybe_integer("dim");
  UniqueResult u = axis ? unique(x[0], *axis) : unique(x[0]);
  Tensors out{u.values};
  if (o.flag("return_inverse", false)) out.push_back(u.inverse);
  if (o.flag("return_counts", false)) out.push_back(u.counts);
  return out;
}
Tensors call_unique_consecutive(const Inputs& x, Keywords& o) {
  UniqueResult u = unique_consecutive(x[0]);
  Tensors out{u.values};
  if (o.flag("return_inverse", false)) out.push_back(u.inverse);
  if (o.flag("return_counts", false)) out.push_back(u.counts);
  return out;
}
bool right_side(Keywords& o) { return o.has("side") ? o.word("side") == "right" : o.flag("right", false); }

Tensors call_histogram(const Inputs& x, Keywords& o) {
  bool density = o.flag("density", false);
  const Json& bins = o.json("bins");
  Histogram h;
  if (bins.is_number() || bins.is_null()) {
    std::optional<std::pair<double, double>> range;
    if (o.has("range")) {
      std::vector<double> bounds = o.reals("range");
      check<ConfigError>(bounds.size() == 2, "histogram.range: expected two numbers, not ", bounds.size());
      range = {bounds[0], bounds[1]};
    }
    h = histogram(x[0], bins.is_null() ? 100 : bins.as_int("histogram.bins"), range, x.optional(1), density);
  } else {
    std::vector<double> edges = o.reals("bins");
    int64_t n = int64_t(edges.size());
    h = histogram(x[0], from_vector(edges, {n}, is_floating(x[0].dtype()) ? x[0].dtype() : default_dtype()), x.optional(1), density);
  }
  return {h.counts, h.edges};
}

Samples axis_samples() { return {{{spread({2, 5})}, with({{"dim", 1}})}, {{spread({3, 2})}, with({{"dim", 0}})}, {{transposed({3, 4})}, with({{"dim", -1}})}, {{spread({})}, with({{"dim", 0}})}, {{spread({0, 3})}, with({{"dim", 1}})}}; }
Samples sort_samples() {
  Samples all = axis_samples();
  all[1].options = with({{"dim", 0}, {"descending", true}});
  all.push_back({{spread({2, 0})}});
  return all;
}
Samples topk_samples() {
  return {{{spread({2, 5})}, with({{"k", 2}})}, {{transposed({4, 3})}, with({{"k", 3}, {"dim", 0}, {"largest", false}})}, {{spread({2, 3})}, with({{"k", 0}})}, {{spread({})}, with({{"k", 1}, {"dim", 0}})}};
}
Samples kth_samples() {
  Samples all = axis_samples();
  for (auto& s : all) s.options.set("k", 1);
  all[0].options.set("k", 3);
  all[1].options.set("keepdim", true);
  return all;
}
Samples median_samples() {
  Samples all = axis_samples();
  all[1].options.set("keepdim", true);
  all.push_back({{spread({2, 3})}});
  return all;
}
Samples quantile_samples() {
  return {{{spread({2, 5})}, with({{"q", 0.3}, {"dim", 1}})},
          {{transposed({5, 2})}, with({{"q", Json::Array{0.1, 0.5, 1.0}}, {"dim", 0}, {"keepdim", true}})},
          {{spread({2, 3})}, with({{"q", 0.41}})},
          {{spread({2, 3})}, with({{"q", Json::Array{0.0, 0.41}}, {"interpolation", "midpoint"}, {"keepdim", true}})},
          {{spread({4})}, with({{"q", 0.41}, {"interpolation", "nearest"}})},
          {{spread({4})}, with({{"q", 0.41}, {"interpolation", "lower"}})},
          {{spread({4})}, with({{"q", 0.41}, {"interpolation", "higher"}})},
          {{spread({})}, with({{"q", 0.5}})}};
}

const Function kSort[] = {
    {"sort",
     [](const Inputs& x, Keywords& o) {
       o.flag("stable", true);  // it always is
       return both(sort(x[0], o.integer("dim", -1), o.flag("descending", false)));
     },
     sort_samples, Gradient::exact, "Sorted along an axis, stably, with positions."},
    {"argsort",
     [](const Inputs& x, Keywords& o) {
       o.flag("stable", true);
       return Tensors{argsort(x[0], o.integer("dim", -1), o.flag("descending", false))};
     },
     nullptr, Gradient::none, "The positions that sort an axis."},
    {"msort", [](const Inputs& x, Keywords&) { return Tensors{msort(x[0])}; }, [] { return Samples{{{spread({3, 2})}}}; }, Gradient::exact, "Sorted along the first axis."},
    {"topk",
     [](const Inputs& x, Keywords& o) {
       o.flag("sorted", true);
       return both(topk(x[0], o.integer("k"), o.integer("dim", -1), o.flag("largest", true)));
     },
     topk_samples, Gradient::exact, "The k largest or smallest along an axis."},
    {"kthvalue", [](const Inputs& x, Keywords& o) { return both(kthvalue(x[0], o.integer("k"), o.integer("dim", -1), o.flag("keepdim", false))); }, kth_samples,
     Gradient::exact, "The k-th smallest along an axis."},
    {"median", call_median, median_samples, Gradient::exact, "The lower median."},
    {"mode", [](const Inputs& x, Keywords& o) { return both(mode(x[0], o.integer("dim", -1), o.flag("keepdim", false))); },
     [] { return Samples{{{spread({2, 3})}}, {{spread({})}}}; }, Gradient::exact, "The most frequent element along an axis."},
    {"quantile", call_quantile, quantile_samples, Gradient::exact, "Quantiles along an axis."},
    {"unique", call_unique, nullptr, Gradient::none, "The sorted distinct elements."},
    {"unique_consecutive", call_unique_consecutive, nullptr, Gradient::none, "Runs of equal elements collapsed."},
    {"searchsorted", [](const Inputs& x, Keywords& o) { return Tensors{searchsorted(x[0], x[1], right_side(o))}; }, nullptr, Gradient::none,
     "Where values would be inserted into sorted numbers."},
    {"bucketize", [](const Inputs& x, Keywords& o) { return Tensors{bucketize(x[0], x[1], o.flag("right", false))}; }, nullptr, Gradient::none,
     "Which bin each value falls into."},
    {"bincount", [](const Inputs& x, Keywords& o) { return Tensors{bincount(x[0], x.optional(1), o.integer("minlength", 0))}; }, nullptr, Gradient::none,
     "How often each whole number occurs."},
    {"histc", [](const Inputs& x, Keywords& o) { return Tensors{histc(x[0], o.integer("bins", 100), o.real("min", 0), o.real("max", 0))}; }, nullptr, Gradient::none,
     "Counts in equal bins."},
    {"histogram", call_histogram, nullptr, Gradient::none, "Counts between edges, and the edges."},
    {"isin", [](const Inputs& x, Keywords&) { return Tensors{isin(x[0], x[1])}; }, nullptr, Gradient::none, "Whether each element occurs in a list."},
};

}  // namespace

std::span<const Function> sort() { return kSort; }

}  // namespace tare::tables
