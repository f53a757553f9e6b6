// Learned loss weights in training, and the penalty against vanishing gradients watched in a recurrent network.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/functions.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "nn/activation/relu.h"
#include "nn/linear.h"
#include "nn/recurrent/recurrent.h"
#include "nn/recurrent/vanishing_gradient.h"
#include "nn/regularize/regularizers.h"
#include "nn/sequential.h"
#include "nn/weighting/storm_trainer.h"
#include "optim/state_json.h"

using namespace tare;
using namespace tare::nn;

namespace {

Tensor gauss(const Shape& shape, uint64_t seed) {
  Generator g(seed);
  return randn(shape, DType::float64, &g);
}
double apart(const Tensor& a, const Tensor& b) { return max(abs(a.detach() - b.detach())).item(); }

/// Two clouds; of each third sample the label is wrong.
struct Noisy {
  int64_t n = 120;
  std::vector<int64_t> right, given;
  data::TensorDataset data;
  Noisy() : data(Tensor(zeros({1}))) {
    Tensor x = gauss({n, 4}, 1);
    std::vector<double> centre;
    for (int64_t i = 0; i < n; i++) {
      right.push_back(i % 2), given.push_back(i % 3 == 0 ? 1 - i % 2 : i % 2);
      centre.push_back(i % 2 ? 1.5 : -1.5);
    }
    data = data::TensorDataset((x + from_vector(centre, {n, 1})).detach(), from_vector(given, {n}));
  }
  std::vector<int64_t> batch(int64_t k) const {
    std::vector<int64_t> out;
    for (int64_t i = 0; i < 40; i++) out.push_back((k * 40 + i) % n);
    return out;
  }
};

}  // namespace

TEST_CASE("StormTrainer: weights tell wrong labels, a run goes on from its state, options are checked") {
  DefaultDtype wide(DType::float64);
  for (const char* variant : {"storm", "simplified"}) {
    CAPTURE(variant);
    Noisy noisy;
    auto start = [&](Sequential& net) { return StormTrainer(net, noisy.data, {.variant = variant, .lr = 5e-3, .seed = 4, .passes = 2}); };
    manual_seed(3);
    Sequential net{Linear{4, 16}, ReLU{}, Linear{16, 2}};
    StormTrainer trainer = start(net);
    double of_right = 0, of_wrong = 0;
    for (int64_t k = 0; k < 45; k++) {
      trainer.step(noisy.batch(k));
      std::vector<double> w = trainer.weights().to_vector<double>();
      for (size_t i = 0; i < w.size() && k >= 30; i++) (noisy.batch(k)[i] % 3 == 0 ? of_wrong : of_right) += w[i] / (noisy.batch(k)[i] % 3 == 0 ? 1 : 2);
    }
    CHECK(of_right > 1.05 * of_wrong);

    // Another trainer, other weights in its rescalers: the state makes it the same.
    optim::StateWriter saved;
    trainer.visit(saved);
    Json text = Json::parse(saved.json.dump());
    Sequential copy = net;
    StormTrainer again = start(copy);
    optim::StateReader reader(text, "trainer");
    again.visit(reader);
    for (int64_t k = 45; k < 47; k++) CHECK(trainer.step(noisy.batch(k)) == again.step(noisy.batch(k)));
    for (size_t i = 0; i < net.parameters().size(); i++) CHECK(apart(net.parameters()[i].tensor, copy.parameters()[i].tensor) == 0);
  }
  Noisy noisy;
  Sequential net{Linear{4, 2}};
  CHECK_THROWS_WITH_AS(StormTrainer(net, noisy.data, {.variant = "tempest"}), doctest::Contains("\"tempest\""), ConfigError);
  CHECK_THROWS_AS(StormTrainer(net, noisy.data, {.passes = 0}), ConfigError);
  CHECK_THROWS_AS(StormTrainer(net, data::TensorDataset(zeros({3, 4}))), DTypeError);
  StormTrainer storm(net, noisy.data);
  CHECK_THROWS_AS(storm.step({0, 1}, [](auto&) {}), ConfigError);
}

