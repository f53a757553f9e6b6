// What most experiments do: minibatches, a training loop, the accuracy of a classifier, data in tensors.
#pragma once

#include <functional>

#include "autograd/parameter_list.h"

namespace tare::nn {
class Module;
}
namespace tare::optim {
class Optimizer;
}

namespace tare::papers {

struct Training {
  int64_t samples = 0;  ///< how many there are to draw minibatches from; 0: the loss makes its own data and is given an undefined tensor
  int64_t batch = 128;
  int64_t steps = 500;
  int64_t every = 0;    ///< report after each so many steps
  std::function<void(int64_t step)> report{};
};

/// Steps of `optimizer` on loss(indices of a minibatch): all samples in random order (the default generator), epoch after epoch; what is left of an epoch
/// that does not make a whole minibatch is skipped. (To shorten gradients, chain() a clip before the method.) Returns the mean loss of the last tenth of the steps.
double train(optim::Optimizer& optimizer, const Training& t, const std::function<Tensor(const Tensor& index)>& loss);

/// The share of rows of `logits` (N, classes) whose largest number stands at the label.
double accuracy(const Tensor& logits, const Tensor& labels);
/// The same for a model in evaluation mode, which is left as it was; inputs are taken 500 at a time.
double accuracy(nn::Module& model, const Tensor& x, const Tensor& y);
/// The share of queries whose k nearest references (Euclidean) vote for their label; the smaller label wins a draw.
double knn_accuracy(const Tensor& references, const Tensor& labels, const Tensor& queries, const Tensor& query_labels, int64_t k);

struct Split {
  Tensor x, y;            ///< to train with
  Tensor x_test, y_test;
};
/// The first images of Fashion-MNIST (Debian package dataset-fashion-mnist), shuffled already: x float32 (n, 1, 28, 28) in [0, 1], y int64. Throws
/// FileError where it is not installed.
Split fashion(int64_t train, int64_t test);
/// 8 x 8 grey images with levels 0 .. 16, (n, 64) float32, divided at random (the same way always): scikit-learn's digits where python3-sklearn is
/// installed, otherwise 1797 images of Fashion-MNIST shrunk to this form, which are harder; `source` says which in words, for a note.
struct Digits : Split {
  const char* source;
};
Digits digits(int64_t train = 1400);

/// Grey levels as flows need them: (x + u) / 17 with u ~ U(0, 1), logit(0.05 + 0.9 x), then mean 0 and deviation 1 of each pixel of the training part.
/// `shuffled`: pixels in one fixed random order.
struct Levels {
  Tensor train, test;
};
Levels continuous_levels(const Digits& d, bool shuffled = false);

/// mean k(x, x) + mean k(y, y) - 2 mean k(x, y), k(a, b) = exp(-|a - b|^2 / (2 width^2)); x (n, d), y (m, d).
double mmd_squared(const Tensor& x, const Tensor& y, double width);

/// The parameters of several models as one list, "name.path".
ParameterList joined(std::initializer_list<std::pair<const char*, nn::Module*>> models);

}  // namespace tare::papers
