#include "autograd/ops/sort.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

Tensors both(const ValuesAndIndices& v) { return {v.values, v.indices}; }
std::vector<FunctionSample> ordered(Json o) { return {{{sample({3, 4})}, o}, {{strided_sample({3, 4})}, o}}; }

const Function kSort[] = {
    {"sort", [](const Inputs& x, Keywords& o) { o.flag("stable", true); return both(sort(x[0], o.integer("dim", -1), o.flag("descending", false))); },
     [] { return ordered(options({{"dim", 1}, {"descending", true}})); }},
    {"argsort", [](const Inputs& x, Keywords& o) { o.flag("stable", true); return Tensors{argsort(x[0], o.integer("dim", -1), o.flag("descending", false))}; }, nullptr, Gradient::none},
    {"msort", [](const Inputs& x, Keywords&) { return Tensors{msort(x[0])}; }, [] { return ordered(Json()); }},
    {"topk", [](const Inputs& x, Keywords& o) { o.flag("sorted", true); return both(topk(x[0], o.integer("k"), o.integer("dim", -1), o.flag("largest", true))); },
     [] { return ordered(options({{"k", 2}, {"dim", 1}})); }},
    {"kthvalue", [](const Inputs& x, Keywords& o) { return both(kthvalue(x[0], o.integer("k"), o.integer("dim", -1), o.flag("keepdim", false))); },
     [] { return ordered(options({{"k", 2}, {"dim", 0}})); }},
    {"median", [](const Inputs& x, Keywords& o) {
       if (!o.has("dim")) return Tensors{median(x[0])};
       int64_t dim = o.integer("dim");
       return both(median(x[0], dim, o.flag("keepdim", false)));
     },
     [] { return ordered(options({{"dim", 1}})); }},
    {"mode", [](const Inputs& x, Keywords& o) { return both(mode(x[0], o.integer("dim", -1), o.flag("keepdim", false))); }, nullptr, Gradient::none},
    {"quantile", [](const Inputs& x, Keywords& o) {
       auto dim = o.maybe_integer("dim");
       bool keepdim = o.flag("keepdim", false);
       std::string how = o.word("interpolation", "linear");
       if (x.size() > 1) return Tensors{quantile(x[0], x[1], dim, keepdim, how)};
       if (o.json("q").is_number()) return Tensors{quantile(x[0], o.real("q"), dim, keepdim, how)};
       auto list = o.reals("q");
       Tensor q = empty({int64_t(list.size())}, x[0].dtype());
       for (size_t i = 0; i < list.size(); i++) {
         if (q.dtype() == DType::float64) q.mutable_data<double>()[i] = list[i];
         else q.mutable_data<float>()[i] = float(list[i]);
       }
       return Tensors{quantile(x[0], q, dim, keepdim, how)};
     },
     [] { return ordered(options({{"q", 0.3}, {"dim", 1}})); }},
    {"unique", [](const Inputs& x, Keywords& o) {
       bool inverse = o.flag("return_inverse", false), counts = o.flag("return_counts", false);
       o.flag("sorted", true);
       UniqueResult u = o.has("dim") ? unique(x[0], o.integer("dim")) : unique(x[0]);
       Tensors out{u.values};
       if (inverse) out.push_back(u.inverse);
       if (counts) out.push_back(u.counts);
       return out;
     }, nullptr, Gradient::none},
    {"unique_consecutive", [](const Inputs& x, Keywords&) { return Tensors{unique_consecutive(x[0]).values}; }, nullptr, Gradient::none},
    {"searchsorted", [](const Inputs& x, Keywords& o) { return Tensors{searchsorted(x[0], x[1], o.flag("right", false))}; }, nullptr, Gradient::none},
    {"bucketize", [](const Inputs& x, Keywords& o) { return Tensors{bucketize(x[0], x[1], o.flag("right", false))}; }, nullptr, Gradient::none},
    {"bincount", [](const Inputs& x, Keywords& o) { return Tensors{bincount(x[0], x.optional(1), o.integer("minlength", 0))}; }, nullptr, Gradient::none},
    {"histc", [](const Inputs& x, Keywords& o) { return Tensors{histc(x[0], o.integer("bins", 100), o.real("min", 0), o.real("max", 0))}; }, nullptr, Gradient::none},
    {"histogram", [](const Inputs& x, Keywords& o) {
       std::optional<std::pair<double, double>> range;
       auto ends = o.reals("range");
       check<ConfigError>(ends.empty() || ends.size() == 2, "histogram: range must be two numbers, not ", ends.size());
       if (!ends.empty()) range = {ends[0], ends[1]};
       Histogram h = histogram(x[0], o.integer("bins"), range, x.optional(1), o.flag("density", false));
       return Tensors{h.counts, h.edges};
     }, nullptr, Gradient::none},
    {"isin", [](const Inputs& x, Keywords&) { return Tensors{isin(x[0], x[1])}; }, nullptr, Gradient::none},
};

}  // namespace

std::span<const Function> sort() { return kSort; }

}  // namespace tare::tables
