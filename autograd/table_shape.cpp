// Views, splits and joins.
#include "autograd/ops/shape.h"

#include "autograd/ops/reduce.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::transposed;
using samples::with;
using Samples = std::vector<FunctionSample>;

// A null "end" is the end of the axis.
int64_t end_of(Keywords& o) { return o.integer("end", std::numeric_limits<int64_t>::max()); }

Tensors call_split(const Inputs& x, Keywords& o) {
  const Json& sizes = o.json("split_size_or_sections");
  if (sizes.is_number()) return split(x[0], sizes.as_int(), o.integer("dim", 0));
  std::vector<int64_t> sections;
  for (const Json& s : sizes.as_array("split.split_size_or_sections")) sections.push_back(s.as_int());
  return split(x[0], sections, o.integer("dim", 0));
}

Samples three(const Json& options) { return {{{spread({2, 3, 2})}, options}, {{transposed({2, 3, 2}, -2, 2, 1)}, options}, {{spread({0, 3, 2})}, options}}; }

const Function kShape[] = {
    {"reshape", [](const Inputs& x, Keywords& o) -> Tensors { return {reshape(x[0], o.shape("shape"))}; }, [] { return Samples{{{spread({2, 6})}, with({{"shape", Json::Array{3, -1}}})}, {{transposed({2, 3})}, with({{"shape", Json::Array{6}}})}, {{spread({})}, with({{"shape", Json::Array{1, 1}}})}, {{spread({0, 2})}, with({{"shape", Json::Array{3, 0}}})}}; }, Gradient::exact, "The same elements in another shape."},
    {"flatten", [](const Inputs& x, Keywords& o) -> Tensors { return {flatten(x[0], o.integer("start_dim", 0), o.integer("end_dim", -1))}; }, [] { auto all = three(with({{"start_dim", 1}})); all.push_back({{spread({})}}); return all; }, Gradient::exact, "Neighbouring axes merged."},
    {"unflatten", [](const Inputs& x, Keywords& o) -> Tensors { return {unflatten(x[0], o.integer("dim"), o.shape("sizes"))}; }, [] { return Samples{{{spread({2, 6})}, with({{"dim", 1}, {"sizes", Json::Array{-1, 2}}})}, {{spread({0, 2})}, with({{"dim", 0}, {"sizes", Json::Array{0, 3}}})}}; }, Gradient::exact, "An axis split into several."},
    {"permute", [](const Inputs& x, Keywords& o) -> Tensors { return {permute(x[0], o.shape("dims"))}; }, [] { return three(with({{"dims", Json::Array{2, 0, 1}}})); }, Gradient::exact, "Axes reordered."},
    {"transpose", [](const Inputs& x, Keywords& o) -> Tensors { return {transpose(x[0], o.integer("dim0"), o.integer("dim1"))}; }, [] { return three(with({{"dim0", 0}, {"dim1", -1}})); }, Gradient::exact, "Two axes exchanged."},
    {"movedim", [](const Inputs& x, Keywords& o) -> Tensors { return {movedim(x[0], o.shape("source"), o.shape("destination"))}; }, [] { return three(with({{"source", Json::Array{0, 1}}, {"destination", Json::Array{-1, 0}}})); }, Gradient::exact, "Axes moved to other places."},
    {"squeeze", [](const Inputs& x, Keywords& o) -> Tensors { return {o.has("dim") ? squeeze(x[0], o.shape("dim")) : squeeze(x[0])}; }, [] { return Samples{{{spread({1, 3, 1})}}, {{spread({1, 3, 1})}, with({{"dim", -1}})}, {{spread({2, 3})}, with({{"dim", 0}})}, {{spread({1, 0})}}}; }, Gradient::exact, "Axes of size 1 removed."},
    {"unsqueeze", [](const Inputs& x, Keywords& o) -> Tensors { return {unsqueeze(x[0], o.integer("dim"))}; }, [] { auto all = three(with({{"dim", -2}})); all.push_back({{spread({})}, with({{"dim", 0}})}); return all; }, Gradient::exact, "An axis of size 1 inserted."},
    {"expand", [](const Inputs& x, Keywords& o) -> Tensors { return {expand(x[0], o.shape("size"))}; }, [] { return Samples{{{spread({3, 1})}, with({{"size", Json::Array{2, -1, 2}}})}, {{spread({})}, with({{"size", Json::Array{2}}})}, {{spread({1, 2})}, with({{"size", Json::Array{0, 2}}})}}; }, Gradient::exact, "Axes of size 1 repeated without copying."},
    {"slice", [](const Inputs& x, Keywords& o) -> Tensors { return {slice(x[0], o.integer("dim", 0), o.integer("start", 0), end_of(o), o.integer("step", 1))}; }, [] { auto all = three(with({{"dim", 1}, {"start", -2}, {"step", 2}})); all.push_back({{spread({5})}, with({{"start", 4}, {"end", 2}})}); all.push_back({{spread({7, 2})}, with({{"start", 1}, {"end", -1}, {"step", 3}})}); return all; }, Gradient::exact, "x[start:end:step] along an axis."},
    {"narrow", [](const Inputs& x, Keywords& o) -> Tensors { return {narrow(x[0], o.integer("dim"), o.integer("start"), o.integer("length"))}; }, [] { return three(with({{"dim", 1}, {"start", 1}, {"length", 2}})); }, Gradient::exact, "length elements from start on."},
    {"select", [](const Inputs& x, Keywords& o) -> Tensors { return {select(x[0], o.integer("dim"), o.integer("index"))}; }, [] { return three(with({{"dim", 1}, {"index", -1}})); }, Gradient::exact, "One position along an axis."},
    {"diagonal", [](const Inputs& x, Keywords& o) -> Tensors { return {diagonal(x[0], o.integer("offset", 0), o.integer("dim1", 0), o.integer("dim2", 1))}; }, [] { auto all = three(with({{"offset", 1}, {"dim1", -1}, {"dim2", 1}})); all.push_back({{spread({3, 4})}, with({{"offset", -1}})}); all.push_back({{spread({3, 2})}, with({{"offset", 5}})}); return all; }, Gradient::exact, "The diagonal of two axes."},
    {"windows", [](const Inputs& x, Keywords& o) -> Tensors { return {windows(x[0], o.integer("dimension"), o.integer("size"), o.integer("step"))}; }, [] { return Samples{{{spread({2, 5})}, with({{"dimension", 1}, {"size", 3}, {"step", 1}})}, {{spread({5, 2})}, with({{"dimension", 0}, {"size", 2}, {"step", 2}})}}; }, Gradient::exact, "Sliding windows along an axis."},
    {"contiguous", [](const Inputs& x, Keywords&) -> Tensors { return {contiguous(x[0])}; }, [] { return three({}); }, Gradient::exact, "Row-major memory."},
    {"clone", [](const Inputs& x, Keywords&) -> Tensors { return {clone(x[0])}; }, [] { return three({}); }, Gradient::exact, "A copy."},
    {"split", call_split, [] { return Samples{{{spread({5, 2})}, with({{"split_size_or_sections", 2}})}, {{spread({2, 6})}, with({{"split_size_or_sections", Json::Array{1, 0, 5}}, {"dim", -1}})}}; }, Gradient::exact,
     "Pieces of given sizes."},
    {"chunk", [](const Inputs& x, Keywords& o) -> Tensors { return chunk(x[0], o.integer("chunks"), o.integer("dim", 0)); }, [] { return three(with({{"chunks", 2}, {"dim", 1}})); }, Gradient::exact, "At most so many equal pieces."},
    {"unbind", [](const Inputs& x, Keywords& o) -> Tensors { return unbind(x[0], o.integer("dim", 0)); }, [] { return Samples{{{spread({3, 2})}}, {{transposed({3, 2})}, with({{"dim", -1}})}}; }, Gradient::exact, "All positions along an axis."},
    {"cat", [](const Inputs& x, Keywords& o) -> Tensors { return {cat(x.all(), o.integer("dim", 0))}; }, [] { return Samples{{{spread({2, 3}), spread({1, 3}, -2, 2, 1), spread({0, 3})}}, {{transposed({2, 3}), spread({2, 1})}, with({{"dim", -1}})}, {{spread({0}), spread({2, 2})}, with({{"dim", 1}})}}; }, Gradient::exact, "Tensors joined along an axis."},
    {"stack", [](const Inputs& x, Keywords& o) -> Tensors { return {stack(x.all(), o.integer("dim", 0))}; }, [] { return Samples{{{spread({2, 3}), transposed({2, 3})}, with({{"dim", -1}})}, {{spread({}), spread({}, -2, 2, 1)}}, {{spread({0, 2})}}}; }, Gradient::exact, "Tensors joined along a new axis."},
    {"hstack", [](const Inputs& x, Keywords&) -> Tensors { return {hstack(x.all())}; }, [] { return Samples{{{spread({2, 3}), spread({2, 1})}}, {{spread({2}), spread({})}}}; }, Gradient::exact, "Tensors side by side."},
    {"vstack", [](const Inputs& x, Keywords&) -> Tensors { return {vstack(x.all())}; }, [] { return Samples{{{spread({2, 3}), spread({3})}}, {{spread({}), spread({1, 1})}}}; }, Gradient::exact, "Tensors below each other."},
    {"dstack", [](const Inputs& x, Keywords&) -> Tensors { return {dstack(x.all())}; }, [] { return Samples{{{spread({2, 3}), transposed({2, 3})}}, {{spread({2}), spread({2})}}}; }, Gradient::exact, "Tensors behind each other."},
    {"meshgrid", [](const Inputs& x, Keywords& o) -> Tensors { return meshgrid(x.all(), o.word("indexing", "ij")); }, [] { return Samples{{{spread({3}), spread({2})}}, {{spread({3}), spread({}), spread({2})}, with({{"indexing", "xy"}})}}; }, Gradient::exact, "Grids of coordinates."},
};

}  // namespace

std::span<const Function> shape() { return kShape; }

}  // namespace tare::tables
