// tare papers: runs the experiments of examples/papers, one a paper, and says whether the claims hold.
#include <unistd.h>

#include <cstdio>

#include "core/error.h"
#include "core/parallel.h"
#include "examples/cli/cli.h"
#include "examples/cli/output.h"
#include "examples/cli/page.h"
#include "examples/cli/text_table.h"
#include "examples/papers/catalogue.h"
#include "examples/papers/experiment.h"

namespace tare::cli {
namespace {

using papers::Experiment;
using papers::Measurement;
using papers::Paper;

struct Result {
  const Paper* paper;
  Experiment experiment;
  std::string error;  ///< why it ended early; "" when it did not
  bool holds() const { return error.empty() && experiment.holds(); }
  std::string verdict() const { return !error.empty() ? "not finished: " + error : holds() ? "holds" : "does not hold"; }
};

/// Five significant digits: baselines may be close.
std::string figure(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.5g", v);
  return buffer;
}

/// Rows of a table: each method's measurements seed by seed, then their mean.
std::vector<std::vector<std::string>> measured_rows(const Experiment& e) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> metrics = e.metrics();
  for (const std::string& method : e.methods()) {
    std::vector<double> sums(metrics.size() + 1), counts(metrics.size() + 1);
    int64_t runs = 0;
    for (const Measurement& m : e.measurements()) {
      if (m.method != method) continue;
      std::vector<std::string> row{runs++ ? "" : method, std::to_string(m.seed)};
      for (size_t i = 0; i < metrics.size(); i++) {
        row.emplace_back();
        for (auto& [name, value] : m.values)
          if (name == metrics[i]) row.back() = figure(value), sums[i] += value, counts[i]++;
      }
      row.push_back(short_number(m.seconds)), sums.back() += m.seconds, counts.back()++;
      rows.push_back(row);
    }
    if (runs < 2) continue;
    rows.push_back({"", "mean"});
    for (size_t i = 0; i < sums.size(); i++) rows.back().push_back(!counts[i] ? "" : i < metrics.size() ? figure(sums[i] / counts[i]) : short_number(sums[i] / counts[i]));
  }
  return rows;
}
std::vector<std::string> measured_head(const Experiment& e) {
  std::vector<std::string> head{"method", "seed"};
  for (const std::string& m : e.metrics()) head.push_back(m);
  head.push_back("seconds");
  return head;
}
std::vector<std::vector<std::string>> compared_rows(const Experiment& e) {
  std::vector<std::vector<std::string>> rows;
  for (const papers::Comparison& c : e.comparisons()) rows.push_back({c.what, figure(c.measured), c.relation, figure(c.bound), c.holds ? "yes" : "NO"});
  return rows;
}
const std::vector<std::string> kComparedHead{"comparison", "measured", "", "bound", "holds"};

std::string result_text(const Result& r) {
  const Experiment& e = r.experiment;
  std::string out = text(r.paper->slug, ": ", r.paper->claim, "\n", r.paper->citation, "\n\n");
  if (!e.measurements().empty()) out += text_table(measured_head(e), measured_rows(e)) + "\n";
  if (!e.rule().empty()) out += text("rule: ", e.rule(), "\n");
  if (!e.comparisons().empty()) out += text_table(kComparedHead, compared_rows(e)) + "\n";
  for (const std::string& n : e.notes()) out += text("note: ", n, "\n");
  return out + text(r.paper->slug, ": ", r.verdict(), "\n");
}

Json result_json(const Result& r) {
  Json j = Json::object();
  j.set("slug", r.paper->slug);
  j.set("paper", r.paper->citation);
  j.set("claim", r.paper->claim);
  j.set("holds", r.holds());
  j.set("verdict", r.verdict());
  Json measured = r.experiment.to_json();
  for (auto& [key, value] : measured.as_object()) j.set(key, value);
  if (!r.error.empty()) j.set("error", r.error);
  return j;
}

void write_page(const std::string& file, const Result& r) {
  const Experiment& e = r.experiment;
  auto cells = [](std::vector<std::vector<std::string>> rows) {
    for (auto& row : rows)
      for (auto& cell : row) cell = escape_html(cell);
    return rows;
  };
  auto head = [](std::vector<std::string> names) {
    for (auto& n : names) n = escape_html(n);
    return names;
  };
  Page page(text(r.paper->slug, ": ", r.verdict()), std::string(r.paper->citation));
  page.section("Claim", text("<p>", escape_html(r.paper->claim), "</p><p>It holds when ", escape_html(e.rule()), ".</p>"));
  page.section("Measured", html_table(head(measured_head(e)), cells(measured_rows(e)), "lr"));
  page.section("Compared", html_table(kComparedHead, cells(compared_rows(e)), "wrlrl"));
  std::vector<LineChart> charts;
  for (const papers::Track& t : e.tracks()) {
    auto at = charts.begin();
    while (at != charts.end() && at->title != t.title) at++;
    if (at == charts.end()) at = charts.insert(at, {t.title, t.x_label, {}});
    at->curves.push_back({t.method, t.x, t.y, {}, {}});
  }
  if (!charts.empty()) {
    std::string figures = "<div class=\"two\">";
    for (const LineChart& c : charts) figures += line_chart(c);
    page.section("Curves", figures + "</div>");
  }
  std::string notes;
  for (const std::string& n : e.notes()) notes += text("<li>", escape_html(n), "</li>");
  if (!notes.empty()) page.section("Notes", text("<ul>", notes, "</ul>"));
  page.write(file);
}

int list(bool json) {
  Json::Array all;
  std::vector<std::vector<std::string>> rows;
  for (const Paper& p : papers::catalogue()) {
    rows.push_back({std::string(p.slug), std::string(p.claim)});
    Json j = Json::object();
    j.set("slug", p.slug);
    j.set("paper", p.citation);
    j.set("claim", p.claim);
    all.push_back(j);
  }
  if (json) std::printf("%s\n", Json(all).dump(2).c_str());
  else std::printf("%s%zu experiments\n", text_table({"slug", "claim"}, rows, 2).c_str(), rows.size());
  return 0;
}

Result run(const Paper& paper, const PapersOptions& o) {
  bool terminal = isatty(STDERR_FILENO) != 0;
  Experiment::Setup setup;
  setup.seeds = o.seeds;
  if (!o.out.empty()) {
    setup.folder = path_in(o.out, std::string(paper.slug).c_str());
    make_output_folder(setup.folder);
  }
  if (terminal)
    setup.progress = [&](const std::string& method, int64_t seed) {
      std::fprintf(stderr, "\r\033[K%s: %s, seed %lld", std::string(paper.slug).c_str(), method.c_str(), static_cast<long long>(seed));
    };
  Result r{&paper, Experiment(setup), ""};
  try {
    paper.run(r.experiment);
  } catch (const std::exception& error) {
    r.error = error.what();
  }
  r.experiment.finish();
  if (terminal) std::fputs("\r\033[K", stderr);
  if (!setup.folder.empty()) {
    result_json(r).write_file(path_in(setup.folder, "result.json"));
    write_page(path_in(setup.folder, "report.html"), r);
  }
  return r;
}

}  // namespace

