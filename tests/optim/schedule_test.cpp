#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "autograd/ops/factory.h"
#include "optim/adam.h"
#include "optim/schedule/catalogue.h"
#include "optim/schedule/compose.h"
#include "optim/schedule/cosine.h"
#include "optim/schedule/cyclic.h"
#include "optim/schedule/decay.h"
#include "optim/schedule/one_cycle.h"
#include "optim/schedule/plateau.h"
#include "optim/schedule/ramp.h"
#include "optim/schedule/warmup.h"
#include "optim/sgd.h"
#include "optim/sharpness/sam.h"
#include "tests/source_dir.h"

using namespace tare;
using namespace tare::optim;

namespace {

ParameterList two_parameters() {
  return ParameterList(std::vector<ParameterList::Entry>{{"w", zeros({3}).set_requires_grad()}, {"b", zeros({2}).set_requires_grad()}});
}

/// One usable configuration of every row.
Json sample(std::string_view type) {
  Json json = Json::parse(R"({"base_lr": 0.05})");
  json.set("type", type);
  if (type == "SequentialLR") json.set("milestones", Json::parse("[4]"));
  if (type == "SequentialLR" || type == "ChainedScheduler")
    json.set("schedulers", Json::parse(R"([{"type": "LinearLR", "total_iters": 3}, {"type": "ReduceLROnPlateau", "patience": 1}])"));
  if (type == "LambdaLR") json.set("table", Json::parse("[1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]"));
  if (type == "SWALR") json.set("swa_lr", 0.01);
  if (type == "MultiStepLR") json.set("milestones", Json::parse("[2, 5]"));
  if (type == "ExploreExploitLR" || type == "OneCycleLR") json.set("total_steps", 20);
  if (type == "ConstantLR" || type == "LinearLR" || type == "PolynomialLR") json.set("total_iters", 12);
  if (type == "ReduceLROnPlateau") json.set("patience", 1);
  if (type == "WarmupCosineLR" || type == "WarmupStableDecayLR" || type == "ExploreExploitLR") json.set("warmup_steps", 3);
  return json;
}

}  // namespace

TEST_CASE("schedules give the rates and momenta of PyTorch and of the papers") {
  int played = 0;
  for (const char* file : {"_common_optimizers.json", "torch_schedules.json"}) {
    Json document = Json::read_file(source_dir() + "/tests/golden/" + file);
    for (auto& c : document.at("cases").as_array()) {
      if (c.at("kind").as_string() != "schedule") continue;
      CAPTURE(c.at("name").as_string());
      Json config = c.at("config");
      config.erase("report");
      auto schedule = build_schedule(config);
      auto& lrs = c.at("lrs").as_array();
      const Json *metrics = c.find("metrics"), *momentums = c.find("momentums");
      for (size_t t = 0; t < lrs.size(); t++) {
        CHECK(schedule->rate() == doctest::Approx(lrs[t].as_double()).epsilon(1e-9));
        if (momentums) CHECK(schedule->momentum().value() == doctest::Approx(momentums->as_array()[t].as_double()).epsilon(1e-9));
        schedule->advance(metrics ? std::optional(metrics->as_array()[t].as_double()) : std::nullopt);
      }
      played++;
    }
  }
  CHECK(played >= 30);
}

TEST_CASE("every schedule: JSON round trip, and its state continues bit for bit") {
  for (auto& row : schedule_catalogue()) {
    CAPTURE(row.name);
    auto a = build_schedule(sample(row.name));
    SGD opt(two_parameters(), {.lr = 0.1, .momentum = 0.9});
    a->bind(opt);
    auto metric = [](int t) { return std::cos(t * 0.7); };
    for (int t = 0; t < 5; t++) a->step(metric(t));
    Json saved = Json::parse(a->to_json().dump());
    auto b = build_schedule(saved);
    SGD other(two_parameters(), {.lr = 0.1, .momentum = 0.9});
    b->bind(other);
    b->load_state(saved);
    std::set<double> seen;
    for (int t = 5; t < 30; t++) {
      a->step(metric(t));
      b->step(metric(t));
      CHECK(opt.options().lr == other.options().lr);
      CHECK(opt.options().momentum == other.options().momentum);
      CHECK(std::isfinite(opt.options().lr));
      seen.insert(opt.options().lr);
    }
    if (row.name != "MultiStepLR") CHECK(seen.size() > 1);
    CHECK(Json::parse(a->describe().dump()) == Json::parse(build_schedule(a->describe())->describe().dump()));
  }
}

