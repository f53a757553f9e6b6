// What every row of the catalogue promises, checked without its author doing anything.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "core/parallel.h"
#include "core/random.h"
#include "tests/optim/catalogue_samples.h"

using namespace tare;
using namespace tare::optim;
using samples::Problem;

namespace {

std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& message, std::string_view part) { return message.find(part) != std::string::npos; }

struct Threads {
  int before = num_threads();
  explicit Threads(int n) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
};

/// Methods that draw numbers do not draw the same in float32 and float64, and SOAP steps along null spaces, whose bases are rounding errors.
bool depends_on_precision(const Row& row) {
  for (std::string_view name : {"AdaHessian", "Gravity", "GradientNoise", "MNGP", "PSGD", "SOAP", "Sophia"})
    if (row.name == name) return true;
  return false;
}

std::unique_ptr<Optimizer> made(const Row& row, const Problem& p) {
  manual_seed(7);
  return build(samples::config(row.name), p.params);
}

}  // namespace

TEST_CASE("every optimizer stands once, in alphabetical order among its kind, and says what it is") {
  auto lower = [](std::string_view s) {
    std::string out(s);
    for (char& c : out) c = char(std::tolower(static_cast<unsigned char>(c)));
    return out;
  };
  const Row* before = nullptr;
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    if (before && before->kind == row.kind) CHECK(lower(before->name) < lower(row.name));
    CHECK(row.description.ends_with('.'));
    before = &row;
  }
}

TEST_CASE("every optimizer: its description builds it again") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Problem p;
    auto a = made(row, p);
    Json said = Json::parse(a->describe().dump());
    auto b = build(said, p.params);
    CHECK(b->describe() == said);
    CHECK(a->clone()->describe() == said);
    samples::steps(*a, p, 2);
    CHECK(a->describe() == said);  // steps do not change options
  }
}

TEST_CASE("every optimizer: a run resumed from its JSON continues bit for bit") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Problem p, q;
    auto a = made(row, p);
    samples::steps(*a, p, 5);
    for (size_t i = 0; i < p.params.size(); i++) {
      NoGrad off;
      std::copy_n(p.params[i].tensor.data<double>(), p.params[i].tensor.numel(), q.params[i].tensor.mutable_data<double>());
    }
    Json saved = Json::parse(a->to_json().dump());
    auto b = build(samples::config(row.name), q.params);
    b->load_state(saved);
    samples::steps(*a, p, 6);
    samples::steps(*b, q, 6);
    CHECK(p.values() == q.values());
    CHECK(a->to_json() == b->to_json());
  }
}

TEST_CASE("every optimizer: steps in float32 as in float64, and leaves types and finite numbers") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Problem wide(DType::float64), narrow(DType::float32);
    auto a = made(row, wide), b = made(row, narrow);
    samples::steps(*a, wide, 2), samples::steps(*b, narrow, 2);
    auto x = wide.values(), y = narrow.values();
    double worst = 0;
    for (size_t i = 0; i < x.size(); i++) worst = std::max(worst, std::abs(x[i] - y[i]));
    if (!depends_on_precision(row)) CHECK(worst < 1e-3);
    for (auto& e : narrow.params) CHECK(e.tensor.dtype() == DType::float32);
  }
}

TEST_CASE("every optimizer: the same bits for any number of threads") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    std::vector<double> first;
    for (int n : {1, 2, 5}) {
      Threads limit(n);
      // A method that solves with the whole Hessian cannot have so many numbers.
      Problem p(DType::float32, row.name == "GradNormSmooth" ? Shape{15, 22} : Shape{150, 220});
      auto o = made(row, p);
      samples::steps(*o, p, 2);
      if (n == 1) first = p.values();
      else CHECK(p.values() == first);
    }
  }
}