TEST_CASE("StormTrainer: the first step is Adam's, and its simplified form leaves the model's gradient to others") {
  DefaultDtype wide(DType::float64);
  Noisy noisy;
  manual_seed(5);
  Sequential net{Linear{4, 2}};
  Tensor before = kernels::copy(net.parameters()[0].tensor);
  StormTrainer(net, noisy.data, {.lr = 1e-2, .passes = 1}).step(noisy.batch(0));
  CHECK(max(abs(abs(net.parameters()[0].tensor.detach() - before) - 1e-2)).item() < 1e-6);  // m / sqrt(v) is a sign at t = 1

  StormTrainer simple(net, noisy.data, {.variant = "simplified"});
  before = kernels::copy(net.parameters()[0].tensor);
  Tensor found;
  simple.step(noisy.batch(0), [&](const std::function<Tensor()>& loss) { found = grad(loss(), net.parameters()[0].tensor); });
  CHECK(apart(net.parameters()[0].tensor, before) == 0);  // the finite differences put it back, bit for bit
  Tensor w = simple.weights() / mean(simple.weights());
  data::Batch batch = noisy.data.get(noisy.batch(0));
  Tensor weighted = grad(mean(w * cross_entropy(net(batch.x), batch.y, {.reduction = Reduction::none})), net.parameters()[0].tensor);
  CHECK(apart(found, weighted) < 1e-15);
}

TEST_CASE("VanishingGradientPenalty: what a list watches in an RNN is the penalty of its unrolled form") {
  DefaultDtype wide(DType::float64);
  manual_seed(6);
  int64_t steps = 5, batch = 3, size = 4;
  Tensor u = gauss({steps, batch, 2}, 1), to_output = gauss({steps, batch, size}, 2), to_last = gauss({1, batch, size}, 3);
  RNN rnn(2, size);
  std::vector<std::pair<std::string, Tensor>> p;
  for (auto& e : rnn.parameters()) p.emplace_back(e.name, e.tensor);
  Tensor w_ih = p[0].second, w_hh = p[1].second, bias = p[2].second + p[3].second;

  // Unrolled: pre-activations that are leaves of the rest.
  Tensor state = zeros({batch, size}), loss = zeros({});
  Tensors before, derivatives;
  for (int64_t t = 0; t < steps; t++) {
    before.push_back(matmul(state, transpose(w_hh)) + matmul(select(u, 0, t), transpose(w_ih)) + bias);
    state = tanh(before.back());
    loss = loss + sum(state * select(to_output, 0, t));
  }
  loss = loss + sum(state * select(to_last, 0, 0));
  derivatives = grad({loss}, before);
  Tensor x = stack(Tensors(before.begin(), before.end() - 1)), e = stack(Tensors(derivatives.begin() + 1, derivatives.end()));
  Tensor leaf = w_hh.detach().set_requires_grad(), omega = vanishing_gradient_penalty(leaf, x, e);

  RegularizerList list(rnn, Json::parse(R"([{"type": "VanishingGradientPenalty", "weight": 2}])"));
  auto watching = list.watch();
  Tensor in[] = {u};
  Tensors out = rnn.call(in);
  watching.reset();
  Tensor total = sum(out[0] * to_output) + sum(out[1] * to_last), penalty = list.penalty(u, out[0], total);
  CHECK(penalty.item() == doctest::Approx(2 * omega.item()).epsilon(1e-12));
  CHECK(apart(grad(penalty, w_hh), 2 * grad(omega, leaf)) < 1e-12);
  total.backward();  // the tape is still whole

  CHECK_THROWS_AS(list.penalty(u, out[0], total), StateError);  // nothing was watched since
  auto refused = [](Module& m, const char* text) { RegularizerList(m, Json::parse(text)); };
  RNN relu(RNNOptions{.input_size = 2, .hidden_size = 3, .nonlinearity = "relu"});
  Linear linear(2, 2);
  CHECK_THROWS_WITH_AS(refused(relu, R"([{"type": "VanishingGradientPenalty"}])"), doctest::Contains("one tanh layer"), ConfigError);
  CHECK_THROWS_WITH_AS(refused(linear, R"([{"type": "VanishingGradientPenalty"}])"), doctest::Contains("no RNN"), ConfigError);
  CHECK_THROWS_AS(refused(rnn, R"([{"type": "VanishingGradientPenalty", "activation": "relu"}])"), ConfigError);
}
