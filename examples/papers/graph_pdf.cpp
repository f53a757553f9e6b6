// PDF: learning the decomposition of a graph together with the filter. Four filters are to be fitted on random graphs: a polynomial of one normalized adjacency, a linear map of powers of two
// of them, and a small net of the same powers, which is the paper's.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::graph_pdf {
namespace {

constexpr int64_t kNodes = 20, kGraphs = 40, kTrain = 30;

/// One graph after another: y_i = sum over pairs of f(b_ij) x_j, channel by channel. `into` and `from` count nodes over all graphs.
struct Graphs {
  Tensor bases, into, from, x, y;  // (pairs, 7), (pairs), (pairs), (nodes, 4), (nodes, 4)
};

Graphs graphs(int64_t count) {
  Tensors bases, into, from, xs, ys;
  for (int64_t g = 0; g < count; g++) {
    Tensor upper = triu(lt(rand({kNodes, kNodes}), 0.2), 1), a = to(logical_or(upper, transpose(upper)), DType::float64) + eye(kNodes, kNodes, DType::float64);
    // Powers 1 .. 3 of both normalizations: the polynomial is that of the first four functions.
    nn::GraphBasis basis = nn::graph_basis(a, {.epsilon = {-0.5, -0.3}, .powers = {{1, 3}, {1, 3}}});
    Tensor pairs = nonzero(basis.mask), i = select(pairs, 1, 0), j = select(pairs, 1, 1);
    bases.push_back(index(basis.bases, {i, j}));
    into.push_back(i + g * kNodes), from.push_back(j + g * kNodes);

    Tensor d = sum(a, {1}), m = nn::aug_normalized_adjacency(a, false);
    auto [w, v] = eigh(eye(kNodes, kNodes, DType::float64) - m);
    auto filter = [&](const Tensor& response) { return matmul(v * response, transpose(v)); };
    Tensor middle = filter(exp(-10.0 * square(w - 1.0))), root = pow(d, -0.3);
    Tensor x = randn({kNodes, 4}, DType::float64);
    Tensors targets{middle, eye(kNodes, kNodes, DType::float64) - middle, a * unsqueeze(root, 1) * root / 3.0, filter(exp(-3.0 * w))}, columns;
    for (size_t c = 0; c < 4; c++) columns.push_back(mv(targets[c], select(x, 1, int64_t(c))));
    xs.push_back(x), ys.push_back(stack(columns, 1));
  }
  auto joined = [](const Tensors& t) { Tensor all = cat(t); return all.dtype() == DType::float64 ? to(all, DType::float32) : all; };
  return {joined(bases), joined(into), joined(from), joined(xs), joined(ys)};
}

Tensor error(nn::Sequential& f, const Graphs& g, int64_t functions) {
  Tensor messages = f(narrow(g.bases, 1, 0, functions)) * index_select(g.x, 0, g.from);
  return mse_loss(index_add(zeros_like(g.x), 0, g.into, messages), g.y);
}

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed the test error of PDF is at most 0.6 of the polynomial's and at most 1.05 of that of a linear map of the same functions");
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    Graphs data = graphs(kTrain), test = graphs(kGraphs - kTrain);
    for (const char* method : {"polynomial", "two decompositions", "PDF"}) {
      e.begin(method, seed);
      bool pdf = std::string_view(method) == "PDF";
      int64_t functions = std::string_view(method) == "polynomial" ? 4 : 7;
      nn::Sequential f;
      if (pdf) f.append(nn::Linear(functions, 16)), f.append(nn::GELU());
      f.append(nn::Linear(pdf ? 16 : functions, 4));
      optim::Adam opt(f.parameters(), {.lr = pdf ? 5e-3 : 2e-2});
      train(opt, {.steps = 500}, [&](const Tensor&) { return error(f, data, functions); });
      NoGrad off;
      e.measure("test MSE", error(f, test, functions).item<double>());
      e.measure("variance", var(test.y).item<double>());
    }
  }
  for (int64_t seed : seeds) {
    double pdf = e.value("PDF", "test MSE", seed);
    e.at_most(text("PDF against the polynomial, seed ", seed), pdf, 0.6 * e.value("polynomial", "test MSE", seed));
    e.at_most(text("PDF against a linear map, seed ", seed), pdf, 1.05 * e.value("two decompositions", "test MSE", seed));
  }
  e.note(text("mean over the seeds, PDF / polynomial: ", e.mean("PDF", "test MSE") / e.mean("polynomial", "test MSE")));
  e.note("most of the gain over the polynomial is the second normalization, which the linear map has too");
}

}  // namespace tare::papers::graph_pdf
