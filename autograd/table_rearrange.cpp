// Flips, repeats, triangles, padding.
#include "autograd/ops/shape.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::transposed;
using samples::with;
using Samples = std::vector<FunctionSample>;

Samples matrices(const Json& options) { return {{{spread({3, 4})}, options}, {{transposed({2, 4, 3})}, options}, {{spread({0, 3})}, options}}; }

Tensors call_repeat_interleave(const Inputs& x, Keywords& o) {
  auto axis = o.maybe_integer("dim");
  Tensor repeats = x.optional(1);
  const Json& given = o.json("repeats");
  if (!repeats.defined() && given.is_number())
    return {axis ? repeat_interleave(x[0], given.as_int(), *axis) : repeat_interleave(x[0], given.as_int())};
  if (!repeats.defined()) {
    std::vector<int64_t> list;
    for (const Json& v : given.as_array("repeat_interleave.repeats")) list.push_back(v.as_int());
    int64_t n = int64_t(list.size());
    repeats = samples::whole(list, {n});
  }
  return {axis ? repeat_interleave(x[0], repeats, *axis) : repeat_interleave(flatten(x[0]), repeats, 0)};
}

Tensors call_pad(const Inputs& x, Keywords& o) {
  std::vector<int64_t> amounts;
  for (int64_t v : o.shape("pad")) amounts.push_back(v);
  return {pad(x[0], amounts, o.word("mode", "constant"), o.real("value", 0))};
}
Samples pad_samples() {
  auto amounts = [](Json::Array a, const char* mode) { return with({{"pad", std::move(a)}, {"mode", mode}}); };
  return {{{spread({2, 3})}, amounts({1, 2}, "constant")},
          {{transposed({2, 3})}, amounts({1, -1, 0, 2}, "constant")},
          {{spread({0, 3})}, amounts({1, 1, 1, 1}, "constant")},
          {{spread({1, 2, 4})}, amounts({2, 1}, "reflect")},
          {{spread({1, 1, 3, 3})}, amounts({2, 1, 1, 2}, "reflect")},
          {{spread({1, 1, 2, 3})}, amounts({2, 3, 1, 0}, "replicate")},
          {{spread({1, 1, 2, 3})}, amounts({2, 3, 1, 0}, "circular")}};
}

const Function kRearrange[] = {
    {"flip", [](const Inputs& x, Keywords& o) -> Tensors { return {flip(x[0], o.shape("dims"))}; }, [] { return matrices(with({{"dims", Json::Array{0, -1}}})); }, Gradient::exact, "Reversed along axes."},
    {"rot90", [](const Inputs& x, Keywords& o) -> Tensors { return {rot90(x[0], o.integer("k", 1), o.shape("dims", {0, 1}))}; }, [] { auto all = matrices(with({{"k", 3}})); all.push_back({{spread({2, 3})}}); all.push_back({{spread({2, 3})}, with({{"k", -2}})}); return all; }, Gradient::exact, "Turned by right angles."},
    {"roll", [](const Inputs& x, Keywords& o) -> Tensors { return {roll(x[0], o.shape("shifts"), o.shape("dims", {}))}; }, [] { auto all = matrices(with({{"shifts", Json::Array{1, -2}}, {"dims", Json::Array{0, 1}}})); all.push_back({{transposed({2, 3})}, with({{"shifts", -4}})}); return all; }, Gradient::exact, "Shifted around along axes."},
    {"repeat", [](const Inputs& x, Keywords& o) -> Tensors { return {repeat(x[0], o.shape("repeats"))}; }, [] { return Samples{{{spread({2, 3})}, with({{"repeats", Json::Array{2, 1, 3}}})}, {{transposed({2, 3})}, with({{"repeats", Json::Array{2, 2}}})}, {{spread({2})}, with({{"repeats", Json::Array{0}}})}, {{spread({})}, with({{"repeats", Json::Array{2}}})}}; }, Gradient::exact, "Copies along each axis."},
    {"tile", [](const Inputs& x, Keywords& o) -> Tensors { return {tile(x[0], o.shape("dims"))}; }, [] { return Samples{{{spread({2, 2})}, with({{"dims", Json::Array{3}}})}, {{spread({2})}, with({{"dims", Json::Array{2, 2}}})}}; }, Gradient::exact, "NumPy's tile."},
    {"repeat_interleave", call_repeat_interleave,
     [] { return Samples{{{spread({2, 3})}, with({{"repeats", 2}, {"dim", 1}})}, {{transposed({2, 3})}, with({{"repeats", 3}})}, {{spread({3, 2})}, with({{"repeats", Json::Array{2, 0, 1}}, {"dim", 0}})}, {{spread({0, 2})}, with({{"repeats", 2}, {"dim", 0}})}}; },
     Gradient::exact, "Each slice repeated on the spot."},
    {"tril", [](const Inputs& x, Keywords& o) -> Tensors { return {tril(x[0], o.integer("diagonal", 0))}; }, [] { auto all = matrices({}); all.push_back({{spread({3, 3})}, with({{"diagonal", -1}})}); return all; }, Gradient::exact, "The lower triangle."},
    {"triu", [](const Inputs& x, Keywords& o) -> Tensors { return {triu(x[0], o.integer("diagonal", 0))}; }, [] { auto all = matrices({}); all.push_back({{spread({3, 3})}, with({{"diagonal", 1}})}); return all; }, Gradient::exact, "The upper triangle."},
    {"diag", [](const Inputs& x, Keywords& o) -> Tensors { return {diag(x[0], o.integer("diagonal", 0))}; }, [] { return Samples{{{spread({3})}}, {{spread({3, 4})}, with({{"diagonal", 1}})}, {{spread({2})}, with({{"diagonal", -1}})}, {{spread({0})}}}; }, Gradient::exact, "A vector as a diagonal matrix, or a matrix's diagonal."},
    {"diag_embed", [](const Inputs& x, Keywords& o) -> Tensors { return {diag_embed(x[0], o.integer("offset", 0), o.integer("dim1", -2), o.integer("dim2", -1))}; }, [] { return Samples{{{spread({2, 3})}}, {{spread({2, 3})}, with({{"offset", -1}, {"dim1", 0}, {"dim2", 2}})}, {{spread({2, 0})}}}; }, Gradient::exact, "Vectors as diagonal matrices."},
    {"trace", [](const Inputs& x, Keywords&) -> Tensors { return {trace(x[0])}; }, [] { return Samples{{{spread({3, 4})}}, {{transposed({3, 2})}}, {{spread({0, 3})}}}; }, Gradient::exact, "The sum of a matrix's diagonal."},
    {"pad", call_pad, pad_samples, Gradient::exact, "Padded with a constant, or by reflecting, replicating or wrapping around."},
};

}  // namespace

std::span<const Function> rearrange() { return kRearrange; }

}  // namespace tare::tables
