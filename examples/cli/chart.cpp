// The charts of page.h, as SVG.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "core/json.h"
#include "examples/cli/page.h"

namespace tare::cli {
namespace {

constexpr double kWidth = 560, kHeight = 300, kLeft = 54, kRight = 14, kTop = 10, kBottom = 42;
constexpr const char* kDashes[] = {"", "6 3", "2 3", "8 3 2 3"};  // curves beyond the eighth take the colours again, dashed

std::string n1(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", v);
  return buffer;
}

/// Round numbers (1, 2 or 5 times a power of ten apart) that cover [low, high].
struct Ticks {
  double low, high, step;
  Ticks(double a, double b, int count, bool integral = false) {
    if (!(b > a)) {
      double pad = a == 0 ? 1 : std::abs(a) * 0.1;
      if (integral) pad = 1;
      a -= pad, b += pad;
    }
    double raw = (b - a) / count, power = std::pow(10, std::floor(std::log10(raw)));
    step = power * (raw / power <= 1 ? 1 : raw / power <= 2 ? 2 : raw / power <= 5 ? 5 : 10);
    if (integral) step = std::max(1.0, step);
    low = std::floor(a / step + 1e-9) * step;
    high = std::ceil(b / step - 1e-9) * step;
  }
  std::vector<double> values() const {
    std::vector<double> out;
    for (int i = 0; low + i * step <= high + step * 1e-6; i++) out.push_back(low + i * step);
    return out;
  }
  double share(double v) const { return (v - low) / (high - low); }
};

std::string label(double v, const Ticks& ticks, bool percent) {
  if (percent) v *= 100;
  double step = percent ? ticks.step * 100 : ticks.step;
  int digits = std::max(0, int(-std::floor(std::log10(step) + 1e-9)));
  char buffer[32];
  if (std::abs(v) >= 1e6 || digits > 5) std::snprintf(buffer, sizeof buffer, "%.3g", v);
  else std::snprintf(buffer, sizeof buffer, "%.*f%s", digits, std::abs(v) < step * 1e-6 ? 0.0 : v, percent ? "%" : "");
  return buffer;
}

/// Calls f with the numbers of all curves, bands included, that are finite.
template <class F>
void each_value(const std::vector<Curve>& curves, F f) {
  for (const Curve& c : curves)
    for (size_t i = 0; i < c.y.size(); i++)
      if (std::isfinite(c.y[i])) {
        f(c.x[i], c.y[i]);
        if (!c.low.empty()) f(c.x[i], c.low[i]), f(c.x[i], c.high[i]);
      }
}

std::string numbers_of(const LineChart& chart) {
  std::vector<double> xs;
  for (const Curve& c : chart.curves) xs.insert(xs.end(), c.x.begin(), c.x.end());
  std::sort(xs.begin(), xs.end());
  xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
  std::vector<std::string> head{chart.x_label};
  for (const Curve& c : chart.curves) head.push_back(c.name);
  std::vector<std::vector<std::string>> rows;
  for (double x : xs) {
    std::vector<std::string> row{short_number(x)};
    for (const Curve& c : chart.curves) {
      auto at = std::find(c.x.begin(), c.x.end(), x);
      double y = at == c.x.end() ? NAN : c.y[size_t(at - c.x.begin())];
      row.push_back(!std::isfinite(y) ? "" : chart.percent ? percent_text(y) : short_number(y));
    }
    rows.push_back(row);
  }
  return text("<details><summary>Numbers</summary>", html_table(head, rows), "</details>");
}

Json points_of(const LineChart& chart, const std::vector<Curve>& curves) {
  auto list = [](const std::vector<double>& v) {
    Json::Array out;
    for (double x : v) out.emplace_back(x);
    return Json(out);
  };
  Json::Array all;
  for (const Curve& c : curves) {
    Json j = Json::object();
    j.set("name", c.name);
    j.set("x", list(c.x));
    j.set("y", list(c.y));
    if (!c.low.empty()) j.set("low", list(c.low)), j.set("high", list(c.high));
    all.push_back(j);
  }
  Json data = Json::object();
  data.set("x_label", chart.x_label);
  data.set("percent", chart.percent);
  data.set("curves", Json(all));
  return data;
}

Curve finite_part(const Curve& c) {
  Curve out;
  out.name = c.name;
  for (size_t i = 0; i < c.y.size(); i++) {
    if (!std::isfinite(c.y[i])) continue;
    out.x.push_back(c.x[i]), out.y.push_back(c.y[i]);
    if (!c.low.empty()) out.low.push_back(c.low[i]), out.high.push_back(c.high[i]);
  }
  return out;
}

}  // namespace

std::string line_chart(const LineChart& chart) {
  std::vector<Curve> curves;
  for (const Curve& c : chart.curves) curves.push_back(finite_part(c));
  double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY;
  each_value(curves, [&](double x, double y) { x0 = std::min(x0, x), x1 = std::max(x1, x), y0 = std::min(y0, y), y1 = std::max(y1, y); });
  std::string caption = text("<figcaption>", escape_html(chart.title), "</figcaption>");
  if (!(x0 <= x1)) return text("<figure>", caption, "<p>No numbers.</p></figure>\n");

  Ticks ys(y0, y1, 5), xs(x0, x1, 8, true);
  double left = x0 < x1 ? x0 : xs.low, right = x0 < x1 ? x1 : xs.high;  // curves reach from edge to edge
  auto px = [&](double x) { return kLeft + (x - left) / (right - left) * (kWidth - kLeft - kRight); };
  auto py = [&](double y) { return kHeight - kBottom - ys.share(y) * (kHeight - kTop - kBottom); };

  std::string svg = text("<svg viewBox=\"0 0 ", kWidth, " ", kHeight, "\" role=\"img\" aria-label=\"", escape_html(chart.title), "\">");
  for (double y : ys.values())
    svg += text("<line class=\"grid\" x1=\"", n1(kLeft), "\" x2=\"", n1(kWidth - kRight), "\" y1=\"", n1(py(y)), "\" y2=\"", n1(py(y)), "\"/><text x=\"",
                n1(kLeft - 8), "\" y=\"", n1(py(y) + 4), "\" text-anchor=\"end\">", label(y, ys, chart.percent), "</text>");
  for (double x : xs.values())
    if (x >= left - 1e-9 && x <= right + 1e-9)
      svg += text("<text x=\"", n1(px(x)), "\" y=\"", n1(kHeight - kBottom + 18), "\" text-anchor=\"middle\">", label(x, xs, false), "</text>");
  svg += text("<text x=\"", n1((kLeft + kWidth - kRight) / 2), "\" y=\"", n1(kHeight - 6), "\" text-anchor=\"middle\">", escape_html(chart.x_label), "</text>");

  std::string legend;
  for (size_t i = 0; i < curves.size(); i++) {
    const Curve& c = curves[i];
    std::string colour = text("var(--c", i % 8, ")"), dash = kDashes[i / 8 % 4], path, band;
    for (size_t k = 0; k < c.y.size(); k++) path += text(k ? "L" : "M", n1(px(c.x[k])), " ", n1(py(c.y[k])));
    if (!c.low.empty()) {
      for (size_t k = 0; k < c.y.size(); k++) band += text(k ? "L" : "M", n1(px(c.x[k])), " ", n1(py(c.high[k])));
      for (size_t k = c.y.size(); k-- > 0;) band += text("L", n1(px(c.x[k])), " ", n1(py(c.low[k])));
      svg += text("<path d=\"", band, "Z\" style=\"fill:", colour, ";opacity:.15\"/>");
    }
    svg += text("<path d=\"", path, "\" fill=\"none\" stroke-width=\"2\" stroke-linejoin=\"round\" style=\"stroke:", colour, "\"",
                dash.empty() ? std::string() : text(" stroke-dasharray=\"", dash, "\""), "/>");
    if (c.y.size() <= 40)
      for (size_t k = 0; k < c.y.size(); k++)
        svg += text("<circle cx=\"", n1(px(c.x[k])), "\" cy=\"", n1(py(c.y[k])), "\" r=\"3\" style=\"fill:", colour, "\"/>");
    legend += text("<button type=\"button\" aria-pressed=\"true\"><i style=\"border-color:", colour, dash.empty() ? "" : ";border-top-style:dashed", "\"></i>",
                   escape_html(c.name), "</button>");
  }
  if (curves.size() > 1) legend = text("<div class=\"legend\">", legend, "</div>");
  else legend.clear();
  return text("<figure data-chart=\"", escape_html(points_of(chart, curves).dump(-1)), "\">", caption, legend, svg, "</svg><div class=\"plot\" hidden></div>",
              numbers_of(chart), "</figure>\n");
}

std::string svg_picture(const LineChart& chart) {
  std::string figure = line_chart(chart);
  size_t from = figure.find("<svg"), to = figure.find("</svg>");
  if (from == std::string::npos) return "";
  std::string svg = figure.substr(from, to + 6 - from);
  size_t inside = svg.find('>') + 1;
  // What a page's style sheet gives, on paper white.
  svg.insert(inside, text("<style>svg{font:12px system-ui,sans-serif;--c0:#2563eb;--c1:#ea580c;--c2:#16a34a;--c3:#9333ea;--c4:#dc2626;--c5:#0891b2;--c6:#ca8a04;"
                          "--c7:#4b5563}text{fill:#555}.grid{stroke:#ddd}.title{fill:#111;font-weight:600}</style><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
                          "<text class=\"title\" x=\"", n1(kLeft), "\" y=\"12\">", escape_html(chart.title), "</text>"));
  svg.insert(4, " xmlns=\"http://www.w3.org/2000/svg\"");
  return svg + "\n";
}

std::string spread_chart(const std::string& title, const std::vector<SpreadRow>& rows, bool percent) {
  double low = INFINITY, high = -INFINITY;
  size_t longest = 0;
  for (const SpreadRow& r : rows) {
    longest = std::max(longest, r.name.size());
    for (double v : r.values)
      if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  }
  std::string caption = text("<figcaption>", escape_html(title), "</figcaption>");
  if (!(low <= high)) return text("<figure>", caption, "<p>No numbers.</p></figure>\n");
  Ticks ticks(low, high, 6);
  constexpr double width = 900, line = 24;
  double from = 20 + std::min(300.0, 7.2 * double(longest)), height = line * double(rows.size()) + 34;
  auto px = [&](double v) { return from + ticks.share(v) * (width - from - 70); };
  auto show = [&](double v) { return percent ? percent_text(v) : short_number(v); };

  std::string svg = text("<svg viewBox=\"0 0 ", width, " ", height, "\" role=\"img\" aria-label=\"", escape_html(title), "\">");
  for (double v : ticks.values())
    svg += text("<line class=\"grid\" x1=\"", n1(px(v)), "\" x2=\"", n1(px(v)), "\" y1=\"0\" y2=\"", n1(height - 26), "\"/><text x=\"", n1(px(v)), "\" y=\"",
                n1(height - 8), "\" text-anchor=\"middle\">", label(v, ticks, percent), "</text>");
  for (size_t i = 0; i < rows.size(); i++) {
    double y = line * (double(i) + 0.5) + 2, sum = 0;
    std::vector<double> values;
    for (double v : rows[i].values)
      if (std::isfinite(v)) values.push_back(v), sum += v;
    svg += text("<text class=\"ink\" x=\"", n1(from - 12), "\" y=\"", n1(y + 4), "\" text-anchor=\"end\">", escape_html(rows[i].name), "</text>");
    if (values.empty()) continue;
    auto [least, most] = std::minmax_element(values.begin(), values.end());
    double mean = sum / double(values.size());
    svg += text("<line x1=\"", n1(px(*least)), "\" x2=\"", n1(px(*most)), "\" y1=\"", n1(y), "\" y2=\"", n1(y), "\" stroke-width=\"2\" style=\"stroke:var(--c0);opacity:.4\"/>");
    for (double v : values) svg += text("<circle cx=\"", n1(px(v)), "\" cy=\"", n1(y), "\" r=\"4\" style=\"fill:var(--c0);opacity:.45\"><title>", show(v), "</title></circle>");
    svg += text("<line x1=\"", n1(px(mean)), "\" x2=\"", n1(px(mean)), "\" y1=\"", n1(y - 8), "\" y2=\"", n1(y + 8),
                "\" stroke-width=\"3\" stroke-linecap=\"round\" style=\"stroke:var(--c0)\"/><text x=\"", n1(width - 4), "\" y=\"", n1(y + 4),
                "\" class=\"ink\" text-anchor=\"end\">", show(mean), "</text>");
  }
  return text("<figure>", caption, svg, "</svg></figure>\n");
}

}  // namespace tare::cli
