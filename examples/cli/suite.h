// Suites of problems with goals, for `tare compare SUITE.json`: each problem is a training config and a test loss to reach; one thing is varied, and
// every choice runs from its defaults unless the suite states options for it.
//
//   {"type": "Suite", "vary": "optimizer=all",
//    "problems": {"xor": {"config": "train/xor.json", "goal": 0.1, "set": {"epochs": 200}}},
//    "stated": {"SGD": {"xor": {"lr": 0.3}}, "Gravity": {"*": {"alpha": 0.1}, "rosenbrock": "why it is not asked"}}}
//
// "config" is an object or a file, by its path from the suite's folder; "set" changes it by path, as --set does. "stated" has, by choice and problem ("*":
// every problem), the options that differ from the choice's defaults, among them "set" for changes of the config, or, as a string, the reason why the choice
// is not asked to solve the problem.
#pragma once

#include <string>
#include <vector>

#include "examples/cli/comparison.h"
#include "examples/cli/config.h"
#include "examples/cli/vary.h"

namespace tare::data {
struct Splits;
}

namespace tare::cli {

struct Problem {
  std::string name;
  Json config;
  TrainConfig setup;  ///< the config, read
  double goal = 0;
};

struct Suite {
  std::string file;  ///< for messages
  Json document;     ///< with every config in place of its file's name
  Vary vary;
  std::vector<Problem> problems;
  /// What is stated for a choice: an object of options, empty for the defaults, or a string, why the problem is not asked of it.
  Json stated(const std::string& choice, const std::string& problem) const;
};

bool is_suite(const Json& document);
/// `set`: "problems.NAME.goal=0.1" and the like change the suite, everything else each problem's config. `vary`, unless empty, stands in for the suite's own.
/// Throws ConfigError, naming the file and the key.
Suite read_suite(Json document, const std::string& file, const std::vector<std::string>& set = {}, const std::string& vary = "");
/// The problem's choices, each tried for a step, and the loss at the start. Throws ConfigError for a goal that the start reaches already.
Comparison suite_comparison(const Suite& suite, const Problem& problem, int64_t seeds, int threads, const data::Splits& data);

struct SuiteResults {
  Suite suite;
  std::string vary;  ///< as on the command line; "" for the suite's own
  int64_t seeds = 0;
  std::vector<Comparison> problems;

  const Comparison* find(const std::string& problem) const;
  Json to_json() const;
  static SuiteResults from_json(const Json& json, const std::string& path);
};
bool is_suite_results(const Json& json);

/// How a choice did on a problem.
struct Outcome {
  enum { absent, not_asked, left_out, failed, reached } kind = absent;
  double loss = 0;      ///< the mean over the runs; NaN when one ended early
  int64_t hits = 0, runs = 0;
  std::string stated;   ///< the options: "lr=0.1"; "" for the defaults
  std::string reason;   ///< why it is not asked, is left out or ended early
};
Outcome outcome(const SuiteResults& r, const Comparison& problem, const std::string& choice);

std::string suite_text(const SuiteResults& r);
void write_suite_summary(const std::string& file, const std::string& title, const SuiteResults& r);  ///< Markdown
void write_suite_page(const std::string& file, const std::string& title, const SuiteResults& r);

}  // namespace tare::cli
