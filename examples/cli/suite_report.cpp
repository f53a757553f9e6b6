// What a suite's results look like: text, Markdown, a page.
#include <cmath>

#include "core/atomic_file.h"
#include "examples/cli/page.h"
#include "examples/cli/suite.h"
#include "examples/cli/text_table.h"

namespace tare::cli {
namespace {

std::string loss_text(double loss) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2g", loss);
  return std::isfinite(loss) ? buffer : "diverged";
}

struct Line {
  std::string choice;
  std::vector<Outcome> of;  // by problem
};

struct Summary {
  std::vector<Line> lines;
  int64_t from_defaults = 0, with_stated = 0, falls_short = 0, nowhere = 0;
};

/// Every choice of the suite; those that reach each goal they are asked for counted by what they need for it.
Summary summarize(const SuiteResults& r) {
  Summary s;
  for (const Json& choice : r.suite.vary.choices) {
    Line line{choice_name(choice), {}};
    bool plain = true, good = true, asked = false;
    for (const Comparison& c : r.problems) {
      Outcome o = outcome(r, c, line.choice);
      if (o.kind == Outcome::reached || o.kind == Outcome::failed) asked = true, plain = plain && o.stated.empty(), good = good && o.kind == Outcome::reached;
      line.of.push_back(std::move(o));
    }
    (!asked ? s.nowhere : !good ? s.falls_short : plain ? s.from_defaults : s.with_stated)++;
    s.lines.push_back(std::move(line));
  }
  return s;
}

std::string verdict(const Summary& s) {
  return text(s.from_defaults, " of ", s.lines.size(), " reach every goal they are asked for from their defaults, ", s.with_stated, " with stated options, ", s.falls_short,
              " fall short, ", s.nowhere, " fit no problem");
}

std::string cell_text(const Outcome& o) {
  switch (o.kind) {
    case Outcome::not_asked: return "not asked";
    case Outcome::left_out: return "left out";
    case Outcome::failed: return text("! ", loss_text(o.loss), " (", o.hits, "/", o.runs, ")", o.stated.empty() ? "" : " " + o.stated);
    case Outcome::reached: return text(loss_text(o.loss), o.stated.empty() ? "" : " " + o.stated);
    default: return "";
  }
}

std::vector<std::string> head_of(const SuiteResults& r) {
  std::vector<std::string> head{r.suite.vary.key};
  for (const Comparison& c : r.problems) head.push_back(c.problem);
  return head;
}

/// "start" and "goal", and then the choices.
std::vector<std::vector<std::string>> rows_of(const SuiteResults& r, const Summary& s) {
  std::vector<std::vector<std::string>> rows{{"(start)"}, {"(goal)"}};
  for (const Comparison& c : r.problems) rows[0].push_back(short_number(c.start)), rows[1].push_back(short_number(*c.goal));
  for (const Line& line : s.lines) {
    rows.push_back({line.choice});
    for (const Outcome& o : line.of) rows.back().push_back(cell_text(o));
  }
  return rows;
}

/// Calls f(heading, choice, problem, reason) for what is not a number that was reached.
template <class F>
void each_remark(const SuiteResults& r, const Summary& s, F f) {
  for (const Line& line : s.lines) {
    bool same = true;  // one reason for every problem is told once
    for (const Outcome& o : line.of) same = same && o.kind == line.of[0].kind && o.reason == line.of[0].reason;
    for (size_t k = 0; k < line.of.size() && (k == 0 || !same); k++) {
      const Outcome& o = line.of[k];
      std::string where = same && line.of.size() > 1 ? "every problem" : r.problems[k].problem;
      if (o.kind == Outcome::failed) {
        for (size_t i = k; i < (same ? line.of.size() : k + 1); i++)
          f("falls short", line.choice, r.problems[i].problem, o.reason.empty() ? text("mean ", loss_text(line.of[i].loss), ", the goal is ", short_number(*r.problems[i].goal)) : o.reason);
      } else if (o.kind == Outcome::not_asked) {
        f("not asked", line.choice, where, o.reason);
      } else if (o.kind == Outcome::left_out) {
        f("left out", line.choice, where, o.reason);
      }
    }
  }
}

}  // namespace

