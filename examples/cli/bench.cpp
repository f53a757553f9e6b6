// tare bench: medians of standard workloads.
//
// A row is prepared only when the filter takes it, run twice to warm up, and then repeated for --seconds, at least 7 and at most 2000
// times. Beside the time stand the flops and bytes that the kernels counted in one run (for step_10M_ rows: that a step must move), and how long the machine's memory
// takes for these bytes. Its rate is measured first, with large arrays written in place; work that finds its data in a cache is faster.
#include "bench.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "autograd/ops/factory.h"
#include "cli.h"
#include "core/allocator.h"
#include "core/json.h"
#include "core/parallel.h"
#include "kernels/counters.h"
#include "kernels/multi_tensor.h"

namespace tare::cli {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// A line of /proc/self/status in MiB: VmRSS is resident now, VmHWM the peak since the last reset.
double resident(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == key + ":") {
      double kib = 0;
      status >> kib;
      return kib / 1024;
    }
  return 0;
}

void reset_peak_resident() { std::ofstream("/proc/self/clear_refs") << 5; }

struct Measured {
  double ms = 0, best = 0, peak_mib = 0;  // milliseconds
  size_t repetitions = 0;
  kernels::Counters work;
};

Measured measure(const BenchRow& row, double seconds) {
  Measured m;
  reset_peak_resident();
  double before = resident("VmRSS");
  Work work = row.prepare();
  work();
  kernels::Counters start = kernels::counters();
  work();
  kernels::Counters end = kernels::counters();
  m.work = {end.flops - start.flops, row.least_bytes ? uint64_t(row.least_bytes()) : end.bytes - start.bytes};
  std::vector<double> times;
  for (double begin = now(); times.size() < 7 || (now() - begin < seconds && times.size() < 2000);) {
    double t = now();
    work();
    times.push_back(now() - t);
  }
  std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
  m.ms = times[times.size() / 2] * 1e3;
  m.best = *std::min_element(times.begin(), times.end()) * 1e3;
  m.repetitions = times.size();
  m.peak_mib = resident("VmHWM") - before;
  return m;
}

/// Bytes a second that all threads read and write in arrays of 256 MB.
double memory_rate() {
  double best = 1e9, bytes = 0;
  {
    Tensor x = ones({64 << 20});
    bytes = 8 * double(x.numel());
    for (int i = 0; i < 5; i++) {
      double begin = now();
      kernels::scale_in_place({&x, 1}, 1.0);
      best = std::min(best, now() - begin);
    }
  }
  empty_memory_cache();  // the rows start with none of it
  return bytes / best;
}

}  // namespace

int run_bench(const BenchOptions& o) {
  set_num_threads(o.threads);
  Json results = Json::object();
  double rate = 0;
  for (auto& rows : {primitive_rows(), layer_rows(), optimizer_rows(), train_rows(), catalogue_rows(o.filter)})
    for (const BenchRow& row : rows) {
      if (row.name.find(o.filter) == std::string::npos) continue;
      if (rate == 0) rate = memory_rate();
      Measured m;
      try {
        m = measure(row, o.seconds);
      } catch (const Error& e) {
        std::fprintf(stderr, "%-32s left out: %s\n", row.name.c_str(), e.what());
        continue;
      }
      std::fprintf(o.json ? stderr : stdout, "%-32s %10.4f ms (best %9.4f) %9.4f GFlop %9.4f GB = %8.4f ms   (n=%zu)", row.name.c_str(), m.ms, m.best,
                   double(m.work.flops) * 1e-9, double(m.work.bytes) * 1e-9, double(m.work.bytes) / rate * 1e3, m.repetitions);
      if (row.memory) std::fprintf(o.json ? stderr : stdout, "   %8.1f MiB", m.peak_mib);
      std::fprintf(o.json ? stderr : stdout, "\n");
      if (o.work) {
        Json entry = Json::object();
        entry.set("ms", m.ms);
        entry.set("flops", int64_t(m.work.flops));
        entry.set("bytes", int64_t(m.work.bytes));
        if (row.memory) entry.set("peak_mib", m.peak_mib);
        results.set(row.name, std::move(entry));
      } else {
        results.set(row.name, m.ms);
        if (row.memory) results.set("peak_mib_" + row.name, m.peak_mib);
      }
    }
  if (o.json) std::printf("%s\n", results.dump().c_str());
  return 0;
}

}  // namespace tare::cli
