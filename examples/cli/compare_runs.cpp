#include "examples/cli/compare_runs.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "core/allocator.h"
#include "examples/cli/interrupt.h"
#include "examples/cli/page.h"
#include "examples/cli/text_table.h"
#include "examples/cli/trainer.h"

namespace tare::cli {

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

LiveTable::LiveTable() : terminal_(isatty(STDOUT_FILENO) != 0) {}

void LiveTable::running(const Comparison& c, size_t choice, int64_t seed, int64_t step, int64_t steps, double loss) {
  double now = seconds_now();
  if (!terminal_ || now - last_ < 0.2) return;
  last_ = now;
  winsize size{};
  int lines = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 6 ? size.ws_row - 3 : 20;
  std::vector<std::vector<std::string>> rows;
  size_t first = size_t(std::max(0, std::min(int(choice) - lines / 2, int(c.choices.size()) - lines)));
  for (size_t i = first; i < std::min(c.choices.size(), first + size_t(lines)); i++) {
    const Choice& at = c.choices[i];
    Statistics s = statistics(c.scores(at));
    std::string score = s.n == 0 ? "" : c.has_accuracy() ? percent_text(s.mean) : short_number(s.mean);
    rows.push_back({at.name, score, s.n > 1 ? text("± ", c.has_accuracy() ? percent_text(s.std) : short_number(s.std)) : "", text(at.runs.size(), "/", c.seeds),
                    i == choice ? text("seed ", seed, "  ", step * 100 / std::max<int64_t>(1, steps), "%  loss ", short_number(loss)) : ""});
  }
  std::string table = text_table({"choice", c.has_accuracy() ? "test accuracy" : "score", "", "runs", ""}, rows);
  erase();
  std::fputs(table.c_str(), stdout);
  std::fflush(stdout);
  drawn_ = int(std::count(table.begin(), table.end(), '\n'));
}

void LiveTable::finished(const Comparison& c, const Choice& choice, const ComparedRun& r, int64_t done, int64_t all) {
  erase();
  auto score = r.score(c.has_accuracy());
  std::string result = !r.error.empty() ? r.error
                       : !score         ? std::string("no epoch was finished")
                       : c.has_accuracy() ? text("test accuracy ", percent_text(*score))
                                          : text("test loss ", short_number(*score));
  std::printf("[%lld/%lld] %s%s, seed %lld: %s, %s ms a step, %s s\n", static_cast<long long>(done), static_cast<long long>(all),
              c.problem.empty() ? "" : text(c.problem, ": ").c_str(), choice.name.c_str(),
              static_cast<long long>(r.seed), result.c_str(), short_number(r.ms_per_step).c_str(), short_number(r.seconds).c_str());
  std::fflush(stdout);
}

void LiveTable::erase() {
  if (drawn_) std::printf("\033[%dA\033[J", drawn_);
  drawn_ = 0;
}

namespace {

Json with_seed(Json document, int64_t seed) {
  document.set("seed", seed);
  return document;
}

/// One run; false when Ctrl-C ended it.
bool train_one(Comparison& c, size_t choice, ComparedRun& run, const RunSetup& setup, LiveTable& table) {
  TrainConfig config = parse_config(with_seed(c.choices[choice].config, run.seed), setup.name);
  if (setup.threads > 0) config.threads = setup.threads;
  const data::Splits data = setup.data ? *setup.data : data::build_splits(config.data, "data");
  int64_t before = memory_stats().live_bytes, peak = 0;
  reset_peak_memory();
  double start = seconds_now(), last = start;
  std::vector<double> times;
  Trainer trainer(config, data);
  bool whole = true;
  try {
    whole = trainer.run(
        [&](double loss) {
          double now = seconds_now();
          times.push_back(now - last);
          peak = std::max(peak, memory_stats().peak_bytes);
          table.running(c, choice, run.seed, trainer.steps_done(), trainer.total_steps(), loss);
          last = seconds_now();
          return !interrupted();
        },
        [&](const EpochResult& r, bool) {
          run.epochs.push_back(r.to_json());
          reset_peak_memory();  // of evaluating, with its larger batches
          last = seconds_now();
        });
  } catch (const Error& e) {  // a run that diverges or that its optimizer cannot go on with; the others go on
    run.error = e.what();
  }
  run.seconds = seconds_now() - start;
  run.peak_bytes = std::max<int64_t>(0, peak - before);
  if (!times.empty()) {
    std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
    run.ms_per_step = times[times.size() / 2] * 1e3;
  }
  return whole;
}

}  // namespace

void add_choice(Comparison& c, const RunSetup& setup, const std::string& label, bool lenient, const std::function<Json()>& make) {
  try {
    Json document = make();
    TrainConfig config = parse_config(document, setup.name);
    if (setup.threads > 0) config.threads = setup.threads;
    Trainer trial = setup.data ? Trainer(config, *setup.data) : Trainer(config);
    trial.optimize(trial.next_batch());
    c.choices.push_back({label, document, trial.model().num_parameters(), {}});
  } catch (const Error& e) {
    if (!lenient) throw ConfigError(text("compare: ", label, ": ", e.what()));
    c.skipped.emplace_back(label, e.what());
  }
}

int64_t keep_runs(Comparison& c, const Comparison& before, int64_t first_seed) {
  int64_t kept = 0;
  for (Choice& choice : c.choices)
    for (const Choice& old : before.choices)
      if (old.config == choice.config)
        for (const ComparedRun& r : old.runs)
          if (r.seed >= first_seed && r.seed < first_seed + c.seeds) choice.runs.push_back(r), kept++;
  return kept;
}

bool train_missing(Comparison& c, const RunSetup& setup, int64_t first_seed, LiveTable& table, int64_t& done, int64_t all, const std::function<void()>& save) {
  for (int64_t seed = first_seed; seed < first_seed + c.seeds; seed++)
    for (size_t i = 0; i < c.choices.size(); i++) {
      Choice& choice = c.choices[i];
      if (std::any_of(choice.runs.begin(), choice.runs.end(), [&](const ComparedRun& r) { return r.seed == seed; })) continue;
      ComparedRun run;
      run.seed = seed;
      if (interrupted() || !train_one(c, i, run, setup, table)) return table.erase(), false;
      choice.runs.push_back(run);
      save();
      table.finished(c, choice, run, ++done, all);
    }
  table.erase();
  return true;
}

}  // namespace tare::cli
