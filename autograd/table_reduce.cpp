#include "autograd/ops/reduce.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

std::vector<FunctionSample> reduction_samples(double lo, double hi) {
  Json none;
  return {{{sample({2, 3, 2}, lo, hi)}, none},
          {{sample({2, 3, 2}, lo, hi)}, options({{"dim", 1}})},
          {{strided_sample({2, 3, 2}, lo, hi)}, options({{"dim", Json(Json::Array{0, -1})}, {"keepdim", true}})},
          {{sample({}, lo, hi)}, none}};
}
std::vector<FunctionSample> running_samples(double lo, double hi) {
  return {{{sample({2, 4}, lo, hi)}, options({{"dim", 1}})}, {{strided_sample({3, 2}, lo, hi)}, options({{"dim", 0}})}, {{sample({5}, lo, hi)}, options({{"dim", -1}})}};
}

template <Tensor (*F)(const Tensor&, const Shape&, bool)>
Tensors over_axes(const Inputs& x, Keywords& o) {
  Shape dims = o.shape("dim", {});
  return {F(x[0], dims, o.flag("keepdim", false))};
}

/// PyTorch: "correction", or "unbiased", 1 by default.
double correction_of(Keywords& o) { return o.has("unbiased") ? (o.flag("unbiased", true) ? 1.0 : 0.0) : o.real("correction", 1); }

Tensors pair(const ValuesAndIndices& v) { return {v.values, v.indices}; }
Tensors pair(const std::pair<Tensor, Tensor>& v) { return {v.first, v.second}; }

using Along = ValuesAndIndices (*)(const Tensor&, int64_t, bool);
using Whole = Tensor (*)(const Tensor&);
template <Along F, Whole G>
Tensors extreme(const Inputs& x, Keywords& o) {
  if (!o.has("dim")) return {G(x[0])};
  int64_t dim = o.integer("dim");
  return pair(F(x[0], dim, o.flag("keepdim", false)));
}
using ArgAlong = Tensor (*)(const Tensor&, int64_t, bool);
template <ArgAlong F, Whole G>
Tensors position(const Inputs& x, Keywords& o) {
  if (!o.has("dim")) return {G(x[0])};
  int64_t dim = o.integer("dim");
  return {F(x[0], dim, o.flag("keepdim", false))};
}
template <Tensor (*F)(const Tensor&, int64_t)>
Tensors running(const Inputs& x, Keywords& o) {
  return {F(x[0], o.integer("dim"))};
}

const Function kReduce[] = {
    {"sum", &over_axes<sum>, [] { return reduction_samples(-2, 2); }},
    {"mean", &over_axes<mean>, [] { return reduction_samples(-2, 2); }},
    {"nansum", &over_axes<nansum>, [] { return reduction_samples(-2, 2); }},
    {"nanmean", &over_axes<nanmean>, [] { return reduction_samples(-2, 2); }},
    {"prod", &over_axes<prod>, [] { return reduction_samples(0.5, 2); }},
    {"amax", &over_axes<amax>, [] { return reduction_samples(-2, 2); }},
    {"amin", &over_axes<amin>, [] { return reduction_samples(-2, 2); }},
    {"logsumexp", &over_axes<logsumexp>, [] { return reduction_samples(-2, 2); }},
    {"any", &over_axes<any>, nullptr, Gradient::none},
    {"all", &over_axes<all>, nullptr, Gradient::none},
    {"count_nonzero", &over_axes<count_nonzero>, nullptr, Gradient::none},
    {"std", [](const Inputs& x, Keywords& o) { return Tensors{std(x[0], o.shape("dim", {}), correction_of(o), o.flag("keepdim", false))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}}, {{sample({2, 3})}, options({{"dim", 1}, {"correction", 0}})}}; }},
    {"var", [](const Inputs& x, Keywords& o) { return Tensors{var(x[0], o.shape("dim", {}), correction_of(o), o.flag("keepdim", false))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}}, {{sample({2, 3})}, options({{"dim", 1}, {"correction", 0}})}}; }},
    {"std_mean", [](const Inputs& x, Keywords& o) { return pair(std_mean(x[0], o.shape("dim", {}), correction_of(o), o.flag("keepdim", false))); },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}, options({{"dim", 0}})}}; }},
    {"var_mean", [](const Inputs& x, Keywords& o) { return pair(var_mean(x[0], o.shape("dim", {}), correction_of(o), o.flag("keepdim", false))); },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}, options({{"dim", 0}})}}; }},
    {"aminmax", [](const Inputs& x, Keywords& o) { return pair(aminmax(x[0], o.shape("dim", {}), o.flag("keepdim", false))); },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}, options({{"dim", 0}})}}; }},
    {"max", &extreme<max, max>, [] { return running_samples(-2, 2); }},
    {"min", &extreme<min, min>, [] { return running_samples(-2, 2); }},
    {"argmax", &position<argmax, argmax>, nullptr, Gradient::none},
    {"argmin", &position<argmin, argmin>, nullptr, Gradient::none},
    {"norm",
     [](const Inputs& x, Keywords& o) {
       double p = 2;
       if (o.json("p").is_string() && o.json("p").as_string() == "fro") o.word("p");
       else p = o.real("p", 2);
       return Tensors{norm(x[0], p, o.shape("dim", {}), o.flag("keepdim", false))};
     },
     [] {
       auto s = reduction_samples(-2, 2);
       s.push_back({{sample({2, 3})}, options({{"p", 1}, {"dim", 1}})});
       s.push_back({{sample({2, 3})}, options({{"p", 3}, {"dim", 0}})});
       s.push_back({{sample({2, 3})}, options({{"p", "inf"}, {"dim", 0}})});
       return s;
     }},
    {"normalize", [](const Inputs& x, Keywords& o) { return Tensors{normalize(x[0], o.real("p", 2), o.integer("dim", 1), o.real("eps", 1e-12))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3})}}, {{sample({2, 3})}, options({{"p", 1}, {"dim", 0}})}}; }},
    {"cumsum", &running<cumsum>, [] { return running_samples(-2, 2); }},
    {"cumprod", &running<cumprod>, [] { return running_samples(0.5, 2); }},
    {"logcumsumexp", &running<logcumsumexp>, [] { return running_samples(-2, 2); }},
    {"cummax", [](const Inputs& x, Keywords& o) { return pair(cummax(x[0], o.integer("dim"))); }, [] { return running_samples(-2, 2); }},
    {"cummin", [](const Inputs& x, Keywords& o) { return pair(cummin(x[0], o.integer("dim"))); }, [] { return running_samples(-2, 2); }},
    {"diff", [](const Inputs& x, Keywords& o) { return Tensors{diff(x[0], o.integer("n", 1), o.integer("dim", -1))}; },
     [] { return running_samples(-2, 2); }},
    {"trapezoid", [](const Inputs& x, Keywords& o) { return Tensors{trapezoid(x[0], o.real("dx", 1), o.integer("dim", -1))}; },
     [] { return running_samples(-2, 2); }},
};

}  // namespace

std::span<const Function> reduce() { return kReduce; }

}  // namespace tare::tables
