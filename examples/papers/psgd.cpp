// A preconditioner learned from Hessian products: steps to the bottom of Rosenbrock's valley, and how low a badly conditioned quadratic is
// brought, against SGD with momentum and Adam at their best rates.
#include <algorithm>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::psgd {
namespace {

constexpr int64_t kMost = 5000;

struct Row {
  const char* name;
  optim::AnyOptimizer optimizer;
  std::vector<double> rates;
};

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

}  // namespace

void run(Experiment& e) {
  e.rule("Rosenbrock: the median number of steps of PSGD with the XMat preconditioner is below 600 and below SGD's with momentum at the best of "
         "four rates. Quadratic: PSGD with a low-rank preconditioner ends below SGD with momentum at its best rate, on every seed");
  e.note(text("steps of ", kMost + 1, " mean: not within ", kMost, ", or no longer finite. ",
              "XMat is not asserted on the quadratic, where it may diverge"));
  DefaultDtype wide(DType::float64);
  auto psgd = [](const char* preconditioner, int64_t rank, int64_t seed) {
    return optim::PSGD({.preconditioner = preconditioner, .rank = rank, .grad_clip_max_norm = 1, .seed = seed});
  };
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    const Row valley[] = {{"XMat", psgd("xmat", 1, seed), {0.5}},
                          {"LRA", psgd("lra", 1, seed), {0.5}},
                          {"SGDM", optim::SGD({.momentum = 0.9}), {1e-4, 3e-4, 1e-3, 2e-3}},
                          {"Adam", optim::Adam(), {0.01, 0.03, 0.1}}};
    for (const Row& row : valley) {
      e.begin(text("Rosenbrock: ", row.name), seed);
      int64_t steps = kMost + 1;
      for (double lr : row.rates) {
        Tensor w = tensor({-1, 1}).set_requires_grad();
        auto f = [&] {
          Tensor x = select(w, 0, 0), y = select(w, 0, 1);
          return 100 * square(y - square(x)) + square(1 - x);
        };
        optim::AnyOptimizer opt = row.optimizer;
        opt->set("lr", lr);
        opt->bind(ParameterList(Tensors{w}));
        steps = std::min(steps, steps_until(*opt, kMost, f, [&] { return f().item() < 1e-10; }));
      }
      e.measure("steps", double(steps));
    }
    const Row bowl[] = {{"LRA", psgd("lra", 10, seed), {0.5}},
                        {"XMat", psgd("xmat", 1, seed), {0.5}},
                        {"SGDM", optim::SGD({.momentum = 0.9}), {3e-5, 1e-4, 2e-4, 3e-4}}};
    for (const Row& row : bowl) {
      e.begin(text("quadratic: ", row.name), seed);
      Tensor axes = qr(randn({50, 50})).first, start = randn({50});
      Tensor hessian = matmul(axes * cat({tensor({1e4, 3e3, 1e3}), linspace(0.5, 1, 47)}), transpose(axes));
      double least = INFINITY;
      for (double lr : row.rates) {
        Tensor w = clone(start).set_requires_grad();
        auto f = [&] { return 0.5 * dot(w, mv(hessian, w)); };
        optim::AnyOptimizer opt = row.optimizer;
        opt->set("lr", lr);
        opt->bind(ParameterList(Tensors{w}));
        steps_until(*opt, 2000, f, [] { return false; });
        least = std::min(least, f().item());
      }
      e.measure("f after 2000 steps", least);
    }
  }
  double xmat = median(e.values("Rosenbrock: XMat", "steps"));
  e.below("Rosenbrock: median steps of XMat", xmat, 600);
  e.below("Rosenbrock: median steps of XMat, against SGDM", xmat, median(e.values("Rosenbrock: SGDM", "steps")));
  for (int64_t seed : seeds) {
    auto of = [&](const char* method) { return e.value(text("quadratic: ", method), "f after 2000 steps", seed); };
    e.below(text("quadratic: LRA / SGDM, seed ", seed), of("LRA") / of("SGDM"), 1);
  }
}

}  // namespace tare::papers::psgd