std::string suite_text(const SuiteResults& r) {
  Summary s = summarize(r);
  std::vector<std::vector<std::string>> rows = rows_of(r, s);
  for (auto& row : rows)
    for (auto& cell : row)
      if (cell.size() > 32) cell = cell.substr(0, 29) + "...";
  std::string out = text_table(head_of(r), rows, 1);
  each_remark(r, s, [&](const char* what, const std::string& choice, const std::string& problem, const std::string& why) {
    out += text(what, ": ", choice, " on ", problem, ": ", why, "\n");
  });
  return text(out, "\nTest loss, the mean of ", r.seeds, " seeds, and the options that differ from the defaults; ! where not every seed reached the goal.\n", verdict(s), "\n");
}

void write_suite_summary(const std::string& file, const std::string& title, const SuiteResults& r) {
  Summary s = summarize(r);
  std::string out = text("# ", title, "\n\nWritten by `tare compare`: the test loss at the end, the mean of ", r.seeds,
                         " seeds, and the options that differ from the defaults. **Bold**: not every seed reached the goal.\n\n", verdict(s), ".\n\n");
  auto row = [&](const std::vector<std::string>& cells) {
    for (const std::string& cell : cells) out += "| " + cell + " ";
    out += "|\n";
  };
  row(head_of(r));
  row(std::vector<std::string>(r.problems.size() + 1, "---"));
  for (auto cells : rows_of(r, s)) {
    for (auto& cell : cells)
      if (cell.starts_with("! ")) cell = text("**", cell.substr(2), "**");
    row(cells);
  }
  bool first = true;
  each_remark(r, s, [&](const char* what, const std::string& choice, const std::string& problem, const std::string& why) {
    out += text(first ? "\n" : "", "- ", choice, " on ", problem, ", ", what, ": ", why, "\n");
    first = false;
  });
  write_file_atomically(file, out);
}

void write_suite_page(const std::string& file, const std::string& title, const SuiteResults& r) {
  Summary s = summarize(r);
  const Json* description = r.suite.document.find("description");
  Page page(title, description && description->is_string() ? description->as_string() : "");
  page.add(html_cards({{"choices", text(s.lines.size())}, {"reach every goal by defaults", text(s.from_defaults)}, {"with stated options", text(s.with_stated)},
                       {"fall short", text(s.falls_short)}, {"runs of each", text(r.seeds)}}));
  std::vector<std::vector<std::string>> problems;
  for (const Comparison& c : r.problems) {
    int64_t hits = 0, asked = 0, plain = 0;
    for (const Json& choice : r.suite.vary.choices) {
      Outcome o = outcome(r, c, choice_name(choice));
      asked += o.kind == Outcome::reached || o.kind == Outcome::failed;
      hits += o.kind == Outcome::reached;
      plain += o.kind == Outcome::reached && o.stated.empty();
    }
    const Json* what = c.config.find("description");
    problems.push_back({escape_html(c.problem), short_number(c.start), short_number(*c.goal), text(asked), text(plain), text(hits), what ? escape_html(what->as_string()) : ""});
  }
  page.section("Problems", html_table({"problem", "start", "goal", "asked", "reached by defaults", "reached", ""}, problems, "lrrrrrw"));
  std::vector<std::vector<std::string>> rows = rows_of(r, s);
  for (auto& row : rows)
    for (auto& cell : row) {
      bool bad = cell.starts_with("! ");
      std::string html = escape_html(bad ? cell.substr(2) : cell);
      size_t options = html.find(' ', 0);  // the options stand below the number
      if (!bad && options != std::string::npos && html.find('=') != std::string::npos) html = text(html.substr(0, options), "<small class=\"options\">", html.substr(options + 1), "</small>");
      cell = bad ? text("<b class=\"bad\">", html, "</b>") : html;
    }
  page.section("Results", text("<p>Test loss at the end, the mean over the seeds, and below it the options that differ from the defaults; in red where not every seed reached "
                               "the goal.</p>", html_table(head_of(r), rows)));
  std::vector<std::vector<std::string>> remarks;
  each_remark(r, s, [&](const char* what, const std::string& choice, const std::string& problem, const std::string& why) {
    remarks.push_back({escape_html(choice), escape_html(problem), what, escape_html(why)});
  });
  if (!remarks.empty()) page.section("Remarks", html_table({"choice", "problem", "", "reason"}, remarks, "lllw"));
  for (const Comparison& c : r.problems) page.section(text(c.problem, ": the best"), curves_html(c));
  page.section("Suite", text("<details><summary>Show</summary><pre>", escape_html(r.suite.document.dump(2)), "</pre></details>"));
  page.write(file);
}

}  // namespace tare::cli
