// One token learned for a frozen int8 network by forward passes alone: losses with noise of their own (a random quarter of the outputs), with and
// without the subspace that removes directions of little movement. The paper's gain from the subspace does not appear at this size; it is measured,
// not asserted.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::zo_quantized_personalization {
namespace {

constexpr int64_t kDim = 256, kHidden = 128, kOut = 64, kTau = 48, kSteps = 1500;

Tensor frozen(int64_t out, int64_t in) { return optim::dequantize_int8(optim::quantize_int8(randn({out, in}) / std::sqrt(double(in)))); }

}  // namespace

void run(Experiment& e) {
  e.rule("the final loss is at most 5% of the first with the subspace and without it, with the subspace at most 4 times the other; the subspace "
         "keeps 1 to 255 of 256 dimensions; nothing is put on "
         "the tape, on every seed");
  e.note("the paper's gain (better images than without the subspace) is a comparison of the two methods' losses here: see the table");
  auto seeds = e.seeds(5);
  for (int64_t seed : seeds)
    for (const char* method : {"all directions", "subspace"}) {
      e.begin(method, seed);
      Tensor w1 = frozen(kHidden, kDim), w2 = frozen(kOut, kHidden);
      auto net = [&](const Tensor& token) { return tanh(mv(w2, tanh(mv(w1, token)))); };
      Tensor basis = qr(randn({kDim, 8})).first, target = net(mv(basis, randn({8})) * (0.5 * std::sqrt(double(kDim) / 8)));
      Tensor token = zeros({kDim}).set_requires_grad();
      auto whole = [&] {
        NoGrad off;
        return mean(square(net(token) - target)).item();
      };
      double first = whole();
      bool subspace = method == std::string("subspace"), taped = false;
      optim::SubspaceZOAdam opt(ParameterList({token}), {.lr = 1e-2, .n = 2, .tau = kTau, .nu = subspace ? 1e-3 : 0});
      for (int64_t step = 0; step < kSteps; step++) {
        Tensor kept = to(lt(rand({kOut}), 0.25), DType::float32);
        auto loss = [&] {
          Tensor l = sum(kept * square(net(token) - target)) / clamp(sum(kept), 1.0);
          taped = taped || l.requires_grad();
          return l;
        };
        token.set_grad(optim::zo_gradient(loss, token, 1e-3, 2, uint64_t(seed * kSteps + step)).g);
        opt.step();
        if (step % 50 == 0) e.point("loss", double(step), whole());
      }
      e.measure("first loss", first);
      e.measure("final loss", whole());
      e.measure("on the tape", double(taped));
      e.measure("dimensions", double(kDim - (opt.state(0).directions.defined() ? opt.state(0).directions.size(0) : 0)));
    }
  for (int64_t seed : seeds) {
    for (const char* method : {"all directions", "subspace"}) {
      e.at_most(text("final / first loss, ", method, ", seed ", seed), e.value(method, "final loss", seed) / e.value(method, "first loss", seed), 0.05);
      e.at_most(text("on the tape, ", method, ", seed ", seed), e.value(method, "on the tape", seed), 0);
    }
    e.at_most(text("subspace / all directions, seed ", seed), e.value("subspace", "final loss", seed) / e.value("all directions", "final loss", seed), 4);
    e.at_least(text("dimensions kept, seed ", seed), e.value("subspace", "dimensions", seed), 1);
    e.at_most(text("dimensions kept, seed ", seed), e.value("subspace", "dimensions", seed), double(kDim - 1));
  }
}

}  // namespace tare::papers::zo_quantized_personalization
