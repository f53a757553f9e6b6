// The cheap problems of examples/optimizers.json, which `tare compare examples/optimizers.json` plays as a whole: every optimizer reaches the goal from its
// defaults or with the options that are stated there.
#include <doctest/doctest.h>

#include <cmath>

#include "core/data/catalogue.h"
#include "core/random.h"
#include "examples/cli/suite.h"
#include "examples/cli/trainer.h"
#include "optim/catalogue.h"
#include "tests/source_dir.h"

using namespace tare;
using namespace tare::cli;

namespace {

Suite the_suite() {
  std::string file = source_dir() + "/examples/optimizers.json";
  Json document = Json::read_file(file);
  for (const char* costly : {"tiny_cnn", "char_lstm"}) document["problems"].erase(costly);
  for (auto& [choice, by_problem] : document["stated"].as_object())
    for (const char* costly : {"tiny_cnn", "char_lstm"}) by_problem.erase(costly);
  return read_suite(std::move(document), file);
}

}  // namespace

TEST_CASE("every optimizer reaches the goals of the cheap problems, as examples/optimizers.json states") {
  Suite suite = the_suite();
  CHECK(suite.problems.size() == 4);
  for (const Problem& p : suite.problems) {
    data::Splits data = data::build_splits(p.setup.data, "data");
    Comparison c = suite_comparison(suite, p, 1, 0, data);
    CHECK(c.start > 1.4 * p.goal);
    for (auto& [name, reason] : c.skipped) FAIL_CHECK(name << " on " << p.name << ": " << reason);
    for (const Choice& choice : c.choices) {
      Trainer trainer(parse_config(choice.config, choice.name), data);
      double loss = INFINITY;
      try {
        trainer.run([](double) { return true; }, [&](const EpochResult& r, bool) { loss = r.test.loss; });
      } catch (const Error& e) {
        FAIL_CHECK(choice.name << " on " << p.name << ": " << e.what());
      }
      CHECK_MESSAGE(loss <= p.goal, choice.name, " on ", p.name, ": ", loss);
    }
  }
}

TEST_CASE("suites: what is wrong with the file is told by file and key") {
  auto says = [](const char* change, const std::string& what) {
    Json document = the_suite().document, with = Json::parse(change);
    for (auto& [path, value] : with.as_object()) document.set_path(path, value);
    try {
      Suite suite = read_suite(document, "s.json");
      suite_comparison(suite, suite.problems[0], 1, 0, data::build_splits(suite.problems[0].setup.data, "data"));
      FAIL_CHECK("not refused: " << change);
    } catch (const Error& e) {
      CHECK_MESSAGE(std::string(e.what()).find(what) != std::string::npos, e.what());
    }
  };
  says(R"({"vari": "optimizer=all"})", "s.json.vari: unknown option");
  says(R"({"problems.quadratic.gaol": 1})", "s.json: problems.quadratic.gaol: unknown option; did you mean \"goal\"?");
  says(R"({"problems.quadratic.goal": "low"})", "s.json: problems.quadratic.goal: expected a number");
  says(R"({"problems.quadratic.goal": 100})", "s.json: problems.quadratic.goal: 100 is reached without a step");
  says(R"({"problems.quadratic.config.epoch": 3})", "s.json: problems.quadratic.config.epoch: unknown option");
  says(R"({"problems.quadratic.config": "none.json"})", "none.json");
  says(R"({"stated.Adan.quadratc": {"lr": 1}})", "s.json: stated.Adan.quadratc: unknown option; did you mean \"quadratic\"?");
  says(R"({"stated.Adamm": {}})", "s.json: stated.Adamm: unknown option; did you mean \"Adam\"?");
  says(R"({"stated.Adan.quadratic": 0.1})", "s.json: stated.Adan.quadratic: expected an object of options");
}

TEST_CASE("suites: changes, and what is stated") {
  Suite suite = read_suite(the_suite().document, "s.json", {"problems.xor.goal=0.25", "epochs=7"}, "optimizer=Adan,SGD");
  CHECK(suite.problems[3].goal == 0.25);
  for (const Problem& p : suite.problems) CHECK(p.setup.epochs == 7);
  CHECK(suite.vary.choices.size() == 2);
  suite.document.set("stated", Json::parse(R"({"Adan": {"*": {"lr": 1, "eps": 2}, "xor": {"lr": 3}, "quadratic": "too flat"}, "SGD": {"*": "no", "xor": {"lr": 1}}})"));
  CHECK(suite.stated("Adan", "xor") == Json::parse(R"({"lr": 3, "eps": 2})"));
  CHECK(suite.stated("Adan", "quadratic") == Json("too flat"));
  CHECK(suite.stated("SGD", "xor") == Json::parse(R"({"lr": 1})"));
  CHECK(suite.stated("SGD", "quadratic") == Json("no"));
  CHECK(suite.stated("Lion", "xor") == Json::object());
}
