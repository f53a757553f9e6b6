#include "examples/papers/training.h"

#include <cmath>

#include "tare.h"

namespace tare::papers {
namespace {

/// Whether optimizer.step(how...) found gradients it could use: those that are not finite are a ValueError of its own.
template <class... How>
bool stepped(optim::Optimizer& optimizer, Tensor& loss, const How&... how) {
  try {
    if constexpr (sizeof...(How) > 0) loss = optimizer.step(how...);
    else optimizer.step();
    return std::isfinite(loss.item<double>());
  } catch (const ValueError&) {
    return false;
  }
}

}  // namespace

double train(optim::Optimizer& optimizer, const Training& t, const std::function<Tensor(const Tensor& index)>& loss) {
  check<ValueError>(t.samples == 0 || t.batch <= t.samples, "train: minibatches of ", t.batch, " cannot be drawn from ", t.samples, " samples");
  double late = 0;
  int64_t counted = 0, at = t.samples, begin = t.last ? t.steps - t.last : 9 * t.steps / 10;
  Tensor order;
  for (int64_t step = 1; step <= t.steps; step++) {
    Tensor index;
    if (t.samples) {
      if (at + t.batch > t.samples) order = randperm(t.samples), at = 0;
      index = narrow(order, 0, at, t.batch);
      at += t.batch;
    }
    Tensor l;
    if (optimizer.needs_closure()) {
      if (!stepped(optimizer, l, [&] { return loss(index); })) return NAN;
    } else {
      optimizer.zero_grad();
      l = loss(index);
      l.backward();
      if (!stepped(optimizer, l)) return NAN;
    }
    if (t.schedule) t.schedule->step();
    if (step > begin) late += l.item<double>(), counted++;
    if (t.report && t.every && step % t.every == 0) t.report(step);
  }
  return late / double(counted);
}

double fit(nn::Module& model, optim::Optimizer& optimizer, const Split& data, Training t, const Criterion& loss) {
  t.samples = data.y.numel();
  return train(optimizer, t, [&](const Tensor& index) {
    Tensor x = index_select(data.x, 0, index), y = index_select(data.y, 0, index);
    auto value = [&](const Tensor& output) { return loss ? loss(output, y) : cross_entropy(output, y); };
    if (!t.regularizers || t.regularizers->empty()) return value(model.call({&x, 1})[0]);
    auto watch = t.regularizers->watch();
    Tensor output = model.call({&x, 1})[0], plain = value(output);
    return plain + t.regularizers->penalty(x, output, plain);
  });
}

double fit(nn::Module& model, optim::Optimizer& optimizer, const data::TextDataset& text, Training t) {
  t.samples = text.size();
  return train(optimizer, t, [&](const Tensor& index) {
    auto [x, y] = text.get(index.to_vector<int64_t>());
    return cross_entropy(flatten(model.call({&x, 1})[0], 0, 1), flatten(y));
  });
}

Between norm_relu(std::function<nn::AnyModule(int64_t)> norm) {
  return [norm = std::move(norm)](int64_t width) {
    std::vector<nn::AnyModule> between;
    if (norm) between.push_back(norm(width));
    between.emplace_back(nn::ReLU());
    return between;
  };
}

int64_t steps_until(optim::Optimizer& optimizer, int64_t most, const std::function<Tensor()>& loss, const std::function<bool()>& done) {
  for (int64_t step = 0; step <= most; step++) {
    Tensor l;
    if (done()) return step;
    if (!stepped(optimizer, l, loss)) break;
  }
  return most + 1;
}

namespace {

void append(nn::Sequential& net, const Between& between, int64_t width) {
  if (!between) return net.append(nn::ReLU());
  for (auto& layer : between(width)) net.append(std::move(layer));
}

}  // namespace

nn::Sequential mlp(const std::vector<int64_t>& widths, const Between& between, bool bias) {
  check<ValueError>(widths.size() >= 2, "mlp: expected at least two widths, those of what goes in and comes out, not ", widths.size());
  nn::Sequential net;
  for (size_t i = 0; i + 1 < widths.size(); i++) {
    bool last = i + 2 == widths.size();
    net.append(nn::Linear({.in_features = widths[i], .out_features = widths[i + 1], .bias = bias || last}));
    if (last) break;
    append(net, between, widths[i + 1]);
  }
  return net;
}

nn::Sequential small_convnet(const Between& between) {
  nn::Sequential net;
  int64_t in = 1;
  for (auto [out, stride] : {std::pair<int64_t, int64_t>{16, 1}, {16, 1}, {32, 2}, {32, 1}}) {
    net.append(nn::Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 3, .stride = stride, .padding = 1}));
    append(net, between, out);
    in = out;
  }
  net.append(nn::AdaptiveAvgPool2d(1));
  net.append(nn::Flatten());
  net.append(nn::Linear(in, 10));
  return net;
}

double lambda_max(const Tensor& loss, const ParameterList& parameters, int64_t iterations) {
  return nn::top_eigenpairs(nn::HessianMap(loss, parameters.tensors()), 1, iterations).values.item<double>();
}

double accuracy(const Tensor& logits, const Tensor& labels) { return double(sum(eq(argmax(logits, 1), labels)).item<int64_t>()) / double(labels.numel()); }

Tensor evaluate(nn::Module& model, const Tensor& x, int64_t batch) {
  NoGrad off;
  bool training = model.training();
  model.eval();
  Tensors parts;
  int64_t n = x.size(0);
  for (int64_t i = 0; i < n; i += batch) {
    Tensor part = narrow(x, 0, i, std::min(batch, n - i));
    parts.push_back(model.call({&part, 1})[0]);
  }
  model.train(training);
  return cat(parts, 0);
}

double accuracy(nn::Module& model, const Tensor& x, const Tensor& y, int64_t batch) { return accuracy(evaluate(model, x, batch), y); }

double mean_loss(nn::Module& model, const Tensor& x, const Tensor& y) {
  double loss = cross_entropy(evaluate(model, x), y).item<double>();
  return std::isnan(loss) ? HUGE_VAL : loss;
}

double knn_accuracy(const Tensor& references, const Tensor& labels, const Tensor& queries, const Tensor& query_labels, int64_t k) {
  NoGrad off;
  // |q - r|^2 without |q|^2, which is the same for all references
  Tensor distance = sum(square(references), {1}) - 2 * matmul(queries, transpose(references));
  Tensor nearest = topk(distance, k, 1, false).indices;
  Tensor votes = reshape(index_select(labels, 0, reshape(nearest, {-1})), nearest.shape());
  return accuracy(sum(one_hot(votes), {1}), query_labels);
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
