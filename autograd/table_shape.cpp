#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

std::vector<FunctionSample> with(Json o) { return {{{sample({2, 3, 2})}, o}, {{strided_sample({2, 3, 2})}, o}}; }
std::vector<FunctionSample> matrices() { return {{{sample({3, 4})}}, {{strided_sample({3, 4})}}, {{sample({2, 3, 3})}}}; }
std::vector<FunctionSample> lists(Json o) {
  return {{{sample({2, 3}), sample({2, 3}, -2, 2, 2)}, o}, {{sample({2, 3}), strided_sample({2, 3}, -2, 2, 2), sample({2, 3}, -2, 2, 3)}, o}};
}
std::vector<int64_t> longs(const Shape& s) { return {s.begin(), s.end()}; }

std::vector<int64_t> long_list(Keywords& o, std::string_view key) {
  std::vector<int64_t> out;
  for (double v : o.reals(key)) out.push_back(int64_t(v));
  return out;
}

const Function kShape[] = {
    {"reshape", [](const Inputs& x, Keywords& o) { return Tensors{reshape(x[0], o.shape("shape"))}; }, [] { return with(options({{"shape", Json(Json::Array{3, -1})}})); }},
    {"flatten", [](const Inputs& x, Keywords& o) { return Tensors{flatten(x[0], o.integer("start_dim", 0), o.integer("end_dim", -1))}; },
     [] { return with(options({{"start_dim", 1}})); }},
    {"unflatten", [](const Inputs& x, Keywords& o) { return Tensors{unflatten(x[0], o.integer("dim"), o.shape("sizes"))}; },
     [] { return with(options({{"dim", 1}, {"sizes", Json(Json::Array{3, 1})}})); }},
    {"permute", [](const Inputs& x, Keywords& o) { return Tensors{permute(x[0], o.shape("dims"))}; },
     [] { return with(options({{"dims", Json(Json::Array{2, 0, 1})}})); }},
    {"transpose", [](const Inputs& x, Keywords& o) { return Tensors{transpose(x[0], o.integer("dim0"), o.integer("dim1"))}; },
     [] { return with(options({{"dim0", 0}, {"dim1", -1}})); }},
    {"movedim", [](const Inputs& x, Keywords& o) { return Tensors{movedim(x[0], o.shape("source"), o.shape("destination"))}; },
     [] { return with(options({{"source", 0}, {"destination", 2}})); }},
    {"expand", [](const Inputs& x, Keywords& o) {
       Shape size = o.shape("size");
       // -1 keeps the size of the axis it stands for.
       int shift = size.size() - x[0].dim();
       for (int i = 0; i < size.size(); i++)
         if (size[i] == -1 && i >= shift) size[i] = x[0].shape()[i - shift];
       return Tensors{expand(x[0], size)};
     },
     [] { return std::vector<FunctionSample>{{{sample({3, 1})}, options({{"size", Json(Json::Array{2, 3, 2})}})}}; }},
    {"squeeze", [](const Inputs& x, Keywords& o) { return Tensors{o.has("dim") ? squeeze(x[0], o.shape("dim")) : squeeze(x[0])}; },
     [] { return std::vector<FunctionSample>{{{sample({2, 1, 3, 1})}}, {{sample({2, 1, 3, 1})}, options({{"dim", 1}})}}; }},
    {"unsqueeze", [](const Inputs& x, Keywords& o) { return Tensors{unsqueeze(x[0], o.integer("dim"))}; }, [] { return with(options({{"dim", -1}})); }},
    {"slice", [](const Inputs& x, Keywords& o) {
       return Tensors{slice(x[0], o.integer("dim", 0), o.integer("start", 0), o.integer("end", std::numeric_limits<int64_t>::max()), o.integer("step", 1))};
     },
     [] { return with(options({{"dim", 1}, {"start", 0}, {"step", 2}})); }},
    {"narrow", [](const Inputs& x, Keywords& o) { return Tensors{narrow(x[0], o.integer("dim"), o.integer("start"), o.integer("length"))}; },
     [] { return with(options({{"dim", 1}, {"start", 1}, {"length", 2}})); }},
    {"select", [](const Inputs& x, Keywords& o) { return Tensors{select(x[0], o.integer("dim"), o.integer("index"))}; },
     [] { return with(options({{"dim", 1}, {"index", -1}})); }},
    {"diagonal", [](const Inputs& x, Keywords& o) { return Tensors{diagonal(x[0], o.integer("offset", 0), o.integer("dim1", 0), o.integer("dim2", 1))}; },
     [] { return matrices(); }},
    {"clone", [](const Inputs& x, Keywords&) { return Tensors{clone(x[0])}; }, [] { return matrices(); }},
    {"contiguous", [](const Inputs& x, Keywords&) { return Tensors{contiguous(x[0])}; }, [] { return matrices(); }},
    {"split", [](const Inputs& x, Keywords& o) {
       if (o.json("split_size_or_sections").is_number()) return split(x[0], o.integer("split_size_or_sections"), o.integer("dim", 0));
       return split(x[0], long_list(o, "split_size_or_sections"), o.integer("dim", 0));
     },
     [] { return with(options({{"split_size_or_sections", 2}, {"dim", 1}})); }},
    {"chunk", [](const Inputs& x, Keywords& o) { return chunk(x[0], o.integer("chunks"), o.integer("dim", 0)); }, [] { return with(options({{"chunks", 2}, {"dim", 1}})); }},
    {"unbind", [](const Inputs& x, Keywords& o) { return unbind(x[0], o.integer("dim", 0)); }, [] { return with(options({{"dim", 1}})); }},
    {"cat", [](const Inputs& x, Keywords& o) { return Tensors{cat(x.all(), o.integer("dim", 0))}; }, [] { return lists(options({{"dim", 1}})); }},
    {"stack", [](const Inputs& x, Keywords& o) { return Tensors{stack(x.all(), o.integer("dim", 0))}; }, [] { return lists(options({{"dim", 1}})); }},
    {"hstack", [](const Inputs& x, Keywords&) { return Tensors{hstack(x.all())}; }, [] { return lists(Json()); }},
    {"vstack", [](const Inputs& x, Keywords&) { return Tensors{vstack(x.all())}; }, [] { return lists(Json()); }},
    {"dstack", [](const Inputs& x, Keywords&) { return Tensors{dstack(x.all())}; }, [] { return lists(Json()); }},
    {"meshgrid", [](const Inputs& x, Keywords& o) { return meshgrid(x.all(), o.word("indexing", "ij")); },
     [] { return std::vector<FunctionSample>{{{sample({2}), sample({3}, -2, 2, 2)}, options({{"indexing", "xy"}})}}; }},
    {"flip", [](const Inputs& x, Keywords& o) { return Tensors{flip(x[0], o.shape("dims"))}; }, [] { return with(options({{"dims", Json(Json::Array{0, -1})}})); }},
    {"fliplr", [](const Inputs& x, Keywords&) { return Tensors{fliplr(x[0])}; }, [] { return matrices(); }},
    {"flipud", [](const Inputs& x, Keywords&) { return Tensors{flipud(x[0])}; }, [] { return matrices(); }},
    {"rot90", [](const Inputs& x, Keywords& o) { return Tensors{rot90(x[0], o.integer("k", 1), o.shape("dims", {0, 1}))}; }, [] { return matrices(); }},
    {"roll", [](const Inputs& x, Keywords& o) { return Tensors{roll(x[0], o.shape("shifts"), o.shape("dims", {}))}; },
     [] { return with(options({{"shifts", 1}, {"dims", 1}})); }},
    {"repeat", [](const Inputs& x, Keywords& o) { return Tensors{repeat(x[0], o.shape("repeats"))}; },
     [] { return with(options({{"repeats", Json(Json::Array{2, 1, 1, 2})}})); }},
    {"tile", [](const Inputs& x, Keywords& o) { return Tensors{tile(x[0], o.shape("dims"))}; }, [] { return with(options({{"dims", Json(Json::Array{2, 2})}})); }},
    {"repeat_interleave", [](const Inputs& x, Keywords& o) {
       if (x.size() > 1) return Tensors{repeat_interleave(x[0], x[1], o.integer("dim", 0))};
       if (!o.has("dim")) return Tensors{repeat_interleave(x[0], o.integer("repeats"))};
       if (o.json("repeats").is_number()) return Tensors{repeat_interleave(x[0], o.integer("repeats"), o.integer("dim"))};
       auto counts = long_list(o, "repeats");
       Tensor repeats = empty({int64_t(counts.size())}, DType::int64);
       std::copy(counts.begin(), counts.end(), repeats.mutable_data<int64_t>());
       return Tensors{repeat_interleave(x[0], repeats, o.integer("dim"))};
     },
     [] { return with(options({{"repeats", 2}, {"dim", 1}})); }},
    {"tril", [](const Inputs& x, Keywords& o) { return Tensors{tril(x[0], o.integer("diagonal", 0))}; }, [] { return matrices(); }},
    {"triu", [](const Inputs& x, Keywords& o) { return Tensors{triu(x[0], o.integer("diagonal", 0))}; }, [] { return matrices(); }},
    {"diag", [](const Inputs& x, Keywords& o) { return Tensors{diag(x[0], o.integer("diagonal", 0))}; },
     [] { return std::vector<FunctionSample>{{{sample({3, 4})}}, {{sample({3})}, options({{"diagonal", 1}})}}; }},
    {"diag_embed", [](const Inputs& x, Keywords& o) { return Tensors{diag_embed(x[0], o.integer("offset", 0), o.integer("dim1", -2), o.integer("dim2", -1))}; },
     [] { return matrices(); }},
    {"trace", [](const Inputs& x, Keywords&) { return Tensors{trace(x[0])}; }, [] { return std::vector<FunctionSample>{{{sample({3, 4})}}}; }},
    {"pad", [](const Inputs& x, Keywords& o) { return Tensors{pad(x[0], longs(o.shape("pad")), o.word("mode", "constant"), o.real("value", 0))}; },
     [] {
       return std::vector<FunctionSample>{{{sample({1, 2, 4})}, options({{"pad", Json(Json::Array{1, 2})}})},
                                          {{sample({1, 2, 4})}, options({{"pad", Json(Json::Array{1, 2})}, {"mode", "reflect"}})},
                                          {{sample({1, 2, 4})}, options({{"pad", Json(Json::Array{1, 2})}, {"mode", "replicate"}})},
                                          {{sample({1, 2, 4})}, options({{"pad", Json(Json::Array{1, 2})}, {"mode", "circular"}})}};
     }},
};

}  // namespace

std::span<const Function> shape() { return kShape; }

}  // namespace tare::tables
