#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

Tensor columns() { return int_sample({0, 2, 1, 1, 0, 2}, {2, 3}); }

const Function kIndex[] = {
    {"gather", [](const Inputs& x, Keywords& o) { return Tensors{gather(x[0], o.integer("dim"), x[1])}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 4}), columns()}, options({{"dim", 1}})}, {{strided_sample({2, 4}), columns()}, options({{"dim", -1}})}}; }},
    {"scatter", [](const Inputs& x, Keywords& o) {
       if (x.size() > 2) return Tensors{scatter(x[0], o.integer("dim"), x[1], x[2])};
       return Tensors{scatter(x[0], o.integer("dim"), x[1], o.scalar("value"))};
     },
     [] { return std::vector<FunctionSample>{{{sample({2, 4}), int_sample({0, 2, 1, 3, 0, 2}, {2, 3}), sample({2, 3}, -2, 2, 2)}, options({{"dim", 1}})}}; }},
    {"scatter_add", [](const Inputs& x, Keywords& o) { return Tensors{scatter_add(x[0], o.integer("dim"), x[1], x[2])}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 4}), columns(), sample({2, 3}, -2, 2, 2)}, options({{"dim", 1}})}}; }},
    {"scatter_reduce", [](const Inputs& x, Keywords& o) {
       return Tensors{scatter_reduce(x[0], o.integer("dim"), x[1], x[2], o.word("reduce"), o.flag("include_self", true))};
     },
     [] {
       std::vector<FunctionSample> s;
       for (const char* how : {"sum", "mean", "prod", "amax", "amin"})
         s.push_back({{sample({2, 4}, 0.5, 2), columns(), sample({2, 3}, 0.5, 2, 2)}, options({{"dim", 1}, {"reduce", how}})});
       return s;
     }},
    {"index_select", [](const Inputs& x, Keywords& o) { return Tensors{index_select(x[0], o.integer("dim"), x[1])}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), int_sample({2, 0, 2}, {3})}, options({{"dim", 0}})}}; }},
    {"index_add", [](const Inputs& x, Keywords& o) { return Tensors{index_add(x[0], o.integer("dim"), x[1], x[2], o.real("alpha", 1))}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), int_sample({2, 0, 2}, {3}), sample({3, 2}, -2, 2, 2)}, options({{"dim", 0}, {"alpha", 0.5}})}}; }},
    {"index_copy", [](const Inputs& x, Keywords& o) { return Tensors{index_copy(x[0], o.integer("dim"), x[1], x[2])}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), int_sample({2, 0}, {2}), sample({2, 2}, -2, 2, 2)}, options({{"dim", 0}})}}; }},
    {"index_fill", [](const Inputs& x, Keywords& o) { return Tensors{index_fill(x[0], o.integer("dim"), x[1], o.real("value"))}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), int_sample({2, 0}, {2})}, options({{"dim", 0}, {"value", 1.5}})}}; }},
    {"index", [](const Inputs& x, Keywords&) {
       x[1];
       return Tensors{index(x[0], Tensors(x.all().begin() + 1, x.all().end()))};
     },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), int_sample({2, 0, 2}, {3}), int_sample({1, 0, 1}, {3})}}, {{sample({3, 2}), gt(sample({3, 2}), 0)}}}; }},
    {"index_put", [](const Inputs& x, Keywords& o) {
       x[2];
       return Tensors{index_put(x[0], Tensors(x.all().begin() + 1, x.all().end() - 1), x.all().back(), o.flag("accumulate", false))};
     },
     [] {
       return std::vector<FunctionSample>{
           {{sample({3, 2}), int_sample({2, 0, 2}, {3}), int_sample({1, 0, 1}, {3}), sample({3}, -2, 2, 2)}, options({{"accumulate", true}})}};
     }},
    {"masked_select", [](const Inputs& x, Keywords&) { return Tensors{masked_select(x[0], x[1])}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), gt(sample({3, 2}), 0)}}}; }},
    {"masked_fill", [](const Inputs& x, Keywords& o) { return Tensors{x.size() > 2 ? masked_fill(x[0], x[1], x[2]) : masked_fill(x[0], x[1], o.scalar("value"))}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), gt(sample({3, 2}), 0)}, options({{"value", -1.5}})}}; }},
    {"masked_scatter", [](const Inputs& x, Keywords&) { return Tensors{masked_scatter(x[0], x[1], x[2])}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), gt(sample({3, 2}), 0), sample({6}, -2, 2, 2)}}}; }},
    {"take", [](const Inputs& x, Keywords&) { return Tensors{take(x[0], x[1])}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), int_sample({5, 0, 5}, {3})}}}; }},
    {"take_along_dim", [](const Inputs& x, Keywords& o) { return Tensors{o.has("dim") ? take_along_dim(x[0], x[1], o.integer("dim")) : take_along_dim(x[0], x[1])}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 4}), columns()}, options({{"dim", 1}})}}; }},
    {"put", [](const Inputs& x, Keywords& o) { return Tensors{put(x[0], x[1], x[2], o.flag("accumulate", false))}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 2}), int_sample({5, 0}, {2}), sample({2}, -2, 2, 2)}}}; }},
    {"nonzero", [](const Inputs& x, Keywords&) { return Tensors{nonzero(x[0])}; }, nullptr, Gradient::none},
    {"argwhere", [](const Inputs& x, Keywords&) { return Tensors{argwhere(x[0])}; }, nullptr, Gradient::none},
    {"one_hot", [](const Inputs& x, Keywords& o) { return Tensors{one_hot(x[0], o.integer("num_classes", -1))}; }, nullptr, Gradient::none},
};

}  // namespace

std::span<const Function> index() { return kIndex; }

}  // namespace tare::tables
