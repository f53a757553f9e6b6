#include "examples/cli/comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "examples/cli/page.h"
#include "examples/cli/text_table.h"

namespace tare::cli {
namespace {

constexpr size_t kCurves = 8;  // a chart shows the best choices; more curves than hues cannot be told apart

std::optional<double> number(const Json& epoch, const char* key) {
  const Json* v = epoch.find(key);
  if (!v || v->is_null()) return {};
  return v->as_double();
}

std::string spread_text(const Statistics& s, bool percent) {
  if (s.n == 0) return "";
  std::string mean = percent ? percent_text(s.mean) : short_number(s.mean);
  char std[32];
  std::snprintf(std, sizeof std, "%.2g", s.std);
  return s.n == 1 ? mean : text(mean, " ± ", percent ? percent_text(s.std) : std);
}

struct Costs {
  std::vector<double> ms, seconds, peak, train_loss, test_loss;
  std::string failure;
  int64_t failed = 0;
};
Costs costs_of(const Choice& c) {
  Costs out;
  for (const ComparedRun& r : c.runs) {
    if (!r.error.empty()) {
      out.failed++;
      out.failure = r.error;
      continue;
    }
    out.ms.push_back(r.ms_per_step), out.seconds.push_back(r.seconds), out.peak.push_back(double(r.peak_bytes));
    if (r.epochs.empty()) continue;
    if (auto v = number(r.epochs.back(), "train_loss")) out.train_loss.push_back(*v);
    if (auto v = number(r.epochs.back(), "test_loss")) out.test_loss.push_back(*v);
  }
  return out;
}

std::vector<std::string> result_head(bool accuracy) {
  std::vector<std::string> head{"choice"};
  if (accuracy) head.push_back("test accuracy");
  for (const char* h : {"test loss", "training loss", "ms a step", "seconds", "peak memory", "parameters", "runs"}) head.push_back(h);
  return head;
}

std::vector<std::string> result_cells(const Comparison& comparison, const Choice& c) {
  Costs costs = costs_of(c);
  auto mean = [](const std::vector<double>& v, auto show) { return v.empty() ? std::string() : show(statistics(v).mean); };
  std::vector<std::string> row{c.name};
  if (comparison.has_accuracy()) row.push_back(spread_text(statistics(comparison.scores(c)), true));
  row.push_back(spread_text(statistics(costs.test_loss), false));
  row.push_back(mean(costs.train_loss, short_number));
  row.push_back(mean(costs.ms, short_number));
  row.push_back(mean(costs.seconds, short_number));
  row.push_back(mean(costs.peak, [](double v) { return with_prefix(v, "B"); }));
  row.push_back(with_prefix(double(c.parameters), ""));
  row.push_back(costs.failed ? text(costs.ms.size(), ", ", costs.failed, " failed") : text(costs.ms.size()));
  return row;
}

/// Mean over the runs of each epoch, with the least and the greatest as a band.
Curve mean_curve(const Choice& c, const char* key) {
  Curve out;
  out.name = c.name;
  for (size_t e = 0;; e++) {
    std::vector<double> values;
    double epoch = 0;
    for (const ComparedRun& r : c.runs)
      if (e < r.epochs.size())
        if (auto v = number(r.epochs[e], key); v && std::isfinite(*v)) values.push_back(*v), epoch = r.epochs[e].at("epoch").as_double();
    if (values.empty()) break;
    out.x.push_back(epoch), out.y.push_back(statistics(values).mean);
    auto [low, high] = std::minmax_element(values.begin(), values.end());
    out.low.push_back(*low), out.high.push_back(*high);
  }
  if (c.runs.size() < 2) out.low.clear(), out.high.clear();
  return out;
}

}  // namespace

std::optional<double> ComparedRun::score(bool accuracy) const {
  if (!error.empty() || epochs.empty()) return {};
  return number(epochs.back(), accuracy ? "test_accuracy" : "test_loss");
}

Statistics statistics(const std::vector<double>& values) {
  Statistics s;
  s.n = int64_t(values.size());
  if (s.n == 0) return s;
  for (double v : values) s.mean += v / double(s.n);
  for (double v : values) s.std += (v - s.mean) * (v - s.mean);
  s.std = s.n > 1 ? std::sqrt(s.std / double(s.n - 1)) : 0;
  return s;
}

bool Comparison::has_accuracy() const {
  if (goal) return false;
  for (const Choice& c : choices)
    for (const ComparedRun& r : c.runs)
      if (r.score(true)) return true;
  return false;
}

std::vector<double> Comparison::scores(const Choice& c) const {
  std::vector<double> out;
  bool accuracy = has_accuracy();
  for (const ComparedRun& r : c.runs)
    if (auto v = r.score(accuracy)) out.push_back(*v);
  return out;
}

std::vector<size_t> Comparison::ranking() const {
  double sign = has_accuracy() ? 1 : -1;
  std::vector<double> value;
  std::vector<size_t> order;
  for (const Choice& c : choices) {
    Statistics s = statistics(scores(c));
    value.push_back(s.n ? sign * s.mean : -INFINITY);
    order.push_back(order.size());
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return value[a] > value[b]; });
  return order;
}