TEST_CASE("every optimizer: parameters without a gradient are left alone and get no state") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    if (row.name == "MNGP") continue;  // its noise is for every parameter
    Problem p;
    p.without_b = true;
    auto before = p.params[1].tensor.to_vector<double>();
    auto o = made(row, p);
    samples::steps(*o, p, 3);
    CHECK(p.params[1].tensor.to_vector<double>() == before);
    p.without_b = false;
    samples::steps(*o, p, 2);  // and are taken in when one comes
    for (double v : p.values()) CHECK(std::isfinite(v));
  }
}

TEST_CASE("every optimizer: a group's rate is that group's only") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Json config = samples::config(row.name);
    std::string rate;
    {
      Problem p;
      auto o = made(row, p);
      for (const char* path : {"lr", "max_lr", "base.lr", "parts.1.lr", "parts.0.lr"})
        if (rate.empty())
          try {
            if (o->get(path).is_number()) rate = path;
          } catch (const ConfigError&) {
          }
      if (rate.empty() || row.name == "PerGroup") continue;
    }
    Problem plain, grouped;
    auto a = made(row, plain), b = made(row, grouped);
    Json change = Json::object();
    change.set(rate, a->get(rate).as_double() * 1e-3);
    ParameterList members = grouped.params.select("w");
    std::string refused = message_of([&] { b->add_group(members, change); });
    if (!refused.empty()) {  // a method of all parameters together may refuse, and then is as before
      CHECK(has(refused, "groups"));
      CHECK(b->num_groups() == 1);
      continue;
    }
    CHECK(has(message_of([&] { b->add_group(members, change); }), "already in group"));
    manual_seed(7), samples::steps(*a, plain, 1);
    manual_seed(7), samples::steps(*b, grouped, 1);
    for (size_t i : {1, 2}) CHECK(grouped.params[i].tensor.to_vector<double>() == plain.params[i].tensor.to_vector<double>());
    samples::steps(*a, plain, 11), samples::steps(*b, grouped, 11);
    CHECK(grouped.params[0].tensor.to_vector<double>() != plain.params[0].tensor.to_vector<double>());
    CHECK(b->describe().at("groups").as_array().size() == 1);
  }
}

TEST_CASE("every optimizer: bad hyper-parameters are refused by name") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Json good = samples::config(row.name);
    bool in_chain = row.kind == Kind::transform;
    Json& own = in_chain ? good["parts"].as_array()[0] : good;
    Json options = row.create(own, "x")->describe();
    auto refused = [&](const char* key, Json value) {
      Json bad = own;
      bad.set(key, value);
      std::string said = message_of([&] { row.create(bad, "x"); });
      CAPTURE(key);
      CHECK_MESSAGE(!said.empty(), key, " = ", value.dump(-1), " was taken");
      CHECK(has(said, key));
    };
    for (const char* key : {"lr", "eps", "weight_decay", "momentum", "rho", "max_lr"})
      if (const Json* present = options.find(key); present && present->is_number()) refused(key, -0.5);
    if (const Json* present = options.find("lr"); present && present->is_number()) refused("lr", std::numeric_limits<double>::quiet_NaN());
    if (const Json* betas = options.find("betas")) {
      refused("betas", Json::Array{});
      Json outside = *betas;
      outside.as_array()[0] = 1.5;
      refused("betas", outside);
      outside.as_array()[0] = -0.1;
      refused("betas", outside);
    }
    refused("no_such_option", 1.0);
  }
}

TEST_CASE("every optimizer: parameters that cannot be bound are refused") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Problem p;
    CHECK(has(message_of([&] { build(samples::config(row.name), ParameterList()); }), "empty"));
    ParameterList twice = p.params;
    twice.push_back({"again", p.params[0].tensor});
    CHECK(has(message_of([&] { build(samples::config(row.name), twice); }), "occurs twice"));
    auto unbound = build(samples::config(row.name));
    CHECK_THROWS_AS(unbound->step(p.closure()), StateError);
  }
}

