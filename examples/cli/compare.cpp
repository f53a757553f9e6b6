// tare compare: trains one config, or those of a suite, with each of several choices and seeds; writes compare.json and report.html.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "cli.h"
#include "examples/cli/compare_runs.h"
#include "examples/cli/interrupt.h"
#include "examples/cli/output.h"
#include "examples/cli/page.h"
#include "examples/cli/suite.h"
#include "examples/cli/trainer.h"
#include "examples/cli/vary.h"

namespace tare::cli {
namespace {

namespace fs = std::filesystem;

std::string title_of(const CompareOptions& o, const std::string& out) {
  return o.config.empty() ? fs::path(out).lexically_normal().filename().string() : fs::path(o.config).stem().string();
}

int stopped(int64_t done, int64_t all, const std::string& out) {
  std::printf("interrupted; %lld of %lld runs are finished and kept. Continue with: tare compare --resume %s\n", static_cast<long long>(done), static_cast<long long>(all),
              out.c_str());
  return kInterruptedExit;
}

/// The choices of all keys combined.
void make_choices(Comparison& c, const RunSetup& setup) {
  std::vector<Vary> keys;
  for (const std::string& v : c.vary) keys.push_back(parse_vary(v));
  std::vector<size_t> at(keys.size(), 0);
  for (bool more = true; more;) {
    std::string label;
    bool lenient = false;
    for (size_t k = 0; k < keys.size(); k++) {
      std::string choice = choice_name(keys[k].choices[at[k]]);
      bool plain = keys[k].key == "norm" || keys[k].key == "activation" || keys[k].key == "reparam" || keys[k].key == "optimizer";
      label += text(k ? ", " : "", plain ? choice : text(keys[k].key, "=", choice));
      lenient = lenient || keys[k].all;
    }
    add_choice(c, setup, label, lenient, [&] {
      Json document = c.config;
      for (size_t k = 0; k < keys.size(); k++) {
        data::Splits own = setup.data ? *setup.data : data::build_splits(parse_config(document, setup.name).data, "data");
        document = apply_choice(document, keys[k].key, keys[k].choices[at[k]], own.train.get({0, 1}).x);
      }
      return document;
    });
    more = false;
    for (size_t k = keys.size(); k-- > 0 && !more;) {
      at[k] = (at[k] + 1) % keys[k].choices.size();
      more = at[k] != 0;
    }
  }
  check<ConfigError>(!c.choices.empty(), "compare: none of the choices fits the model");
}

int compare_suite(const CompareOptions& o, Json document, const std::string& name, const SuiteResults& before, const std::string& out) {
  std::string file = path_in(out, "compare.json");
  check<ConfigError>(o.vary.size() <= 1, "compare: a suite varies one key");
  SuiteResults results;
  results.vary = o.vary.empty() ? before.vary : o.vary[0];
  Suite suite = read_suite(std::move(document), name, o.set, results.vary);
  results.seeds = o.seeds > 0 ? o.seeds : before.seeds > 0 ? before.seeds : 3;
  make_output_folder(out);
  int64_t all = 0, done = 0;
  std::vector<data::Splits> data;
  for (const Problem& p : suite.problems) {
    data.push_back(data::build_splits(p.setup.data, text(suite.file, ": problems.", p.name, ".config.data")));
    Comparison c = suite_comparison(suite, p, results.seeds, o.threads, data.back());
    if (const Comparison* old = before.find(p.name)) done += keep_runs(c, *old, p.setup.seed);
    all += int64_t(c.choices.size()) * c.seeds;
    std::printf("%s: from %s to %s, %zu choices\n", p.name.c_str(), short_number(c.start).c_str(), short_number(*c.goal).c_str(), c.choices.size());
    std::fflush(stdout);
    results.problems.push_back(std::move(c));
  }
  results.suite = std::move(suite);
  std::printf("%lld runs of each%s\n", static_cast<long long>(results.seeds), done ? text("; ", done, " are there already").c_str() : "");

  InterruptScope interrupt;
  LiveTable table;
  double saved = seconds_now();
  auto save = [&] {  // thousands of runs of milliseconds: not each is worth a write of all
    if (seconds_now() - saved < 5) return;
    results.to_json().write_file(file);
    saved = seconds_now();
  };
  bool whole = true;
  for (size_t i = 0; i < results.problems.size() && whole; i++) {
    const Problem& p = results.suite.problems[i];
    whole = train_missing(results.problems[i], {results.suite.file, o.threads, &data[i]}, p.setup.seed, table, done, all, save);
  }
  results.to_json().write_file(file);
  if (!whole) return stopped(done, all, out);
  std::string title = title_of(o, out);
  write_suite_page(path_in(out, "report.html"), title, results);
  write_suite_summary(path_in(out, "summary.md"), title, results);
  std::printf("\n%s\nwritten to %s: compare.json, report.html, summary.md\n", suite_text(results).c_str(), out.c_str());
  return 0;
}

}  // namespace

int run_compare(const CompareOptions& o) {
  bool resuming = !o.resume.empty();
  check<ConfigError>(!resuming || o.out.empty(), "compare: --resume names the folder of the comparison; --out would name another");
  std::string out = resuming ? o.resume : output_folder(o.out, o.config, "-compare"), file = path_in(out, "compare.json");
  check<ConfigError>(resuming || !o.config.empty(), "compare: name a config, or a folder to --resume");
  Json finished = resuming ? Json::read_file(file) : Json(), document = o.config.empty() ? Json() : Json::read_file(o.config);
  std::string name = o.config.empty() ? file : o.config;
  if (is_suite(document) || (document.is_null() && is_suite_results(finished))) {
    SuiteResults before;
    if (resuming) before = SuiteResults::from_json(finished, file);
    if (document.is_null()) document = before.suite.document;
    return compare_suite(o, std::move(document), name, before, out);
  }
  Comparison before;
  if (resuming) before = Comparison::from_json(finished, file);

  Comparison c;
  c.vary = o.vary.empty() ? before.vary : o.vary;
  check<ConfigError>(!c.vary.empty(), "compare: say what to --vary, for example norm=BatchNorm2d,LayerNorm,GroupNorm");
  c.seeds = o.seeds > 0 ? o.seeds : resuming ? before.seeds : 3;
  c.config = o.config.empty() ? before.config : document;
  for (const std::string& s : o.set) apply_set(c.config, s);
  TrainConfig base = parse_config(c.config, name);
  bool same_data = std::none_of(c.vary.begin(), c.vary.end(), [](const std::string& v) { return v.starts_with("data") || v.starts_with("seed"); });
  std::optional<data::Splits> splits;
  if (same_data) splits = data::build_splits(base.data, "data");
  RunSetup setup{name, o.threads, splits ? &*splits : nullptr};
  make_choices(c, setup);
  make_output_folder(out);

  int64_t all = int64_t(c.choices.size()) * c.seeds, done = keep_runs(c, before, base.seed);
  std::printf("%zu choices, %lld runs of each%s\n", c.choices.size(), static_cast<long long>(c.seeds), done ? text("; ", done, " are there already").c_str() : "");
  for (auto& [skipped, reason] : c.skipped) std::printf("left out: %s: %s\n", skipped.c_str(), reason.c_str());

  InterruptScope interrupt;
  LiveTable table;
  bool whole = train_missing(c, setup, base.seed, table, done, all, [&] { c.to_json().write_file(file); });
  c.to_json().write_file(file);
  if (!whole) return stopped(done, all, out);
  write_comparison_page(path_in(out, "report.html"), title_of(o, out), c);
  std::printf("\n%s\nwritten to %s: compare.json, report.html\n", results_text(c).c_str(), out.c_str());
  return 0;
}

}  // namespace tare::cli
