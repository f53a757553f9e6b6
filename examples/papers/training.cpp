#include "examples/papers/training.h"

#include "tare.h"

namespace tare::papers {
double train(optim::Optimizer& optimizer, const Training& t, const std::function<Tensor(const Tensor& index)>& loss) {
  check<ValueError>(t.samples == 0 || t.batch <= t.samples, "train: minibatches of ", t.batch, " cannot be drawn from ", t.samples, " samples");
  double late = 0;
  int64_t counted = 0, at = t.samples;
  Tensor order;
  for (int64_t step = 1; step <= t.steps; step++) {
    Tensor index;
    if (t.samples) {
      if (at + t.batch > t.samples) order = randperm(t.samples), at = 0;
      index = narrow(order, 0, at, t.batch);
      at += t.batch;
    }
    optimizer.zero_grad();
    Tensor l = loss(index);
    l.backward();
    optimizer.step();
    if (10 * step > 9 * t.steps) late += l.item<double>(), counted++;
    if (t.report && t.every && step % t.every == 0) t.report(step);
  }
  return late / double(counted);
}

double accuracy(const Tensor& logits, const Tensor& labels) { return double(sum(eq(argmax(logits, 1), labels)).item<int64_t>()) / double(labels.numel()); }

double accuracy(nn::Module& model, const Tensor& x, const Tensor& y) {
  NoGrad off;
  bool training = model.training();
  model.eval();
  int64_t right = 0, n = y.numel(), step = 500;
  for (int64_t i = 0; i < n; i += step) {
    int64_t count = std::min(step, n - i);
    Tensor part = narrow(x, 0, i, count);
    right += sum(eq(argmax(model.call({&part, 1})[0], 1), narrow(y, 0, i, count))).item<int64_t>();
  }
  model.train(training);
  return double(right) / double(n);
}

double knn_accuracy(const Tensor& references, const Tensor& labels, const Tensor& queries, const Tensor& query_labels, int64_t k) {
  NoGrad off;
  // |q - r|^2 without |q|^2, which is the same for all references
  Tensor distance = sum(square(references), {1}) - 2 * matmul(queries, transpose(references));
  Tensor nearest = topk(distance, k, 1, false).indices;
  Tensor votes = reshape(index_select(labels, 0, reshape(nearest, {-1})), nearest.shape());
  return accuracy(sum(one_hot(votes), {1}), query_labels);
}

Split fashion(int64_t train, int64_t test) {
  auto part = [](const char* split, int64_t n) { return data::FashionMNIST({.split = split, .limit = n}).all(); };
  auto [x, y] = part("train", train);
  auto [x_test, y_test] = part("test", test);
  return {x, y, x_test, y_test};
}

Digits digits(int64_t train) {
  constexpr int64_t kSamples = 1797;
  Digits d{};
  Tensor x, y;
  try {
    auto all = data::Digits().all();
    x = reshape(all.x, {-1, 64}) * 16, y = all.y;
    d.source = "data: scikit-learn's digits";
  } catch (const FileError&) {
    Split images = fashion(kSamples, 1);
    x = reshape(round(16 * adaptive_avg_pool2d(pad(images.x, {2, 2, 2, 2}), {8, 8})), {-1, 64}), y = images.y;
    d.source = "data: Fashion-MNIST shrunk to 8 x 8 with levels 0 .. 16, in place of scikit-learn's digits (python3-sklearn is not installed)";
  }
  check<ValueError>(train >= 1 && train < x.size(0), "digits: expected 1 to ", x.size(0) - 1, " training samples, not ", train);
  std::vector<int64_t> order = data::permutation(x.size(0), Generator(1797));
  std::span<const int64_t> all = order, first = all.first(size_t(train)), rest = all.subspan(size_t(train));
  d.x = data::rows(x, first), d.y = data::rows(y, first);
  d.x_test = data::rows(x, rest), d.y_test = data::rows(y, rest);
  return d;
}

Levels continuous_levels(const Digits& d, bool shuffled) {
  auto continuous = [](const Tensor& x) { return logit(0.05 + 0.9 * (x + rand_like(x)) / 17.0); };
  Tensor train = continuous(d.x), test = continuous(d.x_test);
  auto [deviation, centre] = std_mean(train, {0});
  train = (train - centre) / deviation, test = (test - centre) / deviation;
  if (!shuffled) return {train, test};
  Generator fixed(64);
  Tensor order = randperm(train.size(1), &fixed);
  return {index_select(train, 1, order), index_select(test, 1, order)};
}

double mmd_squared(const Tensor& x, const Tensor& y, double width) {
  NoGrad off;
  auto kernel = [&](const Tensor& a, const Tensor& b) {
    Tensor squared = unsqueeze(sum(square(a), {1}), 1) + sum(square(b), {1}) - 2 * matmul(a, transpose(b));
    return mean(exp(clamp(squared, 0.0) * (-0.5 / (width * width)))).item<double>();
  };
  return kernel(x, x) + kernel(y, y) - 2 * kernel(x, y);
}

ParameterList joined(std::initializer_list<std::pair<const char*, nn::Module*>> models) {
  ParameterList all;
  for (auto& [name, model] : models)
    for (auto p : model->parameters()) {
      p.name = text(name, ".", p.name);
      all.push_back(p);
    }
  return all;
}

}  // namespace tare::papers
