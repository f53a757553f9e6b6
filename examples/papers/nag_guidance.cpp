// Normalized attention guidance: leading a one-step denoiser away from a negative prompt. Noisy pictures of class 8 are denoised under the prompt "3 and 8", with 8 as the negative
// one; a judge says what came out, the distance to the nearest picture whether it is still a picture. Baselines: guidance of outputs (CFG), of features without
// normalization and blending, and NASA.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::nag_guidance {
namespace {

constexpr int64_t kDim = 32;
constexpr double kNoise = 2;

class Denoiser : public nn::Layer<Denoiser> {
 public:
  static constexpr std::string_view type = "Denoiser";
  /// x (n, 64), contexts (n, 2, 32): the attended features pass through `guide`, given as (Z+, Z-).
  Tensor forward(const Tensor& x, const Tensor& positive, const Tensor& negative) { return denoise(x, positive, negative, [](const Tensor& z, const Tensor&) { return z; }); }
  template <class Guide>
  Tensor denoise(const Tensor& x, const Tensor& positive, const Tensor& negative, Guide guide) {
    Tensor h = reshape(tanh(in(x)), {x.size(0), 8, kDim});
    Tensor z = cross.attend(h, positive);
    h = h + cross.to_out(guide(z, negative.defined() ? cross.attend(h, negative) : z));
    return out(silu(hidden(reshape(h, {x.size(0), 8 * kDim}))));
  }
  Tensor context(const Tensor& label) { return reshape(classes(label), {label.size(0), 2, kDim}); }
  void visit(Visitor& v) override {
    v.child("in", in), v.child("classes", classes), v.child("cross", cross), v.child("hidden", hidden), v.child("out", out);
  }
  nn::Linear in{64, 8 * kDim};
  nn::Embedding classes{10, 2 * kDim};
  nn::NAGCrossAttention cross{{.embed_dim = kDim, .num_heads = 4}};
  nn::Linear hidden{8 * kDim, 128}, out{128, 64};
};

}  // namespace

void run(Experiment& e) {
  e.rule("at s = 8 and 16, on every seed, NAG leaves at most 0.3 of the unguided P(8) and at most 1.1 times its distance to pictures, while CFG and plain extrapolation "
         "are at least twice as far from pictures as no guidance");
  Digits data = digits();
  e.note(data.source);
  e.note("the judge, a perceptron 64-64-10, is trained on pictures with noise of deviation 0.5");
  e.note("at s = 2 guidance of outputs is fine, and stronger than NAG");
  Tensor x = data.x / 8 - 1;
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    nn::Sequential judge{nn::Linear{64, 64}, nn::ReLU{}, nn::Linear{64, 10}};
    optim::Adam judging(judge.parameters(), {.lr = 2e-3});
    train(judging, {.samples = x.size(0), .steps = 1200}, [&](const Tensor& i) {
      Tensor clean = index_select(x, 0, i);
      return cross_entropy(judge(clean + 0.5 * randn_like(clean)), index_select(data.y, 0, i));
    });
    Denoiser model;
    optim::Adam opt(model.parameters(), {.lr = 2e-3});
    train(opt, {.samples = x.size(0), .steps = 1200}, [&](const Tensor& i) {
      Tensor clean = index_select(x, 0, i), label = index_select(data.y, 0, i);
      return mse_loss(model(clean + kNoise * randn_like(clean), model.context(label), Tensor()), clean);
    });
    NoGrad off;
    Tensor noisy = repeat(masked_select(cat({x, data.x_test / 8 - 1}), unsqueeze(eq(cat({data.y, data.y_test}), 8), 1)), {3});
    noisy = reshape(noisy, {-1, 64});
    noisy = noisy + kNoise * randn_like(noisy);
    auto prompt = [&](int64_t label) { return expand(model.context(indices({label})), {noisy.size(0), -1, -1}); };
    Tensor negative = prompt(8), positive = 0.5 * (prompt(3) + negative);
    auto report = [&](const std::string& method, const Tensor& y) {
      e.begin(method, seed);
      Tensor p = softmax(judge(y), 1);
      e.measure("P(8)", mean(select(p, 1, 8)).item<double>());
      e.measure("P(3)", mean(select(p, 1, 3)).item<double>());
      e.measure("distance", mean(amin(cdist(y, x), {1})).item<double>());
      e.measure("largest pixel", amax(abs(y)).item<double>());
    };
    Tensor plain = model(noisy, positive, Tensor()), away = model(noisy, negative, Tensor());
    report("none", plain);
    for (double s : {2.0, 4.0, 8.0, 16.0}) {
      auto features = [&](auto guide) { return model.denoise(noisy, positive, negative, guide); };
      report(text("NAG ", s), features([&](const Tensor& p, const Tensor& n) { return nn::normalized_attention_guidance(p, n, {.scale = s}); }));
      report(text("CFG ", s), plain + (s - 1) * (plain - away));
      report(text("NASA ", s), features([&](const Tensor& p, const Tensor& n) { return p - (s - 1) * n; }));
      report(text("extrapolation ", s), features([&](const Tensor& p, const Tensor& n) { return p + (s - 1) * (p - n); }));
    }
  }
  for (int64_t seed : seeds)
    for (int s : {8, 16}) {
      auto at = [&](const std::string& method, const char* metric) { return e.value(method, metric, seed); };
      e.at_most(text("P(8) of NAG ", s, ", seed ", seed), at(text("NAG ", s), "P(8)"), 0.3 * at("none", "P(8)"));
      e.at_most(text("distance of NAG ", s, ", seed ", seed), at(text("NAG ", s), "distance"), 1.1 * at("none", "distance"));
      for (const char* other : {"CFG ", "extrapolation "})
        e.at_least(text("distance of ", other, s, ", seed ", seed), at(text(other, s), "distance"), 2 * at("none", "distance"));
    }
}

}  // namespace tare::papers::nag_guidance