Json Comparison::to_json() const {
  auto strings = [](const std::vector<std::string>& list) {
    Json::Array out;
    for (auto& s : list) out.emplace_back(s);
    return Json(out);
  };
  bool accuracy = has_accuracy();
  Json::Array all, left_out;
  for (const Choice& c : choices) {
    Json::Array runs;
    for (const ComparedRun& r : c.runs) {
      Json run = Json::object();
      run.set("seed", r.seed);
      run.set("ms_per_step", r.ms_per_step);
      run.set("seconds", r.seconds);
      run.set("peak_bytes", r.peak_bytes);
      if (!r.error.empty()) run.set("error", r.error);
      run.set("epochs", Json(Json::Array(r.epochs.begin(), r.epochs.end())));
      runs.push_back(run);
    }
    Statistics s = statistics(scores(c));
    Json score = Json::object();
    score.set("mean", s.n ? Json(s.mean) : Json());
    score.set("std", s.n > 1 ? Json(s.std) : Json());
    score.set("n", s.n);
    Json j = Json::object();
    j.set("name", c.name);
    j.set("parameters", c.parameters);
    j.set(accuracy ? "test_accuracy" : "test_loss", score);
    j.set("runs", Json(runs));
    j.set("config", c.config);
    all.push_back(j);
  }
  for (auto& [name, reason] : skipped) {
    Json j = Json::object();
    j.set("name", name);
    j.set("reason", reason);
    left_out.push_back(j);
  }
  Json j = Json::object();
  j.set("format", "tare/1");
  j.set("type", "Comparison");
  if (goal) {
    j.set("problem", problem);
    j.set("goal", *goal);
    j.set("start", start);
  }
  j.set("vary", strings(vary));
  j.set("seeds", seeds);
  j.set("choices", Json(all));
  j.set("skipped", Json(left_out));
  j.set("config", config);
  return j;
}

Comparison Comparison::from_json(const Json& json, const std::string& path) {
  const Json* type = json.find("type");
  check<ConfigError>(type && type->is_string() && type->as_string() == "Comparison", path, ": this is not what tare compare writes");
  Comparison c;
  if (const Json* goal = json.find("goal")) {
    c.goal = goal->as_double(path);
    c.problem = json.at("problem", path).as_string(path);
    c.start = json.at("start", path).as_double(path);
  }
  for (auto& v : json.at("vary", path).as_array(path)) c.vary.push_back(v.as_string(path));
  c.seeds = json.at("seeds", path).as_int(path);
  c.config = json.at("config", path);
  for (auto& j : json.at("choices", path).as_array(path)) {
    Choice choice;
    choice.name = j.at("name", path).as_string(path);
    choice.config = j.at("config", path);
    choice.parameters = j.at("parameters", path).as_int(path);
    for (auto& r : j.at("runs", path).as_array(path)) {
      ComparedRun run;
      run.seed = r.at("seed", path).as_int(path);
      run.ms_per_step = r.at("ms_per_step", path).as_double(path);
      run.seconds = r.at("seconds", path).as_double(path);
      run.peak_bytes = r.at("peak_bytes", path).as_int(path);
      if (const Json* error = r.find("error")) run.error = error->as_string(path);
      for (auto& e : r.at("epochs", path).as_array(path)) run.epochs.push_back(e);
      choice.runs.push_back(std::move(run));
    }
    c.choices.push_back(std::move(choice));
  }
  return c;
}

