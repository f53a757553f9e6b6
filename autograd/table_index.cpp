// Reading and writing by position.
#include "autograd/ops/index.h"

#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::transposed;
using samples::whole;
using samples::with;
using Samples = std::vector<FunctionSample>;

Tensors all_but(const Inputs& x, size_t first, size_t last) {
  return Tensors(x.all().begin() + static_cast<std::ptrdiff_t>(first), x.all().end() - static_cast<std::ptrdiff_t>(last));
}

// Places along axis 1 of a (3, 4) tensor; some meet.
Tensor places() { return whole({0, 3, 1, 1, 2, 2}, {3, 2}); }
Tensor nowhere() { return whole({}, {3, 0}); }

Tensors call_scatter(const Inputs& x, Keywords& o) {
  if (x.size() > 2) return {scatter(x[0], o.integer("dim"), x[1], x[2])};
  return {scatter(x[0], o.integer("dim"), x[1], o.scalar("value"))};
}
Samples scatter_samples() {
  Json dim = with({{"dim", 1}});
  return {{{spread({3, 4}), whole({0, 3, 1, 0, 2, 3}, {3, 2}), spread({3, 2}, -2, 2, 1)}, dim},
          {{transposed({3, 4}), whole({0, 3, 1, 0, 2, 3}, {3, 2}), transposed({3, 4}, -2, 2, 1)}, dim},
          {{spread({3, 4}), nowhere(), spread({3, 0})}, dim},
          {{spread({3, 4}), places()}, with({{"dim", 1}, {"value", 2.5}})}};
}
Samples scatter_add_samples() {
  return {{{spread({3, 4}), places(), spread({3, 2}, -2, 2, 1)}, with({{"dim", 1}})},
          {{transposed({3, 4}), places(), transposed({3, 4}, -2, 2, 1)}, with({{"dim", -1}})},
          {{spread({3, 4}), nowhere(), spread({3, 2})}, with({{"dim", 1}})},
          {{spread({}), whole({0}, {}), spread({}, -2, 2, 1)}, with({{"dim", 0}})}};
}
Samples scatter_reduce_samples() {
  Samples all;
  for (const char* reduce : {"sum", "prod", "mean", "amax", "amin"})
    for (bool self : {true, false})
      all.push_back({{spread({3, 4}), whole({0, 3, 3, 1, 1, 2, 2, 2, 2}, {3, 3}), spread({3, 3}, -2.1, 1.9, 1)}, with({{"dim", 1}, {"reduce", reduce}, {"include_self", self}})});
  // One and two zeros among the factors of a place.
  Tensor x = spread({3, 4}), src = spread({3, 3}, -2.1, 1.9, 1);
  x.mutable_data<double>()[3] = 0;
  src.mutable_data<double>()[3] = src.mutable_data<double>()[6] = src.mutable_data<double>()[7] = 0;
  for (bool self : {true, false})
    all.push_back({{x, whole({0, 3, 3, 1, 1, 2, 2, 2, 2}, {3, 3}), src}, with({{"dim", 1}, {"reduce", "prod"}, {"include_self", self}})});
  return all;
}
Samples index_samples() {
  return {{{spread({4, 3}), whole({0, 2, -1}, {3}), whole({1, 1, 2}, {3})}},
          {{transposed({4, 3}), whole({3, 0, 3}, {3})}},
          {{spread({3, 3}), samples::mask({3, 3})}},
          {{spread({2, 3, 2}), whole({1, 0}, {2, 1}), whole({2, 0, 1}, {3})}},
          {{spread({2, 3}), whole({}, {0})}}};
}
Samples index_put_samples() {
  Json add = with({{"accumulate", true}});
  return {{{spread({4, 3}), whole({0, 2}, {2}), whole({1, 2}, {2}), spread({2}, -2, 2, 1)}},
          {{spread({4, 3}), whole({0, 0, 2}, {3}), whole({1, 1, 2}, {3}), spread({3}, -2, 2, 1)}, add},
          {{transposed({4, 3}), whole({3, 3}, {2}), spread({3}, -2, 2, 1)}, add},
          {{spread({3, 3}), samples::mask({3, 3}), spread({}, -2, 2, 1)}}};
}
Tensors call_masked_fill(const Inputs& x, Keywords& o) {
  return {x.size() > 2 ? masked_fill(x[0], x[1], x[2]) : masked_fill(x[0], x[1], o.scalar("value"))};
}
Samples axis_list(const Tensor& src, const Json& options) {
  return {{{spread({4, 3}), whole({2, 0, -1}, {3}), src}, options}, {{transposed({4, 3}), whole({2, 0, 1}, {3}), src}, options}, {{spread({4, 3}), whole({}, {0}), spread({0, 3})}, options}};
}