TEST_CASE("every optimizer: a gradient that is NaN is named, not stepped with") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    if (row.name == "LossScale") continue;  // leaves such steps out
    Problem p;
    auto o = made(row, p);
    samples::steps(*o, p, 1);
    Closure bad = [&] { return p.loss() + sum(p.params[0].tensor * std::numeric_limits<double>::quiet_NaN()); };
    std::string said = message_of([&] { o->step(bad); });
    CHECK_MESSAGE((has(said, "the gradient of parameter \"") || has(said, "the loss is NaN") || has(said, "gradient is not finite")), said);
    if (row.kind == Kind::optimizer)
      for (double v : p.params[0].tensor.to_vector<double>()) CHECK(std::isfinite(v));
  }
}

TEST_CASE("every optimizer: state of another optimizer or model is refused, and nothing changes") {
  Problem p;
  auto sgd = build(Json::parse(R"({"type": "SGD", "momentum": 0.9})"), p.params);
  samples::steps(*sgd, p, 1);
  Json of_sgd = sgd->to_json();
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Problem a, small(DType::float64, {3, 3});
    auto o = made(row, a);
    samples::steps(*o, a, 2);
    Json before = o->to_json();
    if (row.name != "SGD") CHECK(has(message_of([&] { o->load_state(of_sgd); }), "of SGD"));
    auto other = made(row, small);
    samples::steps(*other, small, 2);
    CHECK(has(message_of([&] { o->load_state(other->to_json()); }), "\"w\" of shape [3, 3]"));
    Json renamed = before;
    renamed["parameters"].as_object()[0].first = "else";
    CHECK(has(message_of([&] { o->load_state(renamed); }), "\"else\""));
    CHECK(o->to_json() == before);
  }
}

namespace {

/// Values an option might take, tried in turn where they are not its present one.
std::vector<Json> candidates(const Json& value) {
  if (value.is_bool()) return {Json(!value.as_bool())};
  if (value.is_int()) return {Json(1), Json(2), Json(3), Json(7), Json(int64_t(value.as_int() / 2)), Json(0.5)};
  if (value.is_number()) return {Json(value.as_double() * 0.5), Json(value.as_double() + 0.25), Json(value.as_double() + 1.5), Json(0.5), Json(0.01), Json(2.0)};
  if (value.is_null()) return {Json(0.5), Json(1e-3), Json(1.02), Json(3), Json("strong_wolfe"), Json("bias"), Json(true)};
  if (value.is_array() && (value.size() == 0 || value.as_array()[0].is_string()))
    return {Json(Json::Array(value.as_array().rbegin(), value.as_array().rend())), Json::parse(R"(["b"])"), Json::parse("[0.5, 0.25]"), Json::parse(R"([["w", "b"]])")};
  if (value.is_array()) {
    std::vector<Json> out;
    for (size_t i = 0; i < value.size(); i++)
      if (value.as_array()[i].is_number())
        for (double x : {value.as_array()[i].as_double() * 0.9, 0.5, 1e-3}) {
          out.push_back(value);
          out.back().as_array()[i] = x;
        }
    return out;
  }
  return {};
}

std::vector<Json> others(const Json& value) {
  std::vector<Json> out;
  for (Json& v : candidates(value))
    if (!(v == value)) out.push_back(v);
  return out;
}

/// Where the parameters are after a few steps, of losses large, small and turned around; empty when the configuration is refused.
std::vector<double> outcome(const Json& config) {
  try {
    Problem p;
    manual_seed(7);
    auto o = build(config, p.params);
    for (int t = 0; t < 13; t++) {
      constexpr double kScales[] = {1, 2, 1e-3, -0.3};
      try {
        o->step([&] { return p.loss() * kScales[t % 4]; });
      } catch (const ValueError&) {  // least squares have no negative loss
      }
    }
    std::vector<double> at = p.values();
    Optimizer::EvaluationScope average(*o);
    for (double v : p.values()) at.push_back(v);
    return at;
  } catch (const Error&) {
    return {};
  }
}

/// Options that need other circumstances than this problem has: a linear layer, running statistics, an overflow, an infinite gradient, another option taken away,
/// batches by class.
constexpr std::string_view kSilent[] = {"AdafactorPaper.relative_step", "AMP.freeze_bn",    "ClipByNorm.error_if_nonfinite",   "GradNormSmooth.p",
                                        "KFAC.damping",                 "KFAC.decay",       "LossScale.backoff_factor",        "MNGP.num_samples",
                                        "SAM.freeze_bn",                "ScaledGD.factors", "PerClassNormalizedSGD.num_classes", "PerClassNormalizedSGD.oversample",
                                        "Spider.large_batch",           "Spider.small_batch"};

/// What must be set beside some options before they matter, where the trials below do not find it.
constexpr std::pair<std::string_view, const char*> kContexts[] = {
    {"A2Grad", R"({"variant": "exp"})"},
    {"AdamP", R"({"delta": 10.0, "weight_decay": 0.1})"},
    {"AdaBelief", R"({"betas": [0.9, 0.5]})"},
    {"AdafactorPaper", R"({"relative_step": false, "lr": 0.01})"},
    {"Apollo", R"({"warmup_steps": 5})"},
    {"GradNormSmooth", R"({"hessian": "zero", "gamma_0": 1e6})"},
    {"IrrelevanceDecaySGD", R"({"irrelevance_decay": 0.1})"},
    {"LossScale", R"({"growth_interval": 2})"},
    {"MagnitudePruning", R"({"end": 6, "every": 2})"},
    {"MoMoAdam", R"({"lr": 10.0})"},
    {"PSGD", R"({"preconditioner": "lra"})"},
    {"PSGD", R"({"preconditioner": "kron"})"},
    {"Ranger21", R"({"num_epochs": 1, "num_batches_per_epoch": 12})"},
    {"ScheduleFreeSGD", R"({"warmup_steps": 5})"},
    {"SGDP", R"({"delta": 10.0, "weight_decay": 0.1})"},
    {"Sophia", R"({"gamma": 10.0})"},
    {"SubspaceZOAdam", R"({"tau": 4, "nu": 0.0})"},
    {"SWATS", R"({"eps": 100.0})"},
};

}  // namespace

