#include "autograd/ops/matmul.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

std::vector<FunctionSample> two(const Shape& a, const Shape& b) { return {{{sample(a), sample(b, -2, 2, 2)}}}; }
std::vector<FunctionSample> three(const Shape& a, const Shape& b, const Shape& c) {
  return {{{sample(a), sample(b, -2, 2, 2), sample(c, -2, 2, 3)}, options({{"beta", 0.5}, {"alpha", -1.5}})}};
}
template <Tensor (*F)(const Tensor&, const Tensor&)>
Tensors product(const Inputs& x, Keywords&) {
  return {F(x[0], x[1])};
}
template <Tensor (*F)(const Tensor&, const Tensor&, const Tensor&, double, double)>
Tensors added_product(const Inputs& x, Keywords& o) {
  return {F(x[0], x[1], x[2], o.real("beta", 1), o.real("alpha", 1))};
}

const Function kProducts[] = {
    {"matmul", &product<matmul>,
     [] {
       std::vector<FunctionSample> s;
       for (auto [a, b] : {std::pair<Shape, Shape>{{2, 3}, {3, 4}}, {{3}, {3}}, {{3}, {3, 2}}, {{2, 3}, {3}}, {{2, 2, 3}, {3, 2}}, {{2, 1, 2, 3}, {3, 3, 2}}, {{2, 0}, {0, 3}}})
         s.push_back({{sample(a), sample(b, -2, 2, 2)}});
       s.push_back({{strided_sample({2, 3}), strided_sample({3, 4}, -2, 2, 2)}});
       return s;
     }},
    {"mm", &product<mm>, [] { return two({2, 3}, {3, 4}); }},
    {"mv", &product<mv>, [] { return two({2, 3}, {3}); }},
    {"dot", &product<dot>, [] { return two({3}, {3}); }},
    {"bmm", &product<bmm>, [] { return two({2, 2, 3}, {2, 3, 2}); }},
    {"outer", &product<outer>, [] { return two({2}, {3}); }},
    {"inner", &product<inner>, [] { return two({2, 3}, {4, 3}); }},
    {"kron", &product<kron>, [] { return two({2, 2}, {3, 1}); }},
    {"addmm", &added_product<addmm>, [] { return three({2, 4}, {2, 3}, {3, 4}); }},
    {"addmv", &added_product<addmv>, [] { return three({2}, {2, 3}, {3}); }},
    {"addr", &added_product<addr>, [] { return three({2, 3}, {2}, {3}); }},
    {"baddbmm", &added_product<baddbmm>, [] { return three({2, 2, 2}, {2, 2, 3}, {2, 3, 2}); }},
    {"linear", [](const Inputs& x, Keywords&) { return Tensors{linear(x[0], x[1], x.optional(2))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({4, 3}, -2, 2, 2), sample({4}, -2, 2, 3)}}, {{sample({2, 2, 3}), sample({4, 3}, -2, 2, 2)}}}; }},
    {"bilinear", [](const Inputs& x, Keywords&) { return Tensors{bilinear(x[0], x[1], x[2], x.optional(3))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({2, 2}, -2, 2, 2), sample({4, 3, 2}, -2, 2, 3), sample({4}, -2, 2, 4)}}}; }},
    {"tensordot", [](const Inputs& x, Keywords& o) {
       const Json& dims = o.json("dims");
       if (dims.is_null() || dims.is_number()) return Tensors{tensordot(x[0], x[1], o.integer("dims", 2))};
       auto& lists = dims.as_array("tensordot.dims");
       check<ConfigError>(lists.size() == 2, "tensordot: dims must be a number or two lists of axes");
       Shape axes[2];
       for (int i = 0; i < 2; i++)
         for (const Json& v : lists[size_t(i)].as_array("tensordot.dims")) axes[i].push_back(v.as_int());
       return Tensors{tensordot(x[0], x[1], axes[0], axes[1])};
     },
     [] { return std::vector<FunctionSample>{{{sample({2, 3, 2}), sample({3, 2, 2}, -2, 2, 2)}, options({{"dims", 2}})}}; }},
    {"cross", [](const Inputs& x, Keywords& o) { return Tensors{cross(x[0], x[1], o.integer("dim", -1))}; }, [] { return two({2, 3}, {2, 3}); }},
    {"vecdot", [](const Inputs& x, Keywords& o) { return Tensors{vecdot(x[0], x[1], o.integer("dim", -1))}; }, [] { return two({2, 3}, {2, 3}); }},
    {"multi_dot", [](const Inputs& x, Keywords&) { return Tensors{multi_dot(x.all())}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({3, 4}, -2, 2, 2), sample({4, 2}, -2, 2, 3)}}}; }},
    {"einsum", [](const Inputs& x, Keywords& o) { return Tensors{einsum(o.word("equation"), x.all())}; },
     [] {
       return std::vector<FunctionSample>{{{sample({2, 3}), sample({3, 4}, -2, 2, 2)}, options({{"equation", "ij,jk->ik"}})},
                                          {{sample({3, 3})}, options({{"equation", "ii->i"}})},
                                          {{sample({2, 2, 3}), sample({2, 3, 2}, -2, 2, 2)}, options({{"equation", "bij,bjk->bik"}})},
                                          {{sample({2, 3})}, options({{"equation", "ij->ji"}})}};
     }},
    {"cdist", [](const Inputs& x, Keywords& o) { return Tensors{cdist(x[0], x[1], o.real("p", 2))}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 3}), sample({4, 3}, -2, 2, 2)}}, {{sample({2, 3}), sample({4, 3}, -2, 2, 2)}, options({{"p", 3}})}}; }},
    {"pdist", [](const Inputs& x, Keywords& o) { return Tensors{pdist(x[0], o.real("p", 2))}; }, [] { return std::vector<FunctionSample>{{{sample({4, 3})}}}; }},
    {"pairwise_distance", [](const Inputs& x, Keywords& o) { return Tensors{pairwise_distance(x[0], x[1], o.real("p", 2), o.real("eps", 1e-6), o.flag("keepdim", false))}; },
     [] { return two({2, 3}, {2, 3}); }},
    {"cosine_similarity", [](const Inputs& x, Keywords& o) { return Tensors{cosine_similarity(x[0], x[1], o.integer("dim", 1), o.real("eps", 1e-8))}; },
     [] { return two({2, 3}, {2, 3}); }},
};

}  // namespace

std::span<const Function> products() { return kProducts; }

}  // namespace tare::tables
