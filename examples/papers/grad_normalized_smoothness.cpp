// Newton's method with an approximate Hessian, regularized by the gradient's norm, on a soft maximum: how many steps to a gradient of 1e-8 with the
// exact Hessian, with the weighted Gauss-Newton part of it, and with none?
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::grad_normalized_smoothness {
namespace {

constexpr int64_t kRows = 200, kDim = 20, kMost = 300;
constexpr double kTolerance = 1e-8, kSmoothings[] = {0.05, 0.1};
constexpr const char *kIterations = "iterations", *kGradient = "gradient at the end";

std::string named(const char* hessian, double mu) { return text(hessian, ", mu ", mu); }

}  // namespace

void run(Experiment& e) {
  e.rule("at mu 0.05 and 0.1 the exact Hessian needs fewer steps than the weighted Gauss-Newton matrix, and that fewer than 200; without a Hessian "
         "300 steps are not enough at mu 0.05; on every seed");
  e.note("f = mu log sum exp((a_i . x - b_i) / mu), A and b uniform on -1 .. 1, rows shifted so that 0 is the minimum; from (1, ..., 1)");
  DefaultDtype wide(DType::float64);
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (double mu : kSmoothings)
      for (const char* hessian : {"exact", "Gauss-Newton", "zero"}) {
        e.begin(named(hessian, mu), seed);
        bool approximate = std::string_view(hessian) == "Gauss-Newton";  // then given as a matrix
        Tensor a = rand({kRows, kDim}) * 2 - 1, b = rand({kRows}) * 2 - 1;
        a = a - mv(transpose(a), softmax(-b / mu, 0));
        Tensor x = ones({kDim}).set_requires_grad();
        auto logits = [&] { return (mv(a, x) - b) / mu; };
        auto loss = [&] { return mu * logsumexp(logits()); };
        optim::GradNormSmooth method(ParameterList(Tensors{x}), {.tol = kTolerance, .hessian = approximate ? "exact" : hessian});
        if (approximate) method.hess = [&] { return matmul(transpose(a) * softmax(logits(), 0), a) / mu; };
        auto gradient = [&] { return norm(grad(loss(), x)).item(); };
        int64_t steps = 0;
        for (; steps < kMost && gradient() >= kTolerance; steps++) {
          e.point(text("gradient's length, mu ", mu, ", seed ", seed), double(steps), gradient());
          method.step(loss);
        }
        double end = gradient();
        e.measure(kIterations, end < kTolerance ? double(steps) : double(kMost + 1));
        e.measure(kGradient, end);
      }
  e.note(text(kIterations, " ", kMost + 1, ": not done in ", kMost));
  for (int64_t seed : seeds) {
    for (double mu : kSmoothings) {
      double approximate = e.value(named("Gauss-Newton", mu), kIterations, seed);
      e.below(text("exact against Gauss-Newton, mu ", mu, ", seed ", seed), e.value(named("exact", mu), kIterations, seed), approximate);
      e.below(text("Gauss-Newton, mu ", mu, ", seed ", seed), approximate, 200);
    }
    e.above(text("zero, mu 0.05, seed ", seed), e.value(named("zero", 0.05), kIterations, seed), double(kMost));
  }
}

}  // namespace tare::papers::grad_normalized_smoothness
