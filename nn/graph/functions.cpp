// Graphs in the table of functions.
#include "autograd/functions.h"
#include "autograd/samples.h"
#include "nn/graph/pdf_conv.h"
#include "nn/graph/sg_conv.h"

namespace tare::nn::tables {
namespace {

std::vector<double> reals_of(Keywords& o, std::string_view key) { return o.has(key) ? o.reals(key) : std::vector<double>(); }

Tensors call_graph_basis(const Inputs& x, Keywords& o) {
  GraphBasisOptions options{.epsilon = reals_of(o, "epsilon"), .degree_exponents = reals_of(o, "degree_exponents"), .edge_hop = o.maybe_integer("edge_hop"),
                            .basis_norm = o.flag("basis_norm", false)};
  // An integer p is 1 .. p, a list the first and the last power.
  if (o.has("powers"))
    for (const Json& p : o.json("powers").as_array("powers")) {
      bool range = p.is_array();
      check<ConfigError>(!range || p.size() == 2, "graph_basis: powers: expected integers and pairs [first, last]");
      options.powers.emplace_back(range ? p.as_array()[0].as_int("powers") : 1, range ? p.as_array()[1].as_int("powers") : p.as_int("powers"));
    }
  GraphBasis g = graph_basis(x[0], options);
  return {g.bases, g.mask};
}

const Function kGraph[] = {
    {"aug_normalized_adjacency", [](const Inputs& x, Keywords& o) -> Tensors { return {aug_normalized_adjacency(x[0], o.flag("add_self_loops", true))}; },
     [] { return std::vector<FunctionSample>{{{samples::spread({3, 3}, 0.1, 2)}}, {{samples::spread({3, 3}, 0.1, 2)}, samples::with({{"add_self_loops", false}})}}; },
     Gradient::exact, "D^-1/2 (A + I) D^-1/2 of an adjacency.", "sgc"},
    {"graph_basis", call_graph_basis, nullptr, Gradient::none, "Powers of normalizations of an adjacency, a vector for each pair of nodes, and which pairs count.", "graph_pdf"},
};

}  // namespace

std::span<const Function> graph() { return kGraph; }

}  // namespace tare::nn::tables