int run_papers(const PapersOptions& o) {
  if (o.list) return list(o.json);
  check<ConfigError>(o.all != !o.slugs.empty(), o.all ? "papers run: --all runs every experiment, name none beside it"
                                                      : "papers run: name the experiments to run, or --all; tare papers list tells what there is");
  std::vector<const Paper*> chosen;
  for (const std::string& slug : o.slugs) chosen.push_back(&papers::find_paper(slug));
  if (o.all)
    for (const Paper& p : papers::catalogue()) chosen.push_back(&p);
  if (o.threads) set_num_threads(o.threads);

  Json::Array results;
  std::vector<std::vector<std::string>> summary;
  size_t hold = 0;
  for (const Paper* paper : chosen) {
    Result r = run(*paper, o);
    hold += r.holds();
    results.push_back(result_json(r));
    summary.push_back({std::string(paper->slug), r.verdict()});
    if (!o.json) std::printf("%s\n", result_text(r).c_str()), std::fflush(stdout);
  }
  Json all = Json::object();
  all.set("format", "tare/1");
  all.set("type", "PaperResults");
  all.set("results", Json(results));
  all.set("hold", int64_t(hold));
  all.set("ran", int64_t(chosen.size()));
  if (!o.out.empty()) all.write_file(path_in(o.out, "papers.json"));
  if (o.json) std::printf("%s\n", all.dump(2).c_str());
  else if (chosen.size() > 1) std::printf("%s", text_table({"paper", "verdict"}, summary, 2).c_str());
  if (!o.json) std::printf("%zu of %zu hold\n", hold, chosen.size());
  return hold == chosen.size() ? 0 : 1;
}

}  // namespace tare::cli