const Function kIndex[] = {
    {"gather", [](const Inputs& x, Keywords& o) -> Tensors { return {gather(x[0], o.integer("dim"), x[1])}; }, [] { return Samples{{{spread({3, 4}), places()}, with({{"dim", 1}})}, {{transposed({3, 4}), whole({0, 2, 2, 1}, {1, 4})}, with({{"dim", -2}})}, {{spread({3, 4}), nowhere()}, with({{"dim", 1}})}, {{spread({}), whole({0}, {})}, with({{"dim", 0}})}}; }, Gradient::exact, "Elements at given positions along an axis."},
    {"take_along_dim", [](const Inputs& x, Keywords& o) -> Tensors { return {o.has("dim") ? take_along_dim(x[0], x[1], o.integer("dim")) : take_along_dim(x[0], x[1])}; }, [] { return Samples{{{spread({3, 4}), whole({2, 0}, {2, 1})}, with({{"dim", 0}})}, {{spread({3, 1}), whole({0, 0, 0}, {1, 3})}, with({{"dim", 1}})}, {{transposed({3, 4}), whole({11, 0, 5}, {3})}}}; }, Gradient::exact, "gather with broadcasting."},
    {"scatter", call_scatter, scatter_samples, Gradient::exact, "Elements written at given positions along an axis."},
    {"scatter_add", [](const Inputs& x, Keywords& o) -> Tensors { return {scatter_add(x[0], o.integer("dim"), x[1], x[2])}; }, scatter_add_samples, Gradient::exact, "Elements added at given positions along an axis."},
    {"scatter_reduce", [](const Inputs& x, Keywords& o) -> Tensors { return {scatter_reduce(x[0], o.integer("dim"), x[1], x[2], o.word("reduce"), o.flag("include_self", true))}; }, scatter_reduce_samples, Gradient::exact, "Elements combined at given positions along an axis."},
    {"index_select", [](const Inputs& x, Keywords& o) -> Tensors { return {index_select(x[0], o.integer("dim"), x[1])}; }, [] { return Samples{{{spread({4, 3}), whole({2, 0, 2}, {3})}, with({{"dim", 0}})}, {{transposed({4, 3}), whole({-1, 1}, {2})}, with({{"dim", 1}})}, {{spread({4, 3}), whole({}, {0})}, with({{"dim", 0}})}}; }, Gradient::exact, "Slices at a list of positions."},
    {"index_add", [](const Inputs& x, Keywords& o) -> Tensors { return {index_add(x[0], o.integer("dim"), x[1], x[2], o.real("alpha", 1))}; }, [] { return axis_list(spread({3, 3}, -2, 2, 1), with({{"dim", 0}, {"alpha", -0.5}})); }, Gradient::exact, "Slices added at a list of positions."},
    {"index_copy", [](const Inputs& x, Keywords& o) -> Tensors { return {index_copy(x[0], o.integer("dim"), x[1], x[2])}; }, [] { return axis_list(transposed({3, 3}, -2, 2, 1), with({{"dim", 0}})); }, Gradient::exact, "Slices written at a list of positions."},
    {"index_fill", [](const Inputs& x, Keywords& o) -> Tensors { return {index_fill(x[0], o.integer("dim"), x[1], o.real("value"))}; }, [] { return Samples{{{spread({4, 3}), whole({2, 0, 2}, {3})}, with({{"dim", 0}, {"value", 1.5}})}}; }, Gradient::exact, "A number written into slices."},
    {"index", [](const Inputs& x, Keywords&) -> Tensors { return {index(x[0], all_but(x, 1, 0))}; }, index_samples, Gradient::exact, "x[i, j, ...]."},
    {"index_put", [](const Inputs& x, Keywords& o) -> Tensors { return {index_put(x[0], all_but(x, 1, 1), x[x.size() - 1], o.flag("accumulate", false))}; }, index_put_samples, Gradient::exact, "x with x[i, j, ...] = values."},
    {"masked_select", [](const Inputs& x, Keywords&) -> Tensors { return {masked_select(x[0], x[1])}; }, [] { return Samples{{{spread({3, 4}), samples::mask({3, 4})}}, {{transposed({3, 4}), samples::mask({4})}}, {{spread({3, 1}), samples::mask({4})}}, {{spread({0}), samples::mask({0})}}}; }, Gradient::exact, "The elements under a mask."},
    {"masked_fill", call_masked_fill,
     [] { return Samples{{{spread({3, 4}), samples::mask({3, 4})}, with({{"value", -1.5}})}, {{transposed({3, 4}), samples::mask({4}), spread({})}}, {{spread({0, 2}), samples::mask({2})}, with({{"value", 0}})}}; }, Gradient::exact,
     "A number written under a mask."},
    {"masked_scatter", [](const Inputs& x, Keywords&) -> Tensors { return {masked_scatter(x[0], x[1], x[2])}; }, [] { return Samples{{{spread({3, 4}), samples::mask({3, 4}), spread({6}, -2, 2, 1)}}, {{transposed({3, 4}), samples::mask({4}), spread({3, 4}, -2, 2, 1)}}}; }, Gradient::exact, "A list of elements written under a mask."},
    {"take", [](const Inputs& x, Keywords&) -> Tensors { return {take(x[0], x[1])}; }, [] { return Samples{{{spread({3, 4}), whole({0, 11, 11, -1}, {2, 2})}}, {{transposed({3, 4}), whole({5}, {})}}}; }, Gradient::exact, "Elements of the flattened tensor."},
    {"put", [](const Inputs& x, Keywords& o) -> Tensors { return {put(x[0], x[1], x[2], o.flag("accumulate", false))}; }, [] { return Samples{{{spread({3, 4}), whole({0, 11}, {2}), spread({2})}}, {{transposed({3, 4}), whole({5, 5}, {2}), spread({2})}, with({{"accumulate", true}})}}; }, Gradient::exact, "Elements written into the flattened tensor."},
    {"nonzero", [](const Inputs& x, Keywords&) { return Tensors{nonzero(x[0])}; }, nullptr, Gradient::none, "Coordinates of the elements that are not 0."},
    {"argwhere", [](const Inputs& x, Keywords&) { return Tensors{argwhere(x[0])}; }, nullptr, Gradient::none, "Coordinates of the elements that are not 0."},
    {"one_hot", [](const Inputs& x, Keywords& o) { return Tensors{one_hot(x[0], o.integer("num_classes", -1))}; }, nullptr, Gradient::none, "1 at each label, 0 elsewhere."},
};

}  // namespace

std::span<const Function> index() { return kIndex; }

}  // namespace tare::tables
