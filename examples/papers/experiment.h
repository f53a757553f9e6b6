// Experiment: what the test of a paper's claim is given, and what it reports.
//
//   void run(Experiment& e) {
//     e.rule("the method's error is at most half the baseline's, on every seed");
//     for (int64_t seed : e.seeds(3))
//       for (const char* method : {"baseline", "method"}) {
//         e.begin(method, seed);                       // seeds the default generator; what is measured until the next begin() belongs to it
//         ...
//         e.measure("error", error);
//       }
//     for (int64_t seed : e.seeds(3))
//       e.at_most(text("error, seed ", seed), e.value("method", "error", seed), 0.5 * e.value("baseline", "error", seed));
//   }
//
// The claim holds when every comparison does. A comparison with NaN does not hold.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"

namespace tare::papers {

/// What one method reached with one seed.
struct Measurement {
  std::string method;
  int64_t seed = 0;
  std::vector<std::pair<std::string, double>> values;  ///< by metric, in the order they were measured
  double seconds = 0;
};

struct Comparison {
  std::string what;
  double measured = 0;
  std::string relation;  ///< "<=", ">=", "<" or ">"
  double bound = 0;
  bool holds = false;
};

/// A curve of a method, drawn on the page of a run: curves of one title share a chart.
struct Track {
  std::string title, method, x_label;
  std::vector<double> x, y;
};

class Experiment {
 public:
  // ---- what it is given

  /// 0 .. n-1, n being what the experiment asks for, or as many as the user does.
  std::vector<int64_t> seeds(int64_t n) const;
  /// A file of this name in the run's output folder; "" when nothing shall be written.
  std::string file(const std::string& name) const;

  // ---- what it reports

  /// When the claim holds, in words.
  void rule(std::string words) { rule_ = std::move(words); }
  /// What a reader should know: stand-ins for data, what was measured beside the claim.
  void note(std::string words) { notes_.push_back(std::move(words)); }
  /// The next measurements are those of this method with this seed, which also seeds the default generator.
  void begin(const std::string& method, int64_t seed);
  /// Since begin().
  double seconds() const;
  /// Throws StateError before begin().
  void measure(const std::string& metric, double value);
  /// A point of a curve of the present method.
  void point(const std::string& title, double x, double y, const std::string& x_label = "step");

  /// Throws ValueError for what was not measured.
  double value(const std::string& method, const std::string& metric, int64_t seed) const;
  /// One number a seed.
  std::vector<double> values(const std::string& method, const std::string& metric) const;
  double mean(const std::string& method, const std::string& metric) const;
  /// The best of a grid: the least or the greatest mean over seeds among methods whose names begin so ("plain, lr "). One with a NaN is never the
  /// best.
  double least_mean(const std::string& beginning, const std::string& metric) const;
  double greatest_mean(const std::string& beginning, const std::string& metric) const;

  // The comparisons: each is shown with what was measured. They return whether it holds.
  bool at_most(std::string what, double measured, double bound) { return compare(std::move(what), measured, "<=", bound); }
  bool at_least(std::string what, double measured, double bound) { return compare(std::move(what), measured, ">=", bound); }
  bool below(std::string what, double measured, double bound) { return compare(std::move(what), measured, "<", bound); }
  bool above(std::string what, double measured, double bound) { return compare(std::move(what), measured, ">", bound); }

  // ---- for who runs it

  struct Setup {
    int64_t seeds = 0;  ///< 0: as many as the experiment asks for
    std::string folder{};
    std::function<void(const std::string& method, int64_t seed)> progress{};
  };
  Experiment() = default;
  explicit Experiment(Setup setup) : setup_(std::move(setup)) {}
  void finish();
  /// Every comparison holds, and there is one.
  bool holds() const;
  const std::string& rule() const { return rule_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::vector<Measurement>& measurements() const { return measurements_; }
  const std::vector<Comparison>& comparisons() const { return comparisons_; }
  const std::vector<Track>& tracks() const { return tracks_; }
  /// Metrics in the order they were first measured, and the methods.
  std::vector<std::string> metrics() const;
  std::vector<std::string> methods() const;
  Json to_json() const;

 private:
  bool compare(std::string what, double measured, const char* relation, double bound);
  // `better` passes NaN over, as fmin and fmax do
  double best_mean(const std::string& beginning, const std::string& metric, double worst, double (*better)(double, double)) const;

  Setup setup_;
  std::string rule_;
  std::vector<std::string> notes_;
  std::vector<Measurement> measurements_;
  std::vector<Comparison> comparisons_;
  std::vector<Track> tracks_;
  double started_ = 0;  // of the present measurement; 0 when none is running
};

}  // namespace tare::papers
