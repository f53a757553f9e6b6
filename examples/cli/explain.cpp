// tare explain: one training step, operation by operation, as text and as a page.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>

#include "cli.h"
#include "core/allocator.h"
#include "core/parallel.h"
#include "examples/cli/page.h"
#include "examples/cli/step_trace.h"
#include "examples/cli/text_table.h"
#include "examples/cli/trainer.h"

namespace tare::cli {
namespace {

constexpr int kWarmUp = 2, kRepeats = 5;  // steps not looked at; steps whose times' medians are printed

struct Explained {
  std::vector<OpRow> rows;
  double step_ms = 0;        // of a step that nobody watches
  int64_t before = 0;        // bytes held before the step: data, model, optimizer
  int64_t peak() const {
    int64_t p = before;
    for (const OpRow& r : rows) p = std::max(p, r.peak);
    return p;
  }
  double sum(double (*of)(const OpRow&)) const {
    double total = 0;
    for (const OpRow& r : rows) total += of(r);
    return total;
  }
};

double flops_of(const OpRow& r) { return double(r.flops); }
double bytes_of(const OpRow& r) { return double(r.bytes); }
double ms_of(const OpRow& r) { return r.ms; }

double median(std::vector<double> v) {
  std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
  return v[v.size() / 2];
}

Explained explain(Trainer& trainer, const data::Batch& batch) {
  Explained e;
  std::vector<double> whole;
  for (int i = 0; i < kWarmUp + kRepeats; i++) {
    auto start = std::chrono::steady_clock::now();
    trainer.optimize(batch);
    if (i >= kWarmUp) whole.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  e.step_ms = median(whole);

  std::vector<std::vector<OpRow>> runs;
  for (int i = 0; i < kRepeats; i++) {
    trainer.optimizer().zero_grad();
    e.before = memory_stats().live_bytes;
    auto watching = trainer.model().observe([](const nn::Module::Event&) {});
    StepTracer tracer;
    {
      Trace scope(tracer);
      trainer.optimize(batch, [&] { tracer.end_update("optimizer"); });
      tracer.end_update("optimizer");
    }
    runs.push_back(tracer.rows());
  }
  e.rows = runs.back();
  for (size_t k = 0; k < e.rows.size(); k++) {
    std::vector<double> times;
    for (auto& run : runs)
      if (run.size() == e.rows.size()) times.push_back(run[k].ms);
    e.rows[k].ms = median(times);
  }
  return e;
}

/// Sums over the rows that `key` puts together, in the order of their first row; the backward pass has columns of its own.
struct Sum {
  std::string name;
  double forward_ms = 0, backward_ms = 0, update_ms = 0, flops = 0, bytes = 0;
  int64_t count = 0;
  double ms() const { return forward_ms + backward_ms + update_ms; }
};
template <class Key>
std::vector<Sum> sums(const std::vector<OpRow>& rows, Key key) {
  std::vector<Sum> out;
  std::map<std::string, size_t> at;
  for (const OpRow& r : rows) {
    std::string name = key(r);
    auto [where, fresh] = at.emplace(name, out.size());
    if (fresh) out.emplace_back().name = name;
    Sum& s = out[where->second];
    (r.pass == Pass::forward ? s.forward_ms : r.pass == Pass::backward ? s.backward_ms : s.update_ms) += r.ms;
    s.flops += double(r.flops), s.bytes += double(r.bytes), s.count++;
  }
  return out;
}

std::vector<Sum> module_sums(nn::Module& model, const std::vector<OpRow>& rows) {
  std::map<std::string, std::string> types;
  for (auto& [path, m] : model.modules()) types[path] = m->type_name();
  return sums(rows, [&](const OpRow& r) {
    return r.pass == Pass::update ? std::string("(optimizer)") : r.module.empty() ? std::string("(model and loss)") : text(r.module, " ", types[r.module]);
  });
}

std::string rate(double flops, double ms) { return ms > 0 && flops > 0 ? with_prefix(flops / ms * 1e3, "flop/s") : ""; }
std::string ms_text(double ms) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, ms < 10 ? "%.3f" : "%.1f", ms);
  return buffer;
}
std::string share_text(double part, double whole) { return whole > 0 ? percent_text(part / whole, 1) : ""; }
std::string amount(double v, const char* unit) { return v > 0 ? with_prefix(v, unit) : ""; }

const std::vector<std::string> kOpHead = {"pass", "operation", "module", "output", "inputs", "flops", "bytes", "ms", "share", "rate", "live", "peak"};
std::vector<std::vector<std::string>> op_cells(const Explained& e) {
  double all = e.sum(ms_of);
  std::vector<std::vector<std::string>> out;
  for (const OpRow& r : e.rows)
    out.push_back({std::string(pass_name(r.pass)), r.name, r.module, r.output.empty() && r.pass == Pass::update ? "" : text(r.output), r.inputs, amount(double(r.flops), ""),
                   amount(double(r.bytes), "B"), ms_text(r.ms), share_text(r.ms, all), rate(double(r.flops), r.ms), with_prefix(double(r.live), "B"),
                   with_prefix(double(r.peak), "B")});
  return out;
}

std::vector<std::string> sum_head(const char* what) { return {what, "forward ms", "backward ms", "update ms", "share", "flops", "bytes", "rate"}; }
std::vector<std::vector<std::string>> sum_cells(const std::vector<Sum>& list) {
  double all = 0;
  for (const Sum& s : list) all += s.ms();
  auto some = [](double ms) { return ms > 0 ? ms_text(ms) : std::string(); };
  std::vector<std::vector<std::string>> out;
  for (const Sum& s : list)
    out.push_back({s.name, some(s.forward_ms), some(s.backward_ms), some(s.update_ms), share_text(s.ms(), all), amount(s.flops, ""), amount(s.bytes, "B"),
                   rate(s.flops, s.ms())});
  return out;
}

std::vector<Sum> by_operation(const std::vector<OpRow>& rows) {
  auto list = sums(rows, [](const OpRow& r) { return r.name; });
  std::stable_sort(list.begin(), list.end(), [](auto& a, auto& b) { return a.ms() > b.ms(); });
  return list;
}

std::vector<std::pair<std::string, std::string>> figures(Trainer& trainer, const Explained& e, int64_t batch) {
  return {{"parameters", with_prefix(double(trainer.model().num_parameters()), "")},
          {"batch", text(batch)},
          {"threads", text(num_threads())},
          {"step", ms_text(e.step_ms) + " ms"},
          {"step, watched", ms_text(e.sum(ms_of)) + " ms"},
          {"flops", with_prefix(e.sum(flops_of), "")},
          {"bytes moved", with_prefix(e.sum(bytes_of), "B")},
          {"held before", with_prefix(double(e.before), "B")},
          {"peak memory", with_prefix(double(e.peak()), "B")}};
}

void write_page(const std::string& file, const std::string& title, Trainer& trainer, const Explained& e, int64_t batch) {
  Page page(title + ": one training step", text("Medians of ", kRepeats, " steps. Flops and bytes are nominal: what the definition of an operation costs, and its operands and results once each. "
                                               "Layers that are fused when nobody watches run one by one here."));
  page.add(html_cards(figures(trainer, e, batch)));
  LineChart memory{"Memory held by tensors, MB", "operation", {}, false};
  memory.curves.resize(2);
  memory.curves[0].name = "afterwards", memory.curves[1].name = "at most while it runs";
  for (size_t i = 0; i < e.rows.size(); i++) {
    for (Curve& c : memory.curves) c.x.push_back(double(i + 1));
    memory.curves[0].y.push_back(double(e.rows[i].live) / 1e6), memory.curves[1].y.push_back(double(e.rows[i].peak) / 1e6);
  }
  auto escaped = [](std::vector<std::vector<std::string>> rows) {
    for (auto& row : rows)
      for (auto& cell : row) cell = escape_html(cell);
    return rows;
  };
  auto with_bars = [&](const char* what, const std::vector<Sum>& list) {
    auto rows = escaped(sum_cells(list));
    double most = 0;
    for (const Sum& s : list) most = std::max(most, s.ms());
    for (size_t i = 0; i < rows.size(); i++)
      rows[i][4] = text("<span class=\"bar\" style=\"width:", short_number(std::round(80 * list[i].ms() / most)), "px\"></span>", rows[i][4]);
    return html_table(sum_head(what), rows);
  };
  page.section("By module", with_bars("module", module_sums(trainer.model(), e.rows)));
  page.section("By operation", with_bars("operation", by_operation(e.rows)));
  page.section("Memory", line_chart(memory));
  page.section("The tape", html_table(kOpHead, escaped(op_cells(e)), "lllll"));
  page.write(file);
}

}  // namespace

int run_explain(const ExplainOptions& o) {
  TrainConfig config = read_config(o.config, o.set);
  if (o.threads > 0) config.threads = o.threads;
  Trainer trainer(config);
  data::Batch batch = trainer.next_batch();
  Explained e = explain(trainer, batch);

  for (auto& [label, value] : figures(trainer, e, batch.x.size(0))) std::printf("%s: %s\n", label.c_str(), value.c_str());
  std::printf("\n");
  std::printf("%s", text_table(kOpHead, op_cells(e), 5).c_str());
  for (bool module : {true, false}) {
    auto list = module ? module_sums(trainer.model(), e.rows) : by_operation(e.rows);
    std::printf("\n%s", text_table(sum_head(module ? "module" : "operation"), sum_cells(list), 1).c_str());
  }
  if (!o.html.empty()) {
    write_page(o.html, std::filesystem::path(o.config).stem().string(), trainer, e, batch.x.size(0));
    std::printf("\nwritten to %s\n", o.html.c_str());
  }
  return 0;
}

}  // namespace tare::cli
