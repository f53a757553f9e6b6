// Products of matrices and vectors, einsum, distances.
#include "autograd/ops/matmul.h"

#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::transposed;
using samples::with;
using Samples = std::vector<FunctionSample>;

Tensor a(const Shape& s) { return spread(s); }
Tensor b(const Shape& s) { return spread(s, -2, 2, 1); }
Tensor c(const Shape& s) { return spread(s, -2, 2, 2); }
Json scaled() { return with({{"beta", 0.5}, {"alpha", -1.5}}); }

Samples matmul_samples() {
  return {{{a({2, 3}), b({3, 2})}},       {{transposed({2, 3}), transposed({3, 2})}}, {{a({2, 2, 3}), b({2, 3, 2})}}, {{a({2, 1, 2, 3}), b({2, 3, 1})}}, {{a({2, 2, 3}), b({3, 2})}},
          {{a({2, 3}), b({3})}},          {{a({3}), b({3, 2})}},                      {{a({3}), b({3})}},             {{a({2, 0}), b({0, 2})}},          {{a({0, 2}), b({2, 3})}},
          {{a({2, 2, 3}), b({3})}}};
}
Tensors call_tensordot(const Inputs& x, Keywords& o) {
  const Json& dims = o.json("dims");
  if (dims.is_null() || dims.is_number()) return {tensordot(x[0], x[1], o.integer("dims", 2))};
  const Json::Array& pair = dims.as_array("tensordot.dims");
  check<ConfigError>(pair.size() == 2, "tensordot.dims: expected a number or two lists of axes");
  Shape lists[2];
  for (size_t i = 0; i < 2; i++) {
    if (pair[i].is_number()) lists[i].push_back(pair[i].as_int());
    else
      for (const Json& v : pair[i].as_array("tensordot.dims")) lists[i].push_back(v.as_int());
  }
  return {tensordot(x[0], x[1], lists[0], lists[1])};
}
Samples einsum_samples() {
  auto eq = [](const char* e) { return with({{"equation", e}}); };
  return {{{a({2, 3}), b({3, 2})}, eq("ij,jk->ik")},
          {{a({2, 2, 3}), b({2, 3, 2})}, eq("bij,bjk->bik")},
          {{a({3}), b({2})}, eq("i,j->ij")},
          {{a({3, 3})}, eq("ii->i")},
          {{a({3, 3})}, eq("ii")},
          {{transposed({2, 3})}, eq("ij->ji")},
          {{a({2, 3}), b({2, 3})}, eq("ij,ij->")},
          {{a({2, 3}), b({3, 2}), c({2})}, eq("ij,jk,k")},
          {{a({2, 1, 2, 3}), b({2, 3, 2})}, eq("...ij,...jk->...ik")},
          {{a({2, 3}), b({1, 2})}, eq("ij,jk->k")},
          {{a({2, 0}), b({0, 2})}, eq("ij,jk->ik")},
          {{a({2, 3, 2}), b({2})}, eq("a...,a->...")}};
}
Samples distance_samples() {
  Samples all;
  for (double p : {2.0, 1.0, 3.0}) all.push_back({{a({3, 2}), b({2, 2})}, with({{"p", p}})});
  all.push_back({{a({2, 3, 2}), b({1, 2, 2})}, with({{"p", "inf"}})});
  all.push_back({{a({0, 2}), b({2, 2})}});
  return all;
}

