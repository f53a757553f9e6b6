// Small problems that every optimizer solves, at a stated rate or its default one.
#include <doctest/doctest.h>

#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/random.h"
#include "optim/measure.h"
#include "tests/optim/catalogue_samples.h"

using namespace tare;
using namespace tare::optim;

namespace {

struct Task {
  ParameterList params;
  Closure loss;  // one number, or one a sample
  double now() const {
    NoGrad off;
    return mean(loss()).item();
  }
};

Tensor leaf(Tensor t) { return t.set_requires_grad(); }

/// x^T A x / 2 in eight dimensions, eigenvalues from 0.1 to 10 in a rotated basis; from 8.9.
Task quadratic() {
  constexpr int64_t n = 8;
  std::vector<double> scales;
  for (int64_t i = 0; i < n; i++) scales.push_back(std::sqrt(0.1 * std::pow(100.0, double(i) / double(n - 1))));
  Tensor v = from_vector({1, 2, -1, 0.5, 1, -2, 1, 1}, {n, 1}, DType::float64);
  Tensor basis = eye(n, n, DType::float64) - 2 * matmul(v, transpose(v)) / sum(square(v));
  Tensor root = basis * from_vector(scales, {n}, DType::float64);  // A = root^T root, up to the side
  Tensor x = leaf(full({n}, 1.0, DType::float64));
  return {ParameterList({{"x", x, "", Role::weight, ""}}), [=] { return 0.5 * sum(square(mv(transpose(root), x)), {0}, true); }};
}

/// From (-1.2, 1), where it is 24.2.
Task rosenbrock() {
  Tensor x = leaf(from_vector({-1.2, 1}, {2}, DType::float64));
  return {ParameterList({{"x", x, "", Role::weight, ""}}), [=] {
            Tensor a = narrow(x, 0, 0, 1), b = narrow(x, 0, 1, 1);
            return 100 * square(b - square(a)) + square(1 - a);
          }};
}

/// 64 points of two classes that overlap; least 0.39, from 0.69.
Task logistic() {
  Generator g(3);
  Tensor features = randn({64, 4}, DType::float64, &g);
  Tensor truth = from_vector({1.5, -1, 0.5, 0}, {4}, DType::float64);
  Tensor side = sign(mv(features, truth) + 0.8 * randn({64}, DType::float64, &g));
  Tensor w = leaf(from_vector({0.1, -0.1, 0.1, 0.1}, {1, 4}, DType::float64)), b = leaf(zeros({1}, DType::float64));
  return {ParameterList({{"weight", w, "Linear", Role::weight, ""}, {"bias", b, "Linear", Role::bias, ""}}),
          [=] { return softplus(-side * (reshape(matmul(features, transpose(w)), {64}) + b)); }};
}

/// Exclusive or by a network of eight hidden units; from about 0.7.
Task exclusive_or() {
  Generator g(5);
  Tensor in = from_vector({-1, -1, -1, 1, 1, -1, 1, 1}, {4, 2}, DType::float64), side = from_vector({-1, 1, 1, -1}, {4}, DType::float64);
  Tensor w1 = leaf(randn({8, 2}, DType::float64, &g)), b1 = leaf(randn({8}, DType::float64, &g) * 0.5);
  Tensor w2 = leaf(randn({1, 8}, DType::float64, &g) * 0.5), b2 = leaf(zeros({1}, DType::float64));
  return {ParameterList({{"0.weight", w1, "Linear", Role::weight, ""},
                         {"0.bias", b1, "Linear", Role::bias, ""},
                         {"1.weight", w2, "Linear", Role::weight, ""},
                         {"1.bias", b2, "Linear", Role::bias, ""}}),
          [=] { return softplus(-side * (reshape(matmul(tanh(matmul(in, transpose(w1)) + b1), transpose(w2)), {4}) + b2)); }};
}

struct Problem {
  const char* name;
  Task (*make)();
  int steps;
  double target;
};
constexpr Problem kProblems[] = {
    {"quadratic", &quadratic, 200, 0.45}, {"rosenbrock", &rosenbrock, 300, 3.5}, {"logistic", &logistic, 100, 0.45}, {"exclusive or", &exclusive_or, 300, 0.4}};

/// The loss after the problem's steps; infinite when the optimizer cannot go on.
double reached(const Json& config, const Problem& p) {
  Task task = p.make();
  manual_seed(11);
  try {
    auto o = build(config, task.params);
    for (int t = 0; t < p.steps; t++) o->step(task.loss);
    Optimizer::EvaluationScope average(*o);
    double loss = task.now();
    return std::isfinite(loss) ? loss : INFINITY;
  } catch (const ValueError&) {
    return INFINITY;
  }
}

/// By problem: the rate, 0 for the default one, -1 where the problem is not asked of the method.
struct Rates {
  std::string_view name;
  double of[4];
};
const Rates kRates[] = {
    {"A2Grad", {0, 0, 0, 0}}, {"AccSGD", {0, 0, 10, 1e+07}}, {"ACProp", {0.01, 0.01, 0.3, 0}}, {"AdaBelief", {0.1, 1, 0.3, 0}},
    {"AdaBound", {0, 0, 0.3, 1e+07}}, {"Adadelta", {3, 0, 10, 0}}, {"Adafactor", {0, 0, 1e+07, 0}}, {"AdafactorPaper", {0, 0, 0, 0}},
    {"Adagrad", {0.3, 1, 3, 0}}, {"AdaHessian", {0, 3, 0, 0}}, {"Adai", {0.1, 0, 3, 1e+07}}, {"Adam", {0.1, 1, 0.3, 1e+07}},
    {"Adamax", {10, 1, 1, 0}}, {"AdamaxW", {10000, 1, 1, 0}}, {"AdamNorm", {0.03, 10, 0.3, 1e+07}}, {"AdaMod", {3, 3, 10, 1e+07}},
    {"AdamP", {0.1, 1, 0.3, 10}}, {"AdamS", {0.1, 1, 0.3, 3}}, {"AdaMuon", {0, 0, 0, 0}}, {"AdamW", {0.1, 0.3, 3, 0.3}},
    {"AdamWPaper", {0.1, 1, 0.3, 1e+07}}, {"Adan", {3, 0.1, 3, 1e+07}}, {"AdaPNM", {0.03, 0.3, 0.3, 1e+07}}, {"AdaShift", {0.1, 0.1, 0.3, 1e+07}},
    {"AdaSmooth", {0.03, 0.03, 0.03, 1e+07}}, {"AdEMAMix", {0.3, 1, 1, 1e+07}}, {"ADOPT", {0.1, 3, 10, 0}}, {"AggMo", {0, 0, 10, 1e+07}},
    {"Aida", {0.3, 0.3, 0.3, 0}}, {"AliG", {0, 0, 0, 0}}, {"Amos", {1, 0.1, 0.1, 0.3}}, {"Ano", {0.03, 0.1, 0.1, 1e+07}}, {"Apollo", {0, 0, 0, 0}},
    {"ASGD", {0, 0.003, 10, 1e+07}}, {"AvaGrad", {0, 0.01, 0, 0}}, {"BCOS", {0.03, 0.01, 0.1, 3}}, {"CAME", {0.1, 0.3, 0, 0}},
    {"CautiousAdamW", {0.1, 0.3, 1, 0.3}}, {"CautiousLion", {1, 0.01, 0.03, 1e+07}}, {"CDoWG", {0, 0, 0, 0}}, {"ClippedGD", {0.1, 0, 10, 1e+07}},
    {"COCOB", {0, 0, 0, 0}}, {"DAdaptAdaGrad", {0, 3, 3, 0}}, {"DAdaptAdam", {0, 0, 0, 0}}, {"DAdaptAdan", {0.3, 1e+06, 0, 0}},
    {"DAdaptLion", {0.03, 0.03, 0, 0}}, {"DAdaptSGD", {0.3, 0, 0, 0}}, {"DiffGrad", {0.3, 1, 3, 1e+07}}, {"DoG", {0, 3, 0, 0}},
    {"DoWG", {0, 0, 0, 0}}, {"Fira", {0.1, 1, 0.3, 1e+07}}, {"FOCUS", {0, 0, 0, 0}}, {"Fromage", {0, 0, 0.1, 0}}, {"FTRL", {1, 1, 3, 1e+07}},
    {"GaLore", {0.1, 1, 3, 3}}, {"Grams", {0.3, 1, 0.3, 1e+07}}, {"Gravity", {3, -1, 0, 0}}, {"GrokfastAdamW", {10, 0.1, 0.03, 10}},
    {"IrrelevanceDecaySGD", {0.1, 0, 10, 1e+07}}, {"Kate", {0.1, 1, 0.3, 1e+07}}, {"L1SubgradientRMSprop", {0, 0, 0, 0}},
    {"L1SubgradientSGD", {0.1, 0, 10, 1e+07}}, {"LAMB", {0.3, 0.3, 0.1, 1}}, {"LaProp", {0.1, 1, 0.3, 1e+07}}, {"LARS", {10, 10, 10, 10}},
    {"LBFGS", {0, 0, 0, 0}}, {"LensAdagrad", {1, 1, 3, 0}}, {"LensAdam", {0.1, 1, 0.3, 1e+07}}, {"LensMomentum", {0, 0, 3, 1e+07}},
    {"LensNesterov", {0, 0, 10, 1e+07}}, {"LensSGD", {0.1, 0, 10, 1e+07}}, {"Lion", {0.1, 0.01, 0.03, 1e+07}}, {"Madam", {1e+07, 1e+07, 0.3, 0}},
    {"MADGRAD", {0, 0, 0, 0}}, {"MARS", {0, 0, 0.1, 0}}, {"MirrorMADGRAD", {0, 0, 0, 0}}, {"MoMo", {0, 0, 0, 0}}, {"MoMoAdam", {0, 1e+07, 0, 0}},
    {"MSVAG", {0, 0.003, 10, 1e+07}}, {"Muon", {0, 0, 0, 0}}, {"NAdam", {0.03, 10, 0.3, 0}}, {"Nero", {0, 0.3, 3, 0}},
    {"NormalizedGD", {0.03, 0, 0, 0}}, {"NormalizedLogisticGD", {-1, -1, 0, -1}}, {"NorMuon", {0, 0, 0, 0}}, {"NovoGrad", {0, 0, 0, 0}},
    {"OptimisticAdam", {0.3, 1, 0.3, 1e+07}}, {"OptimisticGD", {0.03, 0, 3, 1e+07}}, {"PAdam", {0, 0, 0, 0}}, {"PID", {0, 3e-04, 0, 0}},
    {"PNM", {0.1, 0.003, 10, 1e+07}}, {"PolyakSGD", {0, 0, 0, 0}}, {"Prodigy", {0, 0, 0, 0}}, {"ProximalSGD", {0.1, 0, 10, 1e+07}},
    {"QHAdam", {0.1, 1, 0.3, 1e+07}}, {"QHM", {0.3, 0, 10, 1e+07}}, {"RAdam", {0.1, 0.003, 3, 1e+07}}, {"Ranger", {0.03, 0.003, 3, 1e+07}},
    {"Ranger21", {0.03, 1, 1, 10000}}, {"RMSprop", {0, 0, 0, 0}}, {"RMSpropTF", {0, 0, 0, 0}}, {"Rprop", {0, 0, 0, 0}},
    {"ScheduleFreeAdamW", {0.1, 0.3, 3, 0}}, {"ScheduleFreeRAdam", {1, 1, 3, 1e+07}}, {"ScheduleFreeSGD", {0, 0.003, 0, 0}},
    {"Scion", {0, 0, 0.03, 0}}, {"SGD", {0.1, 0, 10, 1e+07}}, {"SGDP", {0.1, 0, 10, 1e+07}}, {"SGDSaI", {0, 0.001, 1, 0.3}},
    {"SGDW", {0.1, 0, 10, 1e+07}}, {"Shampoo", {0, 0, 0, 0}}, {"SignSGD", {0.03, 0.01, 0.1, 1e+07}}, {"SimplifiedAdEMAMix", {0.001, 0.003, 0, 0}},
    {"SM3", {0, 0, 0, 0}}, {"SOAP", {0.3, 0.1, 3, 0}}, {"Sophia", {0.03, 0.03, 0.03, 1e+07}}, {"SparseAdam", {0.1, 1, 0.3, 1e+07}},
    {"Spider", {0.03, 0, 0, 0}}, {"SPlus", {10, 10, 0, 0}}, {"SRMM", {1, 0.003, 10, 1e+07}}, {"StableAdamW", {0.1, 0.3, 1, 0.3}},
    {"StableSPAM", {0.01, 0.01, 0.1, 1e+07}}, {"SWATS", {0.1, 1, 0.3, 1e+07}}, {"Tiger", {0.03, 0.01, 0.03, 10}}, {"VSGD", {0, 0.03, 0, 0}},
    {"Yogi", {0, 1, 0, 0}},
};

/// Options beside the rate.
constexpr std::pair<std::string_view, const char*> kWith[] = {
    {"A2Grad", R"({"lips": 100})"},
    {"AdafactorPaper", R"({"relative_step": false, "lr": 0.03})"},
    {"Apollo", R"({"rebound": "belief"})"},
    {"COCOB", R"({"alpha": 1})"},
    {"DAdaptLion", R"({"d0": 0.1})"},
    {"Kate", R"({"eta": 1})"},
    {"Madam", R"({"p_scale": 30})"},
    {"MARS", R"({"lr_1d": 0.03})"},
    {"Nero", R"({"constraints": false})"},
    {"RAdam", R"({"betas": [0.9, 0.99]})"},
    {"Ranger", R"({"betas": [0.9, 0.9]})"},
    {"Scion", R"({"scale": 10})"},
    {"SGDSaI", R"({"eps": 0.1})"},
    {"SPlus", R"({"ema_rate": 0.9})"},
};

/// The rate alone, of a method that has no row above: the first of these that reaches the target.
constexpr double kTried[] = {0, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003};

Json config_of(std::string_view name, double rate) {
  Json config = samples::config(name);
  for (auto& [who, more] : kWith)
    if (who == name) {
      Json also = Json::parse(more);
      for (auto& [key, value] : also.as_object()) config.set(key, value);
    }
  if (rate > 0) config.set("lr", rate);
  return config;
}

}  // namespace

// Gravity damps gradients by the square of their size: in the walls of Rosenbrock's valley, where they are in the hundreds, it hardly moves. The
// losses of NormalizedLogisticGD are logistic, those of PerClassNormalizedSGD one a class, and MNGP adds noise by design: they have tests of their own.
TEST_CASE("every optimizer solves the small problems at a stated rate") {
  for (const Row& row : catalogue()) {
    if (row.kind != Kind::optimizer || row.name == "MNGP" || row.name == "PerClassNormalizedSGD") continue;
    const Rates* stated = nullptr;
    for (const Rates& r : kRates)
      if (r.name == row.name) stated = &r;
    for (size_t k = 0; k < 4; k++) {
      const Problem& p = kProblems[k];
      if (stated && stated->of[k] < 0) continue;
      double loss = INFINITY;
      if (stated) loss = reached(config_of(row.name, stated->of[k]), p);
      else
        for (double rate : kTried)
          if (loss > p.target) loss = reached(config_of(row.name, rate), p);
      CHECK_MESSAGE(loss <= p.target, row.name, " on ", p.name, ": ", loss);
    }
  }
}

