#include "optim/schedule/ramp.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tare::optim {
namespace {

double part_done(int64_t t, int64_t total) { return double(std::min(t, total)) / double(total); }

}  // namespace

void LinearLROptions::visit(Visitor& v) {
  v.option("start_factor", start_factor);
  v.option("end_factor", end_factor);
  v.option("total_iters", total_iters);
}
void LinearLR::check_options(const LinearLROptions& o) {
  check<ConfigError>(o.start_factor > 0 && o.start_factor <= 1, "LinearLR: start_factor must be in (0, 1], not ", o.start_factor);
  check<ConfigError>(o.end_factor >= 0 && o.end_factor <= 1, "LinearLR: end_factor must be in [0, 1], not ", o.end_factor);
  check<ConfigError>(o.total_iters >= 1, "LinearLR: total_iters must be at least 1, not ", o.total_iters);
}
double LinearLR::value(double base) const {
  return base * (options_.start_factor + (options_.end_factor - options_.start_factor) * part_done(t_, options_.total_iters));
}

void ConstantLROptions::visit(Visitor& v) {
  v.option("factor", factor);
  v.option("total_iters", total_iters);
}
void ConstantLR::check_options(const ConstantLROptions& o) {
  check<ConfigError>(o.factor >= 0 && o.factor <= 1, "ConstantLR: factor must be in [0, 1], not ", o.factor);
}
double ConstantLR::value(double base) const { return t_ < options_.total_iters ? base * options_.factor : base; }

void PolynomialLROptions::visit(Visitor& v) {
  v.option("total_iters", total_iters);
  v.option("power", power);
}
void PolynomialLR::check_options(const PolynomialLROptions& o) {
  check<ConfigError>(o.total_iters >= 1, "PolynomialLR: total_iters must be at least 1, not ", o.total_iters);
}
double PolynomialLR::value(double base) const { return base * std::pow(1 - part_done(t_, options_.total_iters), options_.power); }

void SWALROptions::visit(Visitor& v) {
  v.option("swa_lr", swa_lr);
  v.option("anneal_steps", anneal_steps);
  v.option("anneal_strategy", anneal_strategy);
}
void SWALR::check_options(const SWALROptions& o) {
  check<ConfigError>(o.swa_lr >= 0, "SWALR: swa_lr must be at least 0, not ", o.swa_lr);
  check<ConfigError>(o.anneal_steps >= 0, "SWALR: anneal_steps must be at least 0, not ", o.anneal_steps);
  check<ConfigError>(o.anneal_strategy == "cos" || o.anneal_strategy == "linear", "SWALR: anneal_strategy must be \"cos\" or \"linear\", not \"",
                     o.anneal_strategy, '"');
}
double SWALR::value(double base) const {
  double x = options_.anneal_steps > 0 ? part_done(t_, options_.anneal_steps) : 1;
  if (options_.anneal_strategy == "cos") x = (1 - std::cos(std::numbers::pi * x)) / 2;
  return base + (options_.swa_lr - base) * x;
}

template class ScheduleOf<LinearLR, LinearLROptions>;
template class ScheduleOf<ConstantLR, ConstantLROptions>;
template class ScheduleOf<PolynomialLR, PolynomialLROptions>;
template class ScheduleOf<SWALR, SWALROptions>;

}  // namespace tare::optim
