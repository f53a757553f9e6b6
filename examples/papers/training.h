// What most experiments do: perceptrons, minibatches, a training loop, the accuracy of a classifier.
#pragma once

#include <functional>

#include "autograd/parameter_list.h"
#include "examples/papers/data.h"
#include "nn/sequential.h"

namespace tare::data {
class TextDataset;
}
namespace tare::optim {
class Optimizer;
class Schedule;
}  // namespace tare::optim

namespace tare::nn {
class RegularizerList;
}  // namespace tare::nn

namespace tare::papers {

struct Training {
  int64_t samples = 0;  ///< how many there are to draw minibatches from; 0: the loss makes its own data and is given an undefined tensor
  int64_t batch = 128;
  int64_t steps = 500;
  int64_t last = 0;     ///< the mean loss of so many steps at the end is returned; 0: of a tenth of all
  int64_t every = 0;    ///< report after each so many steps
  std::function<void(int64_t step)> report{};
  optim::Schedule* schedule = nullptr;  ///< goes on after each step
  nn::RegularizerList* regularizers = nullptr;  ///< fit() adds their terms to the loss
};

/// Steps of `optimizer` on loss(indices of a minibatch): all samples in random order (the default generator), epoch after epoch; what is left of an epoch
/// that does not make a whole minibatch is skipped. (To shorten gradients, chain() a clip before the method.) A method that
/// needs a closure evaluates the same minibatch as often as it wants. Returns the mean loss of the `last` steps;
/// NaN as soon as a loss or a gradient is not finite, which ends the training.
double train(optim::Optimizer& optimizer, const Training& t, const std::function<Tensor(const Tensor& index)>& loss);

/// train() on loss(model(x), y), the cross entropy unless given, x and y the training part of `data`, all of which is drawn from whatever t.samples
/// says.
using Criterion = std::function<Tensor(const Tensor& output, const Tensor& y)>;
double fit(nn::Module& model, optim::Optimizer& optimizer, const Split& data, Training t, const Criterion& loss = {});

/// train() of a model of characters (N, T) -> scores of the next ones (N, T, V), on windows of `text`.
double fit(nn::Module& model, optim::Optimizer& optimizer, const data::TextDataset& text, Training t);

/// Steps of `optimizer` on `loss` until done(), which is asked before each: how many it took; `most` + 1 where so many do not suffice or gradients
/// are no longer finite. For methods that evaluate the loss themselves too.
int64_t steps_until(optim::Optimizer& optimizer, int64_t most, const std::function<Tensor()>& loss, const std::function<bool()>& done);

/// Linear layers of these widths; `between(width)` makes what stands after each but the last, ReLU unless given. Biases everywhere, or in the last alone.
using Between = std::function<std::vector<nn::AnyModule>(int64_t width)>;
/// norm(width), then ReLU; without a norm ReLU alone.
Between norm_relu(std::function<nn::AnyModule(int64_t width)> norm);
nn::Sequential mlp(const std::vector<int64_t>& widths, const Between& between = {}, bool bias = true);
/// Convolutions 3 x 3 from 1 channel to 16, 16, 32 and 32, the third with stride 2; `between(channels)` makes what stands after each, ReLU unless
/// given; the mean over positions, and a linear layer to 10 classes.
nn::Sequential small_convnet(const Between& between = {});

/// The Hessian's eigenvalue of largest absolute value, `loss` being a number on the tape; by power iteration.
double lambda_max(const Tensor& loss, const ParameterList& parameters, int64_t iterations = 100);

/// The share of rows of `logits` (N, classes) whose largest number stands at the label.
double accuracy(const Tensor& logits, const Tensor& labels);
/// What a model gives in evaluation mode, off the tape, `batch` inputs at a time; it is left in the mode it was in.
Tensor evaluate(nn::Module& model, const Tensor& x, int64_t batch = 500);
/// accuracy(evaluate(model, x, batch), y).
double accuracy(nn::Module& model, const Tensor& x, const Tensor& y, int64_t batch = 500);
/// The mean cross entropy of evaluate(model, x) to y; infinity where it is NaN.
double mean_loss(nn::Module& model, const Tensor& x, const Tensor& y);
/// The share of queries whose k nearest references (Euclidean) vote for their label; the smaller label wins a draw.
double knn_accuracy(const Tensor& references, const Tensor& labels, const Tensor& queries, const Tensor& query_labels, int64_t k);

/// mean k(x, x) + mean k(y, y) - 2 mean k(x, y), k(a, b) = exp(-|a - b|^2 / (2 width^2)); x (n, d), y (m, d).
double mmd_squared(const Tensor& x, const Tensor& y, double width);

/// The parameters of several models as one list, "name.path".
ParameterList joined(std::initializer_list<std::pair<const char*, nn::Module*>> models);

}  // namespace tare::papers
