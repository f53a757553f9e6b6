// CInC flow: one linear flow layer fitted by maximum likelihood to a field in which every pixel depends on those above and to its left. The field lies
// within reach of one causal convolution and of a pair of them (Emerging convolutions), not of a convolution that only mixes channels.
#include <numbers>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::cinc_flow {
namespace {

constexpr int64_t kSide = 6, kChannels = 2, kNumbers = kChannels * kSide * kSide;
constexpr const char* kNll = "test NLL/dim";

struct Field {
  Tensor x, noise;
};
/// x[:,i,j] = 0.5 x[:,i,j-1] + 0.35 x[:,i-1,j] + 0.1 swap(x)[:,i-1,j-1] + M e[:,i,j], zeros outside, e ~ N(0, I), M = [[0.8, 0], [0.5, 1.2]].
Field sample_field(int64_t n) {
  Field f{zeros({n, kChannels, kSide, kSide}), randn({n, kChannels, kSide, kSide})};
  auto at = [](const Tensor& t, int64_t i, int64_t j) { return select(select(t, 3, j), 2, i); };
  Tensor mixing = transpose(tensor({{0.8, 0.0}, {0.5, 1.2}}));
  for (int64_t i = 0; i < kSide; i++)
    for (int64_t j = 0; j < kSide; j++) {
      Tensor value = matmul(at(f.noise, i, j), mixing);
      if (j > 0) value = value + 0.5 * at(f.x, i, j - 1);
      if (i > 0) value = value + 0.35 * at(f.x, i - 1, j);
      if (i > 0 && j > 0) value = value + 0.1 * flip(at(f.x, i - 1, j - 1), {1});
      copy_(at(f.x, i, j), value);
    }
  return f;
}

double log_density_constant() { return 0.5 * std::log(2 * std::numbers::pi); }

/// -log p(x) / dim, of which the field's own noise is known.
double true_nll(const Field& f) {
  return 0.5 * mean(square(f.noise)).item<double>() + log_density_constant() + std::log(0.8 * 1.2) * double(kSide * kSide) / double(kNumbers);
}

struct LinearFlow {
  std::vector<nn::CInCConv2d> layers;
  /// Between two layers the picture is turned round: the second sees what is below and to the right.
  Tensor nll(const Tensor& x) {
    Tensor z = x, log_det;
    for (size_t i = 0; i < layers.size(); i++) {
      if (i) z = flip(z, {2, 3});
      Tensors out = layers[i](z);
      z = out[0], log_det = i ? log_det + out[1] : out[1];
    }
    return (0.5 * mean(square(z)) + log_density_constant()) - mean(log_det) / double(kNumbers);
  }
  ParameterList parameters() {
    ParameterList all;
    for (size_t i = 0; i < layers.size(); i++)
      for (auto p : layers[i].parameters()) {
        p.name = text(i, ".", p.name);
        all.push_back(p);
      }
    return all;
  }
};

LinearFlow make(const std::string& method) {
  LinearFlow f;
  for (int i = 0; i < (method == "pair" ? 2 : 1); i++)
    f.layers.push_back(nn::CInCConv2d({.channels = kChannels, .kernel_size = method == "1x1" ? 1 : 3, .mask = nn::CInCMask::full}));
  return f;
}

}  // namespace

void run(Experiment& e) {
  e.rule("CInC comes within 0.005 nats a dimension of the field's own entropy on the test set, the 1x1 layer stays at least 0.2 above it, on every seed, and "
         "CInC trains in at most 0.7 of the pair's time");
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    Field data = sample_field(2000), test = sample_field(2000);
    e.begin("truth", seed);
    e.measure(kNll, true_nll(test));
    for (const char* method : {"1x1", "pair", "CInC"}) {
      e.begin(method, seed);
      LinearFlow flow = make(method);
      optim::Adam opt(flow.parameters(), {.lr = 1e-2});
      train(opt, {.samples = 2000, .batch = 128, .steps = 500}, [&](const Tensor& index) { return flow.nll(index_select(data.x, 0, index)); });
      e.measure("training seconds", e.seconds());
      NoGrad off;
      e.measure(kNll, flow.nll(test.x).item<double>());
    }
  }
  for (int64_t seed : seeds) {
    double truth = e.value("truth", kNll, seed);
    e.at_most(text("CInC above the truth, seed ", seed), e.value("CInC", kNll, seed) - truth, 0.005);
    e.at_least(text("1x1 above the truth, seed ", seed), e.value("1x1", kNll, seed) - truth, 0.2);
  }
  e.at_most("seconds of CInC / seconds of the pair", e.mean("CInC", "training seconds") / e.mean("pair", "training seconds"), 0.7);
}

}  // namespace tare::papers::cinc_flow
