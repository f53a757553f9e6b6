// A variational autoencoder of Fashion-MNIST (Kingma and Welling 2013, arXiv:1312.6114).
//
//   q(z | x) = N(mu(x), exp(log_var(x)));  z = mu + exp(log_var / 2) * noise;  loss = -log p(x | z) + KL(q || N(0, 1))
//   KL = sum (exp(log_var) + mu^2 - 1 - log_var) / 2
//
// Writes samples.pgm: images decoded from z ~ N(0, 1).
#include "examples/train/pictures.h"

using namespace tare;

namespace {

class VAE : public nn::Layer<VAE> {
 public:
  static constexpr std::string_view type = "VAE";
  /// x (N, 784) in [0, 1] -> the loss of each sample: minus the evidence lower bound, in nats.
  Tensor forward(const Tensor& x) {
    Tensors q = chunk(encoder(x), 2, 1);
    const Tensor &mu = q[0], &log_var = q[1];
    Tensor z = mu + exp(0.5 * log_var) * randn_like(mu);
    Tensor likelihood = nn::binary_cross_entropy_with_logits(decoder(z), x, {.reduction = Reduction::none});
    Tensor kl = 0.5 * (exp(log_var) + square(mu) - 1 - log_var);
    return sum(likelihood, {1}) + sum(kl, {1});
  }
  void visit(Visitor& v) override {
    v.child("encoder", encoder);
    v.child("decoder", decoder);
  }
  static constexpr int64_t kLatent = 16;
  nn::Sequential encoder{nn::Linear{784, 256}, nn::GELU{}, nn::Linear{256, 2 * kLatent}};
  nn::Sequential decoder{nn::Linear{kLatent, 256}, nn::GELU{}, nn::Linear{256, 784}};
};

}  // namespace

int main(int argc, char** argv) {
  int64_t epochs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 3;
  manual_seed(0);
  auto train = data::FashionMNIST({.split = "train"}), test = data::FashionMNIST({.split = "test"});
  VAE model;
  optim::Adam opt(model.parameters(), {.lr = 1e-3});
  data::DataLoader loader(train, {.batch_size = 128, .shuffle = true});
  for (int64_t epoch = 1; epoch <= epochs; epoch++) {
    for (auto [x, y] : loader) {
      opt.zero_grad();
      mean(model(flatten(x, 1))).backward();
      opt.step();
    }
    NoGrad off;
    double total = 0;
    for (auto [x, y] : data::DataLoader(test, {.batch_size = 500})) total += sum(model(flatten(x, 1))).item<double>();
    std::printf("epoch %lld: bound on the test images' negative log-likelihood %.2f nats\n", static_cast<long long>(epoch), total / double(test.size()));
  }
  NoGrad off;
  pictures::write_grid("samples.pgm", sigmoid(model.decoder(randn({40, VAE::kLatent}))), 10);
}
