// Self-contained HTML pages: tables, and charts that are drawn as SVG when the page is written, so that they show without JavaScript.
// Where it runs, and Debian's libjs-chart.js was installed, Chart.js draws them anew with tooltips and a legend that switches curves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tare::cli {

std::string escape_html(std::string_view text);
/// Four significant digits.
std::string short_number(double v);
/// "12.3 kB", "1.20 Mflop": decimal prefixes.
std::string with_prefix(double v, std::string_view unit);
std::string percent_text(double share, int digits = 2);

struct Curve {
  std::string name;
  std::vector<double> x, y;
  std::vector<double> low, high;  ///< a band around y; may be empty
};
struct LineChart {
  std::string title, x_label;
  std::vector<Curve> curves;
  bool percent = false;  ///< values are shares
};
/// A figure: the curves, a legend when there are several, and their numbers to unfold. Points that are not finite are left out.
std::string line_chart(const LineChart& chart);
/// The same picture as an SVG file of its own.
std::string svg_picture(const LineChart& chart);

struct SpreadRow {
  std::string name;
  std::vector<double> values;  ///< one a run
};
/// A figure with a line for each row: its values as dots and their mean as a bar.
std::string spread_chart(const std::string& title, const std::vector<SpreadRow>& rows, bool percent);

/// `align` has a letter for each column: l for text, w for text that may wrap, r for numbers, which is also what a missing letter means.
/// Cells are HTML.
std::string html_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows, std::string_view align = "l");
/// Figures to read first: (label, value) pairs.
std::string html_cards(const std::vector<std::pair<std::string, std::string>>& cards);

class Page {
 public:
  explicit Page(std::string title, std::string subtitle = "");
  /// A heading of the second level and its content.
  void section(std::string_view heading, std::string_view html);
  void add(std::string_view html) { body_ += html; }
  std::string str() const;
  /// Atomic.
  void write(const std::string& file) const;

 private:
  std::string title_, body_;
};

}  // namespace tare::cli
