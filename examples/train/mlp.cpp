// A perceptron with one hidden layer on Fashion-MNIST: one epoch, then the accuracy on the test set.
#include <tare.h>

#include <cstdio>

using namespace tare;

int main() {
  manual_seed(0);
  auto train = data::FashionMNIST({.split = "train"});
  nn::Sequential model{nn::Flatten{}, nn::Linear{784, 256}, nn::BatchNorm1d{256}, nn::ReLU{}, nn::Linear{256, 10}};
  optim::AdamW opt(model.parameters(), {.lr = 1e-3});
  for (auto [x, y] : data::DataLoader(train, {.batch_size = 128, .shuffle = true})) {
    opt.zero_grad();
    Tensor loss = nn::cross_entropy(model(x), y);
    loss.backward();
    opt.step();
  }
  save(model, "model.json");
  auto copy = nn::load("model.json");
  copy->eval();

  NoGrad off;
  int64_t right = 0, total = 0;
  for (auto [x, y] : data::DataLoader(data::FashionMNIST({.split = "test"}), {.batch_size = 500})) {
    right += sum(eq(argmax(copy(x), 1), y)).item<int64_t>();
    total += y.numel();
  }
  std::printf("test accuracy after one epoch: %.2f%%\n", 100.0 * double(right) / double(total));
}
