// tare compare: trains one config with each of several choices and seeds; writes compare.json and report.html.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "cli.h"
#include "core/allocator.h"
#include "core/parallel.h"
#include "examples/cli/comparison.h"
#include "examples/cli/interrupt.h"
#include "examples/cli/output.h"
#include "examples/cli/page.h"
#include "examples/cli/text_table.h"
#include "examples/cli/trainer.h"
#include "examples/cli/vary.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// The table of all choices, drawn over itself on a terminal; a line for each finished run where the output is piped.
class LiveTable {
 public:
  LiveTable() : terminal_(isatty(STDOUT_FILENO) != 0) {}
  ~LiveTable() { erase(); }

  void running(const Comparison& c, size_t choice, int64_t seed, int64_t step, int64_t steps, double loss) {
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

  void finished(const Comparison& c, const Choice& choice, const ComparedRun& r, int64_t done, int64_t all) {
    erase();
    auto score = r.score(c.has_accuracy());
    std::string result = !r.error.empty() ? r.error
                         : !score         ? std::string("no epoch was finished")
                         : c.has_accuracy() ? text("test accuracy ", percent_text(*score))
                                            : text("test loss ", short_number(*score));
    std::printf("[%lld/%lld] %s, seed %lld: %s, %s ms a step, %s s\n", static_cast<long long>(done), static_cast<long long>(all), choice.name.c_str(),
                static_cast<long long>(r.seed), result.c_str(), short_number(r.ms_per_step).c_str(), short_number(r.seconds).c_str());
    std::fflush(stdout);
  }

  void erase() {
    if (drawn_) std::printf("\033[%dA\033[J", drawn_);
    drawn_ = 0;
  }

 private:
  bool terminal_;
  int drawn_ = 0;
  double last_ = 0;
};

Json with_seed(Json document, int64_t seed) {
  document.set("seed", seed);
  return document;
}

/// The choices of all keys combined, each tried for a step: what does not fit is an error, or left out where "all" was asked for.
void make_choices(Comparison& c, const std::string& name, int threads, const data::Splits* data) {
  std::vector<Vary> keys;
  for (const std::string& v : c.vary) keys.push_back(parse_vary(v));
  std::vector<size_t> at(keys.size(), 0);
  for (bool more = true; more;) {
    std::string label;
    bool lenient = false;
    Json document = c.config;
    for (size_t k = 0; k < keys.size(); k++) {
      std::string choice = choice_name(keys[k].choices[at[k]]);
      bool plain = keys[k].key == "norm" || keys[k].key == "activation" || keys[k].key == "reparam" || keys[k].key == "optimizer";
      label += text(k ? ", " : "", plain ? choice : text(keys[k].key, "=", choice));
      lenient = lenient || keys[k].all;
    }
    try {
      for (size_t k = 0; k < keys.size(); k++) {
        data::Splits own = data ? *data : data::build_splits(parse_config(document, name).data, "data");
        document = apply_choice(document, keys[k].key, keys[k].choices[at[k]], own.train.get({0, 1}).x);
      }
      TrainConfig config = parse_config(document, name);
      if (threads > 0) config.threads = threads;
      Trainer trial = data ? Trainer(config, *data) : Trainer(config);
      trial.optimize(trial.next_batch());
      c.choices.push_back({label, document, trial.model().num_parameters(), {}});
    } catch (const Error& e) {
      if (!lenient) throw ConfigError(text("compare: ", label, ": ", e.what()));
      c.skipped.emplace_back(label, e.what());
    }
    more = false;
    for (size_t k = keys.size(); k-- > 0 && !more;) {
      at[k] = (at[k] + 1) % keys[k].choices.size();
      more = at[k] != 0;
    }
  }
  check<ConfigError>(!c.choices.empty(), "compare: none of the choices fits the model");
}

/// One run; false when Ctrl-C ended it.
bool train_one(Comparison& c, size_t choice, ComparedRun& run, const std::string& name, int threads, const data::Splits* data, LiveTable& table) {
  TrainConfig config = parse_config(with_seed(c.choices[choice].config, run.seed), name);
  if (threads > 0) config.threads = threads;
  std::optional<data::Splits> own;
  if (!data) own = data::build_splits(config.data, "data"), data = &*own;
  int64_t before = memory_stats().live_bytes, peak = 0;
  reset_peak_memory();
  double start = seconds_now(), last = start;
  std::vector<double> times;
  Trainer trainer(config, *data);
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
  } catch (const DivergedError& e) {
    run.error = e.what();
  } catch (const LinAlgError& e) {
    run.error = e.what();
  } catch (const ValueError& e) {  // an optimizer that names a loss or a gradient that is not finite
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

int run_compare(const CompareOptions& o) {
  bool resuming = !o.resume.empty();
  check<ConfigError>(!resuming || o.out.empty(), "compare: --resume names the folder of the comparison; --out would name another");
  std::string out = resuming ? o.resume : output_folder(o.out, o.config, "-compare"), file = path_in(out, "compare.json");
  Comparison before;
  if (resuming) before = Comparison::from_json(Json::read_file(file), file);
  check<ConfigError>(resuming || !o.config.empty(), "compare: name a config, or a folder to --resume");

  Comparison c;
  c.vary = o.vary.empty() ? before.vary : o.vary;
  check<ConfigError>(!c.vary.empty(), "compare: say what to --vary, for example norm=BatchNorm2d,LayerNorm,GroupNorm");
  c.seeds = o.seeds > 0 ? o.seeds : resuming ? before.seeds : 3;
  std::string name = o.config.empty() ? file : o.config;
  c.config = o.config.empty() ? before.config : Json::read_file(o.config);
  for (const std::string& s : o.set) apply_set(c.config, s);
  TrainConfig base = parse_config(c.config, name);
  bool same_data = std::none_of(c.vary.begin(), c.vary.end(), [](const std::string& v) { return v.starts_with("data") || v.starts_with("seed"); });
  std::optional<data::Splits> splits;
  if (same_data) splits = data::build_splits(base.data, "data");
  const data::Splits* data = splits ? &*splits : nullptr;
  make_choices(c, name, o.threads, data);
  make_output_folder(out);

  // Runs that were finished with the very same config are kept.
  int64_t all = int64_t(c.choices.size()) * c.seeds, done = 0;
  for (Choice& choice : c.choices)
    for (const Choice& old : before.choices)
      if (old.config == choice.config)
        for (const ComparedRun& r : old.runs)
          if (r.seed >= base.seed && r.seed < base.seed + c.seeds) choice.runs.push_back(r), done++;
  std::printf("%zu choices, %lld runs of each%s\n", c.choices.size(), static_cast<long long>(c.seeds), done ? text("; ", done, " are there already").c_str() : "");
  for (auto& [skipped, reason] : c.skipped) std::printf("left out: %s: %s\n", skipped.c_str(), reason.c_str());

  InterruptScope interrupt;
  LiveTable table;
  for (int64_t seed = base.seed; seed < base.seed + c.seeds; seed++)  // every choice once before any of them a second time
    for (size_t i = 0; i < c.choices.size(); i++) {
      Choice& choice = c.choices[i];
      if (std::any_of(choice.runs.begin(), choice.runs.end(), [&](const ComparedRun& r) { return r.seed == seed; })) continue;
      ComparedRun run;
      run.seed = seed;
      bool whole = !interrupted() && train_one(c, i, run, name, o.threads, data, table);
      if (!whole) {
        table.erase();
        c.to_json().write_file(file);
        std::printf("interrupted; %lld of %lld runs are finished and kept. Continue with: tare compare --resume %s\n", static_cast<long long>(done), static_cast<long long>(all),
                    out.c_str());
        return kInterruptedExit;
      }
      choice.runs.push_back(run);
      c.to_json().write_file(file);
      table.finished(c, choice, run, ++done, all);
    }
  table.erase();
  c.to_json().write_file(file);
  write_comparison_page(path_in(out, "report.html"), o.config.empty() ? fs::path(out).lexically_normal().filename().string() : fs::path(o.config).stem().string(), c);
  std::printf("\n%s\nwritten to %s: compare.json, report.html\n", results_text(c).c_str(), out.c_str());
  return 0;
}

}  // namespace tare::cli