const Function kMatmul[] = {
    {"matmul", [](const Inputs& x, Keywords&) -> Tensors { return {matmul(x[0], x[1])}; }, matmul_samples, Gradient::exact, "NumPy's matrix product."},
    {"mm", [](const Inputs& x, Keywords&) -> Tensors { return {mm(x[0], x[1])}; }, [] { return Samples{{{a({2, 3}), b({3, 2})}}}; }, Gradient::exact, "Matrix times matrix."},
    {"mv", [](const Inputs& x, Keywords&) -> Tensors { return {mv(x[0], x[1])}; }, [] { return Samples{{{transposed({2, 3}), b({3})}}}; }, Gradient::exact, "Matrix times vector."},
    {"dot", [](const Inputs& x, Keywords&) -> Tensors { return {dot(x[0], x[1])}; }, [] { return Samples{{{a({3}), b({3})}}, {{a({0}), b({0})}}}; }, Gradient::exact, "Vector times vector."},
    {"bmm", [](const Inputs& x, Keywords&) -> Tensors { return {bmm(x[0], x[1])}; }, [] { return Samples{{{a({2, 2, 3}), transposed({2, 3, 2})}}, {{a({0, 2, 3}), b({0, 3, 2})}}}; }, Gradient::exact, "Batches of matrix products."},
    {"addmm", [](const Inputs& x, Keywords& o) -> Tensors { return {addmm(x[0], x[1], x[2], o.real("beta", 1), o.real("alpha", 1))}; }, [] { return Samples{{{c({2, 2}), a({2, 3}), b({3, 2})}, scaled()}, {{c({2}), a({2, 3}), b({3, 2})}}}; }, Gradient::exact, "beta input + alpha a b."},
    {"addmv", [](const Inputs& x, Keywords& o) -> Tensors { return {addmv(x[0], x[1], x[2], o.real("beta", 1), o.real("alpha", 1))}; }, [] { return Samples{{{c({2}), a({2, 3}), b({3})}, scaled()}}; }, Gradient::exact, "beta input + alpha a b for a vector b."},
    {"baddbmm", [](const Inputs& x, Keywords& o) -> Tensors { return {baddbmm(x[0], x[1], x[2], o.real("beta", 1), o.real("alpha", 1))}; }, [] { return Samples{{{c({2, 2, 2}), a({2, 2, 3}), b({2, 3, 2})}, scaled()}}; }, Gradient::exact, "beta input + alpha a b for batches."},
    {"addr", [](const Inputs& x, Keywords& o) -> Tensors { return {addr(x[0], x[1], x[2], o.real("beta", 1), o.real("alpha", 1))}; }, [] { return Samples{{{c({2, 3}), a({2}), b({3})}, scaled()}}; }, Gradient::exact, "beta input + alpha a b^T for vectors."},
    {"outer", [](const Inputs& x, Keywords&) -> Tensors { return {outer(x[0], x[1])}; }, [] { return Samples{{{a({2}), b({3})}}, {{a({0}), b({3})}}}; }, Gradient::exact, "All products of two vectors' elements."},
    {"inner", [](const Inputs& x, Keywords&) -> Tensors { return {inner(x[0], x[1])}; }, [] { return Samples{{{a({2, 3}), b({4, 3})}}, {{a({}), b({2})}}, {{transposed({2, 3}), b({3})}}}; }, Gradient::exact, "Sums of products over the last axes."},
    {"kron", [](const Inputs& x, Keywords&) -> Tensors { return {kron(x[0], x[1])}; }, [] { return Samples{{{a({2, 2}), b({1, 3})}}, {{a({2}), b({2, 2})}}, {{a({}), b({2})}}}; }, Gradient::exact, "The Kronecker product."},
    {"tensordot", call_tensordot,
     [] { return Samples{{{a({2, 3, 2}), b({3, 2, 2})}}, {{a({2, 3, 2}), b({2, 3})}, with({{"dims", Json::Array{Json::Array{1, 2}, Json::Array{1, 0}}}})}, {{a({2}), b({3})}, with({{"dims", 0}})}}; }, Gradient::exact,
     "Products contracted over several axes."},
    {"cross", [](const Inputs& x, Keywords& o) -> Tensors { return {cross(x[0], x[1], o.integer("dim", -1))}; }, [] { return Samples{{{a({2, 3}), b({2, 3})}}, {{a({3, 2}), b({3, 1})}, with({{"dim", 0}})}}; }, Gradient::exact, "The cross product."},
    {"vecdot", [](const Inputs& x, Keywords& o) -> Tensors { return {vecdot(x[0], x[1], o.integer("dim", -1))}; }, [] { return Samples{{{a({2, 3}), b({3})}}}; }, Gradient::exact, "Sums of products along an axis."},
    {"multi_dot", [](const Inputs& x, Keywords&) -> Tensors { return {multi_dot(x.all())}; }, [] { return Samples{{{a({2, 3}), b({3, 4}), c({4, 1})}}, {{a({3}), b({3, 2}), c({2})}}}; }, Gradient::exact, "Several matrix products in the cheapest order."},
    {"einsum", [](const Inputs& x, Keywords& o) -> Tensors { return {einsum(o.word("equation"), x.all())}; }, einsum_samples, Gradient::exact, "Einstein's summation."},
    {"linear", [](const Inputs& x, Keywords&) -> Tensors { return {linear(x[0], x[1], x.optional(2))}; }, [] { return Samples{{{a({2, 3}), b({4, 3}), c({4})}}, {{a({2, 2, 3}), b({2, 3})}}, {{a({3}), b({2, 3}), c({2})}}, {{a({0, 3}), b({2, 3}), c({2})}}}; }, Gradient::exact, "x weight^T + bias."},
    {"bilinear", [](const Inputs& x, Keywords&) -> Tensors { return {bilinear(x[0], x[1], x[2], x.optional(3))}; }, [] { return Samples{{{a({2, 3}), b({2, 2}), c({4, 3, 2}), a({4})}}, {{a({3}), b({2}), c({1, 3, 2})}}}; }, Gradient::exact, "x1^T W x2 + bias."},
    {"cdist", [](const Inputs& x, Keywords& o) -> Tensors { return {cdist(x[0], x[1], o.real("p", 2))}; }, distance_samples, Gradient::exact, "Distances between all rows of two matrices."},
    {"pdist", [](const Inputs& x, Keywords& o) -> Tensors { return {pdist(x[0], o.real("p", 2))}; }, [] { return Samples{{{a({4, 2})}}, {{a({1, 2})}}}; }, Gradient::exact, "Distances between the rows of a matrix."},
    {"pairwise_distance", [](const Inputs& x, Keywords& o) -> Tensors { return {pairwise_distance(x[0], x[1], o.real("p", 2), o.real("eps", 1e-6), o.flag("keepdim", false))}; }, [] { return Samples{{{a({2, 3}), b({2, 3})}}, {{a({2, 3}), b({3})}, with({{"p", 1}, {"keepdim", true}})}}; }, Gradient::exact, "Distances between corresponding vectors."},
    {"cosine_similarity", [](const Inputs& x, Keywords& o) -> Tensors { return {cosine_similarity(x[0], x[1], o.integer("dim", 1), o.real("eps", 1e-8))}; }, [] { return Samples{{{a({2, 3}), b({2, 3})}}, {{a({2, 3, 2}), b({1, 3, 2})}, with({{"dim", -1}})}}; }, Gradient::exact, "Cosines between corresponding vectors."},
};

}  // namespace

std::span<const Function> matmul() { return kMatmul; }

}  // namespace tare::tables