std::string results_text(const Comparison& c) {
  std::vector<std::vector<std::string>> rows;
  for (size_t i : c.ranking()) rows.push_back(result_cells(c, c.choices[i]));
  std::string out = text_table(result_head(c.has_accuracy()), rows);
  for (const Choice& choice : c.choices)
    for (const ComparedRun& r : choice.runs)
      if (!r.error.empty()) out += text(choice.name, ", seed ", r.seed, ": ", r.error, "\n");
  for (auto& [name, reason] : c.skipped) out += text("left out: ", name, ": ", reason, "\n");
  return out;
}

std::string curves_html(const Comparison& c) {
  std::vector<size_t> order = c.ranking();
  std::string figures = "<div class=\"two\">", of = order.size() > kCurves ? text(", the best ", kCurves, " of ", order.size()) : std::string();
  for (auto [key, name, percent] : {std::tuple("test_accuracy", "Test accuracy", true), {"test_loss", "Test loss", false}, {"train_loss", "Training loss", false}}) {
    LineChart chart{name + of, "epoch", {}, percent};
    for (size_t i = 0; i < std::min(kCurves, order.size()); i++)
      if (Curve curve = mean_curve(c.choices[order[i]], key); !curve.y.empty()) chart.curves.push_back(curve);
    if (!chart.curves.empty()) figures += line_chart(chart);
  }
  return figures + "</div>";
}

void write_comparison_page(const std::string& file, const std::string& title, const Comparison& c) {
  std::string what;
  for (const std::string& v : c.vary) what += (what.empty() ? "" : ", ") + v.substr(0, v.find('='));
  Page page(text(title, ": ", what, " compared"), text(c.choices.size(), " choices, ", c.seeds, c.seeds == 1 ? " run" : " runs", " of each with seeds of their own; ± is the standard deviation over the runs."));
  bool accuracy = c.has_accuracy();
  std::vector<size_t> order = c.ranking();

  std::vector<SpreadRow> spread;
  std::vector<std::vector<std::string>> rows;
  double slowest = 0;
  for (const Choice& choice : c.choices) slowest = std::max(slowest, statistics(costs_of(choice).ms).mean);
  for (size_t i : order) {
    const Choice& choice = c.choices[i];
    spread.push_back({choice.name, c.scores(choice)});
    auto row = result_cells(c, choice);
    for (auto& cell : row) cell = escape_html(cell);
    if (double ms = statistics(costs_of(choice).ms).mean; ms > 0) {
      std::string& cell = row[accuracy ? 4 : 3];
      cell = text("<span class=\"bar\" style=\"width:", short_number(std::round(60 * ms / slowest)), "px\"></span>", cell);
    }
    rows.push_back(row);
  }
  page.section("Results", html_table(result_head(accuracy), rows) +
                              spread_chart(accuracy ? "Test accuracy after the last epoch: each run, and the mean" : "Test loss after the last epoch: each run, and the mean", spread, accuracy));

  page.section("Curves", text("<p>Mean over the runs; the band reaches from the least to the greatest.</p>", curves_html(c)));

  std::vector<std::vector<std::string>> trouble;
  for (const Choice& choice : c.choices)
    for (const ComparedRun& r : choice.runs)
      if (!r.error.empty()) trouble.push_back({escape_html(choice.name), text("seed ", r.seed), escape_html(r.error)});
  for (auto& [name, reason] : c.skipped) trouble.push_back({escape_html(name), "left out", escape_html(reason)});
  if (!trouble.empty()) page.section("Not finished", html_table({"choice", "", "reason"}, trouble, "llw"));
  page.section("Config", text("<details><summary>Show</summary><pre>", escape_html(c.config.dump(2)), "</pre></details>"));
  page.write(file);
}

}  // namespace tare::cli
