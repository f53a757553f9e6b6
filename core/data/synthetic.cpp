#include "core/data/synthetic.h"

#include <cmath>

#include "core/data/draw.h"

namespace tare::data {
namespace {

void check_counts(std::string_view what, int64_t samples, int64_t classes, double noise) {
  check<ValueError>(samples > 0 && classes > 0, what, ": samples and classes must be positive, not ", samples, " and ", classes);
  check<ValueError>(samples <= 100'000'000 && classes <= samples, what, ": expected at most 10^8 samples, and no more classes than samples, not ", samples, " and ",
                    classes);
  check<ValueError>(noise >= 0, what, ": noise cannot be ", noise);
}

// Sample i is of class i mod classes; fill(i, label, its own generator, its numbers) writes it.
template <class Fill>
Dataset labelled_points(int64_t samples, int64_t classes, int64_t dim, int64_t seed, Fill&& fill) {
  Tensor x = empty({samples, dim}, DType::float32), y = empty({samples}, DType::int64);
  for (int64_t i = 0; i < samples; i++) {
    Generator g = derive(uint64_t(seed), 1, uint64_t(i));
    y.mutable_data<int64_t>()[i] = i % classes;
    fill(i, i % classes, g, x.mutable_data<float>() + i * dim);
  }
  return TensorDataset(x, y);
}

void put_point(float* to, double a, double b, double noise, Generator& g) {
  to[0] = static_cast<float>(a + noise * normal(g));
  to[1] = static_cast<float>(b + noise * normal(g));
}

Dataset two_moons(const TwoMoonsOptions& o) {
  check_counts("TwoMoons", o.samples, 1, o.noise);
  return labelled_points(o.samples, 2, 2, o.seed, [&](int64_t, int64_t label, Generator& g, float* to) {
    double angle = M_PI * g.uniform();
    if (label == 0) put_point(to, std::cos(angle), std::sin(angle), o.noise, g);
    else put_point(to, 1 - std::cos(angle), 0.5 - std::sin(angle), o.noise, g);
  });
}

Dataset spirals(const SpiralsOptions& o) {
  check_counts("Spirals", o.samples, o.classes, o.noise);
  return labelled_points(o.samples, o.classes, 2, o.seed, [&](int64_t, int64_t label, Generator& g, float* to) {
    double radius = std::sqrt(g.uniform()), angle = 2 * M_PI * (o.turns * radius + double(label) / double(o.classes));  // evenly along the arm
    put_point(to, radius * std::cos(angle), radius * std::sin(angle), o.noise, g);
  });
}

Dataset rings(const RingsOptions& o) {
  check_counts("Rings", o.samples, o.classes, o.noise);
  return labelled_points(o.samples, o.classes, 2, o.seed, [&](int64_t, int64_t label, Generator& g, float* to) {
    double radius = double(label + 1) / double(o.classes), angle = 2 * M_PI * g.uniform();
    put_point(to, radius * std::cos(angle), radius * std::sin(angle), o.noise, g);
  });
}

Dataset gaussians(const GaussiansOptions& o) {
  check_counts("Gaussians", o.samples, o.classes, o.std);
  check<ValueError>(o.dim > 0 && o.dim <= 1'000'000'000 / o.samples && o.separation >= 0, "Gaussians: dim must be positive (and samples * dim at most 10^9), separation not negative; found ",
                    o.dim, " and ", o.separation);
  std::vector<double> means;
  Generator g = derive(uint64_t(o.seed), 0, 0);
  for (int64_t i = 0; i < o.classes * o.dim; i++) means.push_back(o.separation * normal(g));
  return labelled_points(o.samples, o.classes, o.dim, o.seed, [&](int64_t, int64_t label, Generator& own, float* to) {
    for (int64_t d = 0; d < o.dim; d++) to[d] = static_cast<float>(means[size_t(label * o.dim + d)] + o.std * normal(own));
  });
}

}  // namespace

void TwoMoonsOptions::visit(Visitor& v) {
  v.option("samples", samples);
  v.option("noise", noise);
  v.option("seed", seed);
}
TwoMoons::TwoMoons(TwoMoonsOptions o) : Dataset(two_moons(o)) {}

void SpiralsOptions::visit(Visitor& v) {
  v.option("samples", samples);
  v.option("classes", classes);
  v.option("turns", turns);
  v.option("noise", noise);
  v.option("seed", seed);
}
Spirals::Spirals(SpiralsOptions o) : Dataset(spirals(o)) {}

void RingsOptions::visit(Visitor& v) {
  v.option("samples", samples);
  v.option("classes", classes);
  v.option("noise", noise);
  v.option("seed", seed);
}
Rings::Rings(RingsOptions o) : Dataset(rings(o)) {}

void GaussiansOptions::visit(Visitor& v) {
  v.option("samples", samples);
  v.option("classes", classes);
  v.option("dim", dim);
  v.option("separation", separation);
  v.option("std", std);
  v.option("seed", seed);
}
Gaussians::Gaussians(GaussiansOptions o) : Dataset(gaussians(o)) {}

void LinearRegressionOptions::visit(Visitor& v) {
  v.option("samples", samples);
  v.option("dim", dim);
  v.option("noise", noise);
  v.option("seed", seed);
}
LinearRegression::LinearRegression(LinearRegressionOptions o) {
  check_counts("LinearRegression", o.samples, 1, o.noise);
  check<ValueError>(o.dim > 0 && o.dim <= 1'000'000'000 / o.samples, "LinearRegression: dim must be positive (and samples * dim at most 10^9), not ", o.dim);
  weights_ = empty({o.dim}, DType::float32);
  Generator g = derive(uint64_t(o.seed), 0, 0);
  for (int64_t d = 0; d < o.dim; d++) weights_.mutable_data<float>()[d] = static_cast<float>(normal(g) / std::sqrt(double(o.dim)));
  Tensor x = empty({o.samples, o.dim}, DType::float32), y = empty({o.samples, 1}, DType::float32);
  for (int64_t i = 0; i < o.samples; i++) {
    Generator own = derive(uint64_t(o.seed), 1, uint64_t(i));
    double sum = 0;
    for (int64_t d = 0; d < o.dim; d++) {
      float v = static_cast<float>(normal(own));
      x.mutable_data<float>()[i * o.dim + d] = v;
      sum += double(v) * weights_.data<float>()[d];
    }
    y.mutable_data<float>()[i] = static_cast<float>(sum + o.noise * normal(own));
  }
  static_cast<Dataset&>(*this) = TensorDataset(x, y);
}

SineTask SineTask::draw(Generator& g) {
  SineTask task;
  task.amplitude = 0.1 + 4.9 * g.uniform();
  task.phase = M_PI * g.uniform();
  return task;
}

Batch SineTask::sample(int64_t n, Generator& g) const {
  Batch b{empty({n, 1}, DType::float32), empty({n, 1}, DType::float32)};
  for (int64_t i = 0; i < n; i++) {
    double x = -5 + 10 * g.uniform();
    b.x.mutable_data<float>()[i] = static_cast<float>(x);
    b.y.mutable_data<float>()[i] = static_cast<float>(amplitude * std::sin(x - phase));
  }
  return b;
}

}  // namespace tare::data
