// What comparisons run: choices that were tried for a step, their training runs, and the table that shows them while they run.
#pragma once

#include <functional>
#include <string>

#include "core/data/catalogue.h"
#include "examples/cli/comparison.h"

namespace tare::cli {

double seconds_now();

/// The table of all choices, drawn over itself on a terminal; a line for each finished run where the output is piped.
class LiveTable {
 public:
  LiveTable();
  ~LiveTable() { erase(); }
  void running(const Comparison& c, size_t choice, int64_t seed, int64_t step, int64_t steps, double loss);
  void finished(const Comparison& c, const Choice& choice, const ComparedRun& r, int64_t done, int64_t all);
  void erase();

 private:
  bool terminal_;
  int drawn_ = 0;
  double last_ = 0;
};

struct RunSetup {
  std::string name;                     ///< of the config, for messages
  int threads = 0;                      ///< 0: as the config says
  const data::Splits* data = nullptr;   ///< null: read anew for each run
};

/// Adds a choice after one step with the config that `make` gives. What does not fit is a ConfigError, or, where `lenient`, left out with the reason.
void add_choice(Comparison& c, const RunSetup& setup, const std::string& label, bool lenient, const std::function<Json()>& make);

/// Takes over the runs of seeds first_seed .. first_seed + c.seeds - 1 that `before` has for the very same configs. Returns how many.
int64_t keep_runs(Comparison& c, const Comparison& before, int64_t first_seed);

/// Trains with every choice and seed that has no run yet: every choice once before any of them a second time. `done` of `all` counts up; `save` is called
/// after each run. Returns false when Ctrl-C ended it.
bool train_missing(Comparison& c, const RunSetup& setup, int64_t first_seed, LiveTable& table, int64_t& done, int64_t all, const std::function<void()>& save);

}  // namespace tare::cli
