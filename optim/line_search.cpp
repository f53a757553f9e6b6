#include "optim/line_search.h"

#include <algorithm>
#include <cmath>

namespace tare::optim {
namespace {

constexpr double kArmijo = 1e-4, kCurvature = 0.9;

/// The minimum of the cubic with the values and slopes of both points, within [lo, hi]; the middle when there is none.
double cubic_minimum(const LinePoint& p, const LinePoint& q, double lo, double hi) {
  double d1 = p.slope + q.slope - 3 * (p.f - q.f) / (p.t - q.t), square = d1 * d1 - p.slope * q.slope;
  if (!(square >= 0)) return (lo + hi) / 2;
  double d2 = std::sqrt(square);
  double at = p.t <= q.t ? q.t - (q.t - p.t) * ((q.slope + d2 - d1) / (q.slope - p.slope + 2 * d2))
                         : p.t - (p.t - q.t) * ((p.slope + d2 - d1) / (p.slope - q.slope + 2 * d2));
  return std::min(std::max(at, lo), hi);
}

}  // namespace

LineSearch strong_wolfe(const std::function<LinePoint(double t)>& along, const LinePoint& start, double t, double direction_max, double tolerance_change,
                        int64_t max_evaluations) {
  auto too_high = [&](const LinePoint& p) { return p.f > start.f + kArmijo * p.t * start.slope; };
  auto flat_enough = [&](const LinePoint& p) { return std::abs(p.slope) <= -kCurvature * start.slope; };
  LinePoint now = along(t), before = start, ends[2];
  int64_t evaluations = 1, rounds = 0;

  // Go out until two points enclose an acceptable one.
  bool bracketed = false;
  for (; rounds < max_evaluations; rounds++) {
    if (too_high(now) || (rounds > 1 && now.f >= before.f)) {
      bracketed = true;
      break;
    }
    if (flat_enough(now)) return {now, evaluations};
    if (now.slope >= 0) {
      bracketed = true;
      break;
    }
    double next = cubic_minimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
    before = now;
    now = along(next);
    evaluations++;
  }
  ends[0] = bracketed ? before : start, ends[1] = now;
  int low = ends[0].f <= ends[1].f ? 0 : 1;

  // Zoom in by the cubic through both ends, kept away from them.
  bool close_before = false;
  while (bracketed && rounds < max_evaluations) {
    double left = std::min(ends[0].t, ends[1].t), right = std::max(ends[0].t, ends[1].t);
    if ((right - left) * direction_max < tolerance_change) break;
    double at = cubic_minimum(ends[0], ends[1], left, right), margin = 0.1 * (right - left);
    if (std::min(right - at, at - left) < margin) {
      if (close_before || at >= right || at <= left) {
        at = std::abs(at - right) < std::abs(at - left) ? right - margin : left + margin;
        close_before = false;
      } else {
        close_before = true;
      }
    } else {
      close_before = false;
    }
    now = along(at);
    evaluations++, rounds++;
    if (too_high(now) || now.f >= ends[low].f) {
      ends[1 - low] = now;
      low = ends[0].f <= ends[1].f ? 0 : 1;
      continue;
    }
    bool done = flat_enough(now);
    if (!done && now.slope * (ends[1 - low].t - ends[low].t) >= 0) ends[1 - low] = ends[low];
    ends[low] = now;
    if (done) break;
  }
  return {ends[low], evaluations};
}

}  // namespace tare::optim
