// The results of `tare compare`: what is kept in compare.json and shown in its report.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace tare::cli {

/// One training run.
struct ComparedRun {
  int64_t seed = 0;
  std::vector<Json> epochs;   ///< as in metrics.jsonl
  double ms_per_step = 0;     ///< median
  double seconds = 0;
  int64_t peak_bytes = 0;     ///< of tensors, beyond the data
  std::string error;          ///< why it ended early; "" when it did not
  /// Test accuracy of the last epoch, or its test loss; none for a run that ended early.
  std::optional<double> score(bool accuracy) const;
};

/// One choice, or one combination of choices, with all its runs.
struct Choice {
  std::string name;
  Json config;           ///< the whole config, without the seed
  int64_t parameters = 0;
  std::vector<ComparedRun> runs;
};

struct Statistics {
  double mean = 0, std = 0;  ///< std: over n - 1
  int64_t n = 0;
};
Statistics statistics(const std::vector<double>& values);

struct Comparison {
  std::string problem;         ///< its name in a suite; "" where there is none
  std::optional<double> goal;  ///< of a suite's problem: the test loss to reach. The score is then the loss, also of classifiers
  double start = 0;            ///< with a goal: the test loss before the first step, the mean over the seeds
  std::vector<std::string> vary;  ///< as on the command line
  Json config;
  int64_t seeds = 0;
  std::vector<Choice> choices;
  std::vector<std::pair<std::string, std::string>> skipped;  ///< what does not fit, and why

  bool has_accuracy() const;
  /// Positions of choices, best first; those without a finished run last.
  std::vector<size_t> ranking() const;
  std::vector<double> scores(const Choice& c) const;

  Json to_json() const;
  /// Throws ConfigError for what is no comparison.
  static Comparison from_json(const Json& json, const std::string& path);
};

/// Curves of the best choices over the epochs, as HTML.
std::string curves_html(const Comparison& c);
/// The table of results, best first: as text, and as a page with curves.
std::string results_text(const Comparison& c);
void write_comparison_page(const std::string& file, const std::string& title, const Comparison& c);

}  // namespace tare::cli
