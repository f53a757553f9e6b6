// A scale that all components share makes data heavy-tailed and dependent in their squares, which no linear map undoes. Divisive normalization
// behind a linear map, fitted by maximum likelihood, against the best Gaussian model.
#include <numbers>

#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::gdn {
namespace {

constexpr int64_t kDim = 4, kTrain = 4000, kTest = 4000;

Tensor standard(const Tensor& y) {
  auto [deviation, centre] = std_mean(y, {0});
  return (y - centre) / deviation;
}
/// Mean over the components of E z^4 - 3.
double excess_kurtosis(const Tensor& y) { return mean(square(square(standard(y)))).item() - 3; }
/// Mean correlation of the squares of two components.
double correlation_of_squares(const Tensor& y) {
  Tensor z = standard(square(y)), c = matmul(transpose(z), z) / double(y.size(0) - 1);
  return (sum(c) - sum(diagonal(c))).item() / double(kDim * (kDim - 1));
}

struct Model : nn::Layer<Model> {
  static constexpr std::string_view type = "Model";
  explicit Model(const Tensor& whitening)
      : map({.in_features = kDim, .out_features = kDim, .bias = false}), norm({.num_features = kDim, .return_log_det = true}) {
    map.weight.start(whitening, "map.weight");
    // gamma stays positive, and so it has to start.
    norm.gamma.start(0.1 * eye(kDim) + 0.01, "norm.gamma");
    nn::reparametrize(*this, "norm.beta", nn::Positive());
    nn::reparametrize(*this, "norm.gamma", nn::Positive());
    nn::freeze(*this, "norm.alpha"), nn::freeze(*this, "norm.epsilon");
  }
  Tensors forward(const Tensor& x) { return norm(map(x)); }
  void visit(Visitor& v) override { v.child("map", map), v.child("norm", norm); }
  Tensor nll(const Tensor& x) {
    Tensors out = forward(x);
    return gaussian_nll(out[0]) - mean(out[1]) - slogdet(map.weight()).second;
  }
  static Tensor gaussian_nll(const Tensor& y) { return 0.5 * mean(sum(square(y), {1})) + 0.5 * kDim * std::log(2 * std::numbers::pi); }
  nn::Linear map;
  nn::GeneralizedGDN norm;
};

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed the test negative log-likelihood is at least 0.8 nats below that of the Gaussian model, the mean excess kurtosis of the "
         "outputs is below 0.5 in size where it was above 5, and the mean correlation of their squares below 0.08 in size where it was above 0.2");
  e.note("x = A s n in 4 dimensions, n ~ N(0, I), s = exp(0.8 N(0, 1)) common to a sample, in the place of natural images: no rotation of whitened "
         "data, ICA's among them, changes its density");
  DefaultDtype wide(DType::float64);
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    Tensor mixing = randn({kDim, kDim});
    auto draw = [&](int64_t n) { return matmul(exp(0.8 * randn({n, 1})) * randn({n, kDim}), mixing); };
    Tensor train_x = draw(kTrain), test = draw(kTest), whitening = inverse_sqrtm(matmul(transpose(train_x), train_x) / double(kTrain));
    auto report = [&](double nll, const Tensor& y) {
      e.measure("test NLL", nll);
      e.measure("excess kurtosis", excess_kurtosis(y));
      e.measure("correlation of squares", correlation_of_squares(y));
    };
    e.begin("linear", seed);
    Tensor white = matmul(test, whitening);
    report((Model::gaussian_nll(white) - slogdet(whitening).second).item(), white);
    e.begin("GDN", seed);
    Model model(whitening);
    optim::Adam opt(model.parameters(), {.lr = 0.02});
    train(opt, {.samples = kTrain, .batch = 256, .steps = 300}, [&](const Tensor& index) { return model.nll(index_select(train_x, 0, index)); });
    NoGrad off;
    report(model.nll(test).item(), model(test)[0]);
  }
  for (int64_t seed : seeds) {
    auto of = [&](const char* method, const char* metric) { return e.value(method, metric, seed); };
    e.at_least(text("nats gained, seed ", seed), of("linear", "test NLL") - of("GDN", "test NLL"), 0.8);
    e.above(text("kurtosis before, seed ", seed), of("linear", "excess kurtosis"), 5);
    e.below(text("|kurtosis| after, seed ", seed), std::abs(of("GDN", "excess kurtosis")), 0.5);
    e.above(text("correlation before, seed ", seed), of("linear", "correlation of squares"), 0.2);
    e.below(text("|correlation| after, seed ", seed), std::abs(of("GDN", "correlation of squares")), 0.08);
  }
}

}  // namespace tare::papers::gdn
