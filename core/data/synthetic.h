// Small made-up problems: two-dimensional classes, regressions, and families of tasks. Every one is a function of its options alone.
#pragma once

#include "core/data/dataset.h"
#include "core/visitor.h"

namespace tare::data {

struct TwoMoonsOptions {
  int64_t samples = 1000;
  double noise = 0.1;  ///< standard deviation, added to both coordinates
  int64_t seed = 0;
  void visit(Visitor&);
};
/// Two interleaved half circles of radius 1: class 0 around (0, 0), above; class 1 around (1, 0.5), below. x float32 [2].
struct TwoMoons : Dataset {
  using Options = TwoMoonsOptions;
  explicit TwoMoons(TwoMoonsOptions o = {});
};

struct SpiralsOptions {
  int64_t samples = 1000;
  int64_t classes = 2;
  double turns = 1.5;
  double noise = 0.02;
  int64_t seed = 0;
  void visit(Visitor&);
};
/// Arms from the centre to radius 1, one a class, each turned against the one before.
struct Spirals : Dataset {
  using Options = SpiralsOptions;
  explicit Spirals(SpiralsOptions o = {});
};

struct RingsOptions {
  int64_t samples = 1000;
  int64_t classes = 2;
  double noise = 0.05;
  int64_t seed = 0;
  void visit(Visitor&);
};
/// Concentric circles, class c of radius (c + 1) / classes.
struct Rings : Dataset {
  using Options = RingsOptions;
  explicit Rings(RingsOptions o = {});
};

struct GaussiansOptions {
  int64_t samples = 1000;
  int64_t classes = 2;
  int64_t dim = 2;
  double separation = 3;  ///< standard deviation of the classes' means around 0
  double std = 1;         ///< of the samples around their class's mean
  int64_t seed = 0;
  void visit(Visitor&);
};
/// One isotropic normal distribution a class; the means are themselves drawn from a normal distribution.
struct Gaussians : Dataset {
  using Options = GaussiansOptions;
  explicit Gaussians(GaussiansOptions o = {});
};

struct LinearRegressionOptions {
  int64_t samples = 1000;
  int64_t dim = 10;
  double noise = 0.1;
  int64_t seed = 0;
  void visit(Visitor&);
};
/// x ~ N(0, I), y = w . x / sqrt(dim) + noise N(0, 1) with w ~ N(0, I): y float32 [1].
class LinearRegression : public Dataset {
 public:
  using Options = LinearRegressionOptions;
  explicit LinearRegression(LinearRegressionOptions o = {});
  const Tensor& weights() const { return weights_; }  ///< float32 [dim]: what a least-squares fit should find (w / sqrt(dim))

 private:
  Tensor weights_;
};

/// One of the sine waves of Finn, Abbeel, Levine 2017 (arXiv:1703.03400): y = amplitude sin(x - phase) on [-5, 5].
struct SineTask {
  double amplitude = 1;  ///< drawn from [0.1, 5]
  double phase = 0;      ///< drawn from [0, pi]
  static SineTask draw(Generator& g);
  /// n points: x and y float32 [n, 1].
  Batch sample(int64_t n, Generator& g) const;
};

}  // namespace tare::data
