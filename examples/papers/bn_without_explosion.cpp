// Batch normalization without gradient explosion: linear nets of growing depth, normalized without removing the mean. With orthogonal weights samples
// decorrelate and gradients keep their size; with Gaussian ones, or with tanh, gradients grow with depth; a gain that shrinks with depth tames tanh.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::bn_without_explosion {
namespace {

constexpr int64_t kDim = 32, kClasses = 10;
constexpr int64_t kDepths[] = {5, 20, 50, 100, 200};

struct Method {
  const char* name;
  bool orthogonal;
  const char* activation;
  double exponent;
};
constexpr Method kMethods[] = {
    {"orthogonal", true, "identity", 0}, {"Gaussian", false, "identity", 0}, {"tanh", true, "tanh", 0}, {"shaped tanh", true, "tanh", -0.4}};

std::string log_gradient(int64_t depth) { return text("log gradient, L = ", depth); }
std::string exact_gap(int64_t depth) { return text("exact gap, L = ", depth); }
std::string gap(int64_t depth) { return text("gap, L = ", depth); }

/// Of a net of this depth: the log of the gradient's norm with respect to the second weight, and the isometry gap of the last hidden layer X. In
/// float64 the gap is at most about 46 here: X's small singular values drown in rounding. Where the net is linear, determinants tell it exactly:
/// each layer makes X W^T S, S the scales of columns, so that log|det X| is a sum over layers; the mean of log e is 2/n of it, the mean of e
/// |X|_F^2 / n.
struct Probe {
  double log_gradient, gap, exact_gap;
};
Probe probe(const Method& m, int64_t depth) {
  const double deviation = 1 / std::sqrt(double(kDim));
  Tensor x = randn({kDim, kDim}), labels = randint(0, kClasses, {kDim}), readout = nn::init::normal({kDim, kClasses}, 0, deviation), second;
  double log_det = slogdet(x).second.item();
  nn::UncenteredBatchNorm1d norm(kDim);
  for (int64_t l = 1; l <= depth; l++) {
    Tensor w = m.orthogonal ? nn::init::orthogonal({kDim, kDim}) : nn::init::normal({kDim, kDim}, 0, deviation);
    if (l == 2) second = w.set_requires_grad();
    Tensor h = matmul(x, transpose(w)), y = norm(h);
    log_det += (slogdet(w.detach()).second + sum(log(abs(select(y, 0, 0) / select(h, 0, 0))))).item();
    x = nn::shaped_activation(y, m.activation, l, m.exponent);
  }
  Tensor gradient = grad(cross_entropy(matmul(x, readout), labels), second);
  x = x.detach();
  double exact = std::log(sum(square(x)).item() / double(kDim)) - 2 * log_det / double(kDim);
  return {std::log(tare::norm(gradient).item()), nn::isometry_gap(x).item(), exact};
}

}  // namespace

void run(Experiment& e) {
  e.rule("mean over seeds of log |dLoss/dW_2|: with orthogonal weights it differs by at most 0.5 between depths 5 to 200 and the isometry gap at "
         "200 is at most 0.1 of that at 5; Gaussian weights grow by at least 1.5 from 5 to 200 and have a gap above 50; tanh grows by at least 8, "
         "with the gain l^-0.4 by at most 2 either way, with a gap at 200 of at most 0.1");
  e.note("the gap is isometry_gap's, which float64 bounds by about 46 here; Gaussian nets are judged by the exact one, from log-determinants. n = "
         "d = 32, X ~ N(0, I), random classes. tanh stands behind the same normalization: with the mean removed, as in the paper's notebook, the "
         "Gram matrix of n = d samples is singular before every activation");
  DefaultDtype wide(DType::float64);
  for (int64_t seed : e.seeds(3))
    for (const Method& m : kMethods) {
      e.begin(m.name, seed);
      for (int64_t depth : kDepths) {
        Probe p = probe(m, depth);
        e.measure(log_gradient(depth), p.log_gradient);
        e.measure(gap(depth), p.gap);
        if (m.activation == std::string_view("identity")) e.measure(exact_gap(depth), p.exact_gap);
        e.point("log gradient", double(depth), p.log_gradient, "depth");
      }
    }
  auto rise = [&](const char* method) { return e.mean(method, log_gradient(200)) - e.mean(method, log_gradient(5)); };
  double low = INFINITY, high = -INFINITY;
  for (int64_t depth : kDepths) {
    double g = e.mean("orthogonal", log_gradient(depth));
    low = std::min(low, g), high = std::max(high, g);
  }
  e.at_most("orthogonal: max - min of the log gradient", high - low, 0.5);
  e.at_most("orthogonal: gap at 200 / gap at 5", e.mean("orthogonal", gap(200)) / e.mean("orthogonal", gap(5)), 0.1);
  e.at_least("Gaussian: rise of the log gradient", rise("Gaussian"), 1.5);
  e.above("Gaussian: gap at 200", e.mean("Gaussian", exact_gap(200)), 50);
  e.at_least("tanh: rise of the log gradient", rise("tanh"), 8);
  e.at_most("shaped tanh: |rise| of the log gradient", std::abs(rise("shaped tanh")), 2);
  e.at_most("shaped tanh: gap at 200", e.mean("shaped tanh", gap(200)), 0.1);
}

}  // namespace tare::papers::bn_without_explosion
