#include "examples/cli/suite.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/data/catalogue.h"
#include "core/options.h"
#include "examples/cli/compare_runs.h"
#include "examples/cli/trainer.h"

namespace tare::cli {
namespace {

bool is_of_type(const Json& json, const char* name) {
  const Json* type = json.find("type");
  return type && type->is_string() && type->as_string() == name;
}

void check_keys(const Json& object, const std::string& path, const std::vector<std::string>& known) {
  for (auto& [key, value] : object.as_object(path))
    if (std::find(known.begin(), known.end(), key) == known.end()) unknown_key(path, key, known);
}

/// Puts each problem's whole config, with the changes of its "set", in the place of its file's name.
void inline_configs(Json& document, const std::string& file) {
  Json& problems = document["problems"];
  for (auto& [name, problem] : problems.as_object(file + ": problems")) {
    std::string path = text(file, ": problems.", name);
    check_keys(problem, path, {"config", "goal", "set"});
    Json config = problem.at("config", path);
    if (config.is_string()) config = Json::read_file((std::filesystem::path(file).parent_path() / config.as_string()).string());
    if (const Json* set = problem.find("set"))
      for (auto& [key, value] : set->as_object(path + ".set")) config.set_path(key, value);
    problem.set("config", config);
    problem.erase("set");
  }
}

/// Every name in "stated" is a choice and every name within it a problem: a slip of the pen is no silent default.
void check_stated(const Suite& suite, const Vary& whole) {
  const Json* stated = suite.document.find("stated");
  if (!stated) return;
  std::vector<std::string> choices, problems{"*"};
  for (const Json& c : whole.choices) choices.push_back(choice_name(c));
  for (const Problem& p : suite.problems) problems.push_back(p.name);
  std::string path = suite.file + ": stated";
  check_keys(*stated, path, choices);
  for (auto& [choice, by_problem] : stated->as_object(path)) {
    std::string at = path + "." + choice;
    check_keys(by_problem, at, problems);
    for (auto& [problem, what] : by_problem.as_object(at))
      check<ConfigError>(what.is_object() || what.is_string(), at, ".", problem, ": expected an object of options, or as a string why the problem is not asked, but found ", what.kind());
  }
}

}  // namespace

bool is_suite(const Json& document) { return is_of_type(document, "Suite"); }
bool is_suite_results(const Json& json) { return is_of_type(json, "SuiteComparison"); }

Json Suite::stated(const std::string& choice, const std::string& problem) const {
  Json out = Json::object();
  const Json* all = document.find("stated");
  const Json* own = all ? all->find(choice) : nullptr;
  if (!own) return out;
  for (const char* key : {"*", problem.c_str()})
    if (const Json* more = own->find(key)) {
      if (more->is_string() || out.is_string()) out = *more;  // what is said of one problem stands above what is said of all
      else for (auto& [option, value] : more->as_object()) out.set(option, value);
    }
  return out;
}

Suite read_suite(Json document, const std::string& file, const std::vector<std::string>& set, const std::string& vary) {
  Suite suite;
  suite.file = file;
  check_keys(document, file, {"type", "description", "vary", "problems", "stated"});
  document.at("problems", file);
  inline_configs(document, file);
  std::vector<std::string> of_configs;
  for (const std::string& s : set)
    if (s.starts_with("problems.") || s.starts_with("stated.")) apply_set(document, s);
    else of_configs.push_back(s);
  std::string own = document.at("vary", file).as_string(file + ": vary");
  Vary whole = parse_vary(own);
  suite.vary = vary.empty() ? whole : parse_vary(vary);
  check<ConfigError>(suite.vary.key == whole.key, "--vary ", vary, ": the suite ", file, " varies ", whole.key);
  for (auto& [name, problem] : document["problems"].as_object()) {
    std::string path = text(file, ": problems.", name);
    Problem p{name, problem.at("config", path), {}, problem.at("goal", path).as_double(path + ".goal")};
    for (const std::string& s : of_configs) apply_set(p.config, s);
    problem.set("config", p.config);
    p.setup = parse_config(p.config, path + ".config");
    suite.problems.push_back(std::move(p));
  }
  check<ConfigError>(!suite.problems.empty(), file, ": problems: expected at least one");
  suite.document = std::move(document);
  check_stated(suite, whole);
  return suite;
}

Comparison suite_comparison(const Suite& suite, const Problem& problem, int64_t seeds, int threads, const data::Splits& data) {
  Comparison c;
  c.problem = problem.name;
  c.goal = problem.goal;
  c.seeds = seeds;
  c.vary = {suite.vary.key};
  c.config = problem.config;
  std::string path = text(suite.file, ": problems.", problem.name);
  for (int64_t seed = problem.setup.seed; seed < problem.setup.seed + seeds; seed++) {
    TrainConfig config = problem.setup;
    config.seed = seed;
    if (threads > 0) config.threads = threads;
    c.start += Trainer(config, data).evaluate().loss / double(seeds);
  }
  check<ConfigError>(problem.goal < c.start, path, ".goal: ", problem.goal, " is reached without a step: the loss begins at ", c.start);
  RunSetup setup{path, threads, &data};
  Tensor x = data.train.get({0}).x;
  for (const Json& choice : suite.vary.choices) {
    std::string name = choice_name(choice);
    Json stated = suite.stated(name, problem.name);
    if (stated.is_string()) continue;
    add_choice(c, setup, name, suite.vary.all, [&] {
      Json document = problem.config, with = choice;
      if (const Json* set = stated.find("set")) {
        for (auto& [key, value] : set->as_object(path + ".set")) document.set_path(key, value);
        stated.erase("set");
      }
      if (with.is_string() && suite.vary.key == "optimizer") with = Json(Json::Object{{"type", choice}});  // its own defaults, not those of the config's
      for (auto& [key, value] : stated.as_object()) {
        check<ConfigError>(!with.is_null() && (with.is_string() || with.is_object()), suite.file, ": stated.", name, ": the choice has no options");
        if (with.is_string()) with = Json(Json::Object{{"type", choice}});
        with.set(key, value);
      }
      return apply_choice(document, suite.vary.key, with, x);
    });
  }
  return c;
}

const Comparison* SuiteResults::find(const std::string& problem) const {
  for (const Comparison& c : problems)
    if (c.problem == problem) return &c;
  return nullptr;
}

Json SuiteResults::to_json() const {
  Json j = Json::object();
  j.set("format", "tare/1");
  j.set("type", "SuiteComparison");
  j.set("vary", vary);
  j.set("seeds", seeds);
  j.set("suite", suite.document);
  Json::Array all;
  for (const Comparison& c : problems) all.push_back(c.to_json());
  j.set("problems", Json(std::move(all)));
  return j;
}

SuiteResults SuiteResults::from_json(const Json& json, const std::string& path) {
  SuiteResults r;
  r.suite.document = json.at("suite", path);
  r.vary = json.at("vary", path).as_string(path);
  r.seeds = json.at("seeds", path).as_int(path);
  for (auto& c : json.at("problems", path).as_array(path)) r.problems.push_back(Comparison::from_json(c, path));
  return r;
}

Outcome outcome(const SuiteResults& r, const Comparison& problem, const std::string& choice) {
  Outcome out;
  Json stated = r.suite.stated(choice, problem.problem);
  if (stated.is_string()) return out.kind = Outcome::not_asked, out.reason = stated.as_string(), out;
  for (auto& [key, value] : stated.as_object()) out.stated += text(out.stated.empty() ? "" : ", ", key, "=", value.is_object() ? choice_name(value) : value.dump(-1));
  for (auto& [name, reason] : problem.skipped)
    if (name == choice) return out.kind = Outcome::left_out, out.reason = reason, out;
  for (const Choice& c : problem.choices) {
    if (c.name != choice || c.runs.empty()) continue;
    for (const ComparedRun& run : c.runs) {
      std::optional<double> loss = run.score(false);
      out.runs++;
      out.hits += loss && *loss <= *problem.goal;
      out.loss += loss ? *loss / double(c.runs.size()) : NAN;
      if (!run.error.empty()) out.reason = run.error;
    }
    out.kind = out.hits == out.runs ? Outcome::reached : Outcome::failed;
  }
  return out;
}

}  // namespace tare::cli
