#include "examples/papers/experiment.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/error.h"
#include "core/random.h"

namespace tare::papers {
namespace {

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double* find(Measurement& m, const std::string& metric) {
  for (auto& [name, value] : m.values)
    if (name == metric) return &value;
  return nullptr;
}
const double* find(const Measurement& m, const std::string& metric) { return find(const_cast<Measurement&>(m), metric); }

void add_once(std::vector<std::string>& list, const std::string& name) {
  if (std::find(list.begin(), list.end(), name) == list.end()) list.push_back(name);
}

}  // namespace

std::vector<int64_t> Experiment::seeds(int64_t n) const {
  std::vector<int64_t> all;
  for (int64_t s = 0; s < (setup_.seeds ? setup_.seeds : n); s++) all.push_back(s);
  return all;
}

std::string Experiment::file(const std::string& name) const { return setup_.folder.empty() ? "" : setup_.folder + "/" + name; }

void Experiment::begin(const std::string& method, int64_t seed) {
  finish();
  measurements_.push_back({method, seed, {}, 0});
  if (setup_.progress) setup_.progress(method, seed);
  manual_seed(uint64_t(seed));
  started_ = seconds_now();
}

double Experiment::seconds() const { return started_ != 0 ? seconds_now() - started_ : 0; }

void Experiment::finish() {
  if (started_ != 0) measurements_.back().seconds = seconds();
  started_ = 0;
}

void Experiment::measure(const std::string& metric, double value) {
  check<StateError>(!measurements_.empty(), "Experiment: begin(method, seed) comes before measure(\"", metric, "\")");
  Measurement& m = measurements_.back();
  if (double* known = find(m, metric)) *known = value;
  else m.values.emplace_back(metric, value);
}

void Experiment::point(const std::string& title, double x, double y, const std::string& x_label) {
  check<StateError>(!measurements_.empty(), "Experiment: begin(method, seed) comes before point(\"", title, "\")");
  const Measurement& m = measurements_.back();
  std::string method = m.seed ? text(m.method, ", seed ", m.seed) : m.method;
  auto known = std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& t) { return t.title == title && t.method == method; });
  if (known == tracks_.end()) known = tracks_.insert(known, {title, method, x_label, {}, {}});
  known->x.push_back(x), known->y.push_back(y);
}

double Experiment::value(const std::string& method, const std::string& metric, int64_t seed) const {
  for (const Measurement& m : measurements_)
    if (m.method == method && m.seed == seed)
      if (const double* v = find(m, metric)) return *v;
  throw ValueError(text("Experiment: \"", metric, "\" of \"", method, "\" with seed ", seed, " was not measured"));
}

std::vector<double> Experiment::values(const std::string& method, const std::string& metric) const {
  std::vector<double> out;
  for (const Measurement& m : measurements_)
    if (m.method == method)
      if (const double* v = find(m, metric)) out.push_back(*v);
  check<ValueError>(!out.empty(), "Experiment: \"", metric, "\" of \"", method, "\" was not measured");
  return out;
}

double Experiment::mean(const std::string& method, const std::string& metric) const {
  double total = 0;
  std::vector<double> all = values(method, metric);
  for (double v : all) total += v;
  return total / double(all.size());
}

double Experiment::least_mean(const std::string& beginning, const std::string& metric) const {
  return best_mean(beginning, metric, HUGE_VAL, std::fmin);
}
double Experiment::greatest_mean(const std::string& beginning, const std::string& metric) const {
  return best_mean(beginning, metric, -HUGE_VAL, std::fmax);
}

double Experiment::best_mean(const std::string& beginning, const std::string& metric, double worst, double (*better)(double, double)) const {
  double best = worst;
  bool any = false;
  for (const std::string& method : methods())
    if (method.starts_with(beginning)) best = better(best, mean(method, metric)), any = true;
  check<ValueError>(any, "Experiment: no method begins with \"", beginning, "\"");
  return best;
}

bool Experiment::compare(std::string what, double measured, const char* relation, double bound) {
  std::string r = relation;
  bool holds = r == "<=" ? measured <= bound : r == ">=" ? measured >= bound : r == "<" ? measured < bound : measured > bound;
  comparisons_.push_back({std::move(what), measured, r, bound, holds});
  return holds;
}

bool Experiment::holds() const {
  return !comparisons_.empty() && std::all_of(comparisons_.begin(), comparisons_.end(), [](const Comparison& c) { return c.holds; });
}

std::vector<std::string> Experiment::metrics() const {
  std::vector<std::string> all;
  for (const Measurement& m : measurements_)
    for (auto& [name, value] : m.values) add_once(all, name);
  return all;
}

std::vector<std::string> Experiment::methods() const {
  std::vector<std::string> all;
  for (const Measurement& m : measurements_) add_once(all, m.method);
  return all;
}

Json Experiment::to_json() const {
  Json::Array rows, comparisons, notes;
  for (const Measurement& m : measurements_) {
    Json row = Json::object(), values = Json::object();
    for (auto& [name, value] : m.values) values.set(name, value);
    row.set("method", m.method);
    row.set("seed", m.seed);
    row.set("values", values);
    row.set("seconds", m.seconds);
    rows.push_back(row);
  }
  for (const Comparison& c : comparisons_) {
    Json j = Json::object();
    j.set("what", c.what);
    j.set("measured", c.measured);
    j.set("relation", c.relation);
    j.set("bound", c.bound);
    j.set("holds", c.holds);
    comparisons.push_back(j);
  }
  for (const std::string& n : notes_) notes.emplace_back(n);
  Json j = Json::object();
  j.set("rule", rule_);
  j.set("measurements", Json(rows));
  j.set("comparisons", Json(comparisons));
  j.set("notes", Json(notes));
  return j;
}

}  // namespace tare::papers