TEST_CASE("a schedule scales every group from its own base, through wrappers too") {
  ParameterList params = two_parameters();
  SGD opt(params, {.lr = 0.1});
  opt.add_group(params.select("b"), Json::parse(R"({"lr": 0.5})"));
  StepLR schedule(opt, {.step_size = 1, .gamma = 0.5});
  schedule.step();
  CHECK(opt.options(0).lr == 0.05);
  CHECK(opt.options(1).lr == 0.25);

  SAM sam(two_parameters(), SGD{{.lr = 0.2}});
  LinearLR warm(sam, {.start_factor = 0.5, .total_iters = 2});
  CHECK(sam.get("base.lr").as_double() == 0.1);
  warm.step();
  CHECK(sam.get("base.lr").as_double() == doctest::Approx(0.15));

  AdamW adam(two_parameters(), {.betas = {0.9, 0.99}});
  OneCycleLR cycle(adam, {.total_steps = 10, .max_momentum = 0.97});
  CHECK(adam.options().betas[0] == 0.97);
  CosineAnnealingLR decay;
  decay.option = "weight_decay";
  decay.bind(adam);
  for (int t = 0; t < 10; t++) decay.step();
  CHECK(adam.options().weight_decay == doctest::Approx(0));
}

TEST_CASE("warm-up, stable, decay and inverse root have their closed forms") {
  WarmupStableDecayLR wsd({.warmup_steps = 4, .stable_steps = 6, .decay_steps = 10, .min_factor = 0.1, .decay = DecayShape::sqrt});
  InverseSqrtLR root({.warmup_steps = 4});
  for (int t = 0; t < 30; t++) {
    double x = std::min(std::max(t - 10.0, 0.0) / 10, 1.0);
    CHECK(wsd.value(2) == doctest::Approx(t < 4 ? 2 * (t + 1) / 4.0 : 2 * (0.1 + 0.9 * (1 - std::sqrt(x)))));
    CHECK(root.value(2) == doctest::Approx(t < 4 ? 2 * (t + 1) / 4.0 : 2 * std::sqrt(4.0 / (t + 1))));
    wsd.advance({}), root.advance({});
  }
}

TEST_CASE("misuse of schedules is named") {
  StepLR loose{StepLROptions{}};
  CHECK_THROWS_WITH_AS(loose.step(), doctest::Contains("not bound"), StateError);
  CHECK_THROWS_WITH_AS(StepLR(StepLROptions{.step_size = 0}), doctest::Contains("step_size must be at least 1"), ConfigError);
  CHECK_THROWS_WITH_AS(build_schedule(Json::parse(R"({"type": "StepLr"})")), doctest::Contains("did you mean \"StepLR\""), ConfigError);
  CHECK_THROWS_WITH_AS(build_schedule(Json::parse(R"({"type": "StepLR", "gama": 1})")), doctest::Contains("gamma"), ConfigError);
  SGD opt(two_parameters(), {.lr = 0.1});
  ReduceLROnPlateau plateau(opt);
  CHECK_THROWS_WITH_AS(plateau.step(), doctest::Contains("step(metric)"), StateError);
  CHECK_THROWS_AS(plateau.load_state(StepLR().to_json()), ConfigError);
  CHECK_THROWS_WITH_AS(sequential({3}, StepLR{}), doctest::Contains("1 schedules need 0 milestones"), ConfigError);
}
