// An autoencoder of Fashion-MNIST: 784 numbers through 32 and back. Writes pictures.pgm: images above, their reconstructions below.
#include "examples/train/pictures.h"

using namespace tare;

int main(int argc, char** argv) {
  int64_t epochs = argc > 1 ? std::max(1, std::atoi(argv[1])) : 3;
  manual_seed(0);
  auto train = data::FashionMNIST({.split = "train"}), test = data::FashionMNIST({.split = "test"});
  nn::Sequential encoder{nn::Flatten{}, nn::Linear{784, 256}, nn::GELU{}, nn::Linear{256, 32}};
  nn::Sequential decoder{nn::Linear{32, 256}, nn::GELU{}, nn::Linear{256, 784}, nn::Sigmoid{}};
  nn::Sequential model{std::move(encoder), std::move(decoder)};
  optim::AdamW opt(model.parameters(), {.lr = 2e-3});
  data::DataLoader loader(train, {.batch_size = 128, .shuffle = true});
  for (int64_t epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    for (auto [x, y] : loader) {
      opt.zero_grad();
      nn::mse_loss(model(x), flatten(x, 1)).backward();
      opt.step();
    }
    NoGrad off;
    model.eval();
    double total = 0;
    for (auto [x, y] : data::DataLoader(test, {.batch_size = 500})) total += nn::mse_loss(model(x), flatten(x, 1)).item<double>() * double(x.size(0));
    std::printf("epoch %lld: mean squared error of the test images %.5f\n", static_cast<long long>(epoch), total / double(test.size()));
  }
  NoGrad off;
  Tensor first = (*data::DataLoader(test, {.batch_size = 10}).begin()).x;
  pictures::write_grid("pictures.pgm", cat({flatten(first, 1), model(first)}), 10);
}