TEST_CASE("every optimizer: every option changes a result") {
  for (const Row& row : catalogue()) {
    CAPTURE(row.name);
    Json config = samples::config(row.name);
    Json* own = row.kind == Kind::transform ? &config["parts"].as_array()[0] : &config;
    Json options = row.create(*own, "x")->describe();
    // An option may matter only beside another one: contexts to try it in.
    std::vector<Json> contexts = {config};
    for (auto& [key, value] : options.as_object())
      if (value.is_bool() || value.is_null() || key == "momentum" || key == "weight_decay" || value == Json(0))
        for (Json& v : others(value)) {
          Json context = config;
          (row.kind == Kind::transform ? context["parts"].as_array()[0] : context).set(key, v);
          if (outcome(context).empty()) continue;
          contexts.push_back(context);
          break;
        }
    for (auto& [type, more] : kContexts)
      if (type == row.name) {
        Json also = Json::parse(more);
        contexts.push_back(config);
        Json& target = row.kind == Kind::transform ? contexts.back()["parts"].as_array()[0] : contexts.back();
        for (auto& [key, value] : also.as_object()) target.set(key, value);
      }
    for (auto& [key, value] : options.as_object()) {
      if (key == "type" || key == "base" || key == "parts" || value.is_string()) continue;
      bool matters = false;
      for (Json& context : contexts) {
        if (matters) break;
        std::vector<double> plain = outcome(context);
        for (Json& v : others(value)) {
          Json changed = context;
          (row.kind == Kind::transform ? changed["parts"].as_array()[0] : changed).set(key, v);
          std::vector<double> now = outcome(changed);
          if (now.empty() || now == plain) continue;
          matters = true;
          break;
        }
      }
      std::string name = text(row.name, ".", key);
      bool silent = std::find(std::begin(kSilent), std::end(kSilent), name) != std::end(kSilent);
      CHECK_MESSAGE(matters != silent, name);
    }
  }
}
