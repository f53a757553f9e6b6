#include "examples/papers/data.h"

#include "examples/train/bible.h"
#include "tare.h"

namespace tare::papers {
namespace {

Split with_inputs(const Split& s, const std::function<Tensor(const Tensor&)>& f) { return {f(s.x), s.y, f(s.x_test), s.y_test}; }

}  // namespace

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
    d.source = "data: scikit-learn's digits", d.genuine = true;
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

Digits digit_images(int64_t train) {
  Digits d = digits(train);
  for (Tensor* x : {&d.x, &d.x_test}) *x = reshape(*x / 16.0, {-1, 1, 8, 8});
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

std::string bible(int64_t characters) {
  std::string text = bible_text(size_t(characters));
  check<FileError>(int64_t(text.size()) == characters, "bible: expected ", characters, " characters of the King James Bible but there are ",
                   text.size());
  return text;
}

Split flattened(const Split& s) {
  return with_inputs(s, [](const Tensor& x) { return flatten(x, 1); });
}

Split pooled(const Split& s, int64_t side) {
  return with_inputs(s, [&](const Tensor& x) { return adaptive_avg_pool2d(x, {x.size(2) / side, x.size(3) / side}); });
}

Split centred(const Split& s) {
  return with_inputs(s, [c = mean(s.x)](const Tensor& x) { return x - c; });
}

Split standardized(const Split& s) {
  auto [deviation, centre] = std_mean(s.x);
  return with_inputs(s, [d = deviation, c = centre](const Tensor& x) { return (x - c) / d; });
}

Tensor with_random_labels(const Tensor& y, double share, int64_t classes) {
  Tensor drawn = randint(0, classes, y.shape());
  return where(lt(rand(y.shape()), share), drawn, y);
}

}  // namespace tare::papers
