#include "examples/cli/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/base64.h"
#include "core/data/image_file.h"
#include "examples/cli/layers.h"
#include "examples/cli/page.h"

namespace tare::cli {
namespace {

constexpr int64_t kMistakes = 48;           // pictures in the grid
constexpr int64_t kMatrixClasses = 24;      // more would not fit a screen: then the commonest confusions are listed
constexpr size_t kCommonConfusions = 30;

std::optional<double> number(const Json& epoch, const char* key) {
  const Json* v = epoch.find(key);
  if (!v || v->is_null()) return {};
  return v->as_double();
}

Curve curve(const std::vector<Json>& epochs, const char* name, const char* key) {
  Curve c;
  c.name = name;
  for (const Json& e : epochs)
    if (auto v = number(e, key)) c.x.push_back(e.at("epoch").as_double()), c.y.push_back(*v);
  return c;
}

std::string charts(const std::vector<Json>& epochs) {
  std::string out = "<div class=\"two\">";
  for (bool accuracy : {false, true}) {
    LineChart chart{accuracy ? "Accuracy" : "Loss", "epoch", {}, accuracy};
    chart.curves = {curve(epochs, "training", accuracy ? "train_accuracy" : "train_loss"), curve(epochs, "test", accuracy ? "test_accuracy" : "test_loss")};
    std::erase_if(chart.curves, [](const Curve& c) { return c.y.empty(); });
    if (!chart.curves.empty()) out += line_chart(chart);
  }
  return out + "</div>";
}

std::string epoch_table(const std::vector<Json>& epochs) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& e : epochs) {
    std::vector<std::string> row{text(e.at("epoch").as_int()), text(e.at("step").as_int())};
    for (const char* key : {"train_loss", "train_accuracy", "test_loss", "test_accuracy", "lr", "seconds"}) {
      auto v = number(e, key);
      bool share = std::string_view(key).find("accuracy") != std::string_view::npos;
      row.push_back(!v ? "" : share ? percent_text(*v) : short_number(*v));
    }
    rows.push_back(row);
  }
  return html_table({"epoch", "step", "training loss", "training accuracy", "test loss", "test accuracy", "learning rate", "seconds"}, rows, "");
}

struct Confusion {
  std::vector<std::string> names;
  std::vector<std::vector<int64_t>> count;  // [label][prediction]
  int64_t of(size_t label) const {
    int64_t n = 0;
    for (int64_t c : count[label]) n += c;
    return n;
  }
};

Confusion confusion_of(const Trainer& trainer, const Predictions& p) {
  int64_t classes = 1;
  for (size_t i = 0; i < p.labels.size(); i++) classes = std::max({classes, p.labels[i] + 1, p.guesses[i] + 1});
  Confusion c;
  c.names = trainer.test_set().class_names();
  for (int64_t i = int64_t(c.names.size()); i < classes; i++) c.names.push_back(text(i));
  c.count.assign(c.names.size(), std::vector<int64_t>(c.names.size(), 0));
  for (size_t i = 0; i < p.labels.size(); i++)
    if (p.labels[i] >= 0) c.count[size_t(p.labels[i])][size_t(p.guesses[i])]++;
  return c;
}

std::string matrix(const Confusion& c) {
  size_t n = c.names.size();
  std::string out = "<div class=\"scroll\"><table class=\"matrix\"><thead><tr><th class=\"l\">true \\ predicted</th>";
  for (auto& name : c.names) out += text("<th style=\"text-align:center\">", escape_html(name), "</th>");
  out += "<th>recall</th></tr></thead><tbody>\n";
  for (size_t i = 0; i < n; i++) {
    double total = double(std::max<int64_t>(1, c.of(i)));
    out += text("<tr><th class=\"l\">", escape_html(c.names[i]), "</th>");
    for (size_t k = 0; k < n; k++) {
      // The root makes the few mistakes visible beside the many hits.
      double share = double(c.count[i][k]) / total, shade = std::sqrt(share);
      const char* hue = i == k ? "42,120,214" : "210,63,62";
      char style[64];
      std::snprintf(style, sizeof style, "background:rgba(%s,%.2f)", hue, shade);
      out += c.count[i][k] == 0 ? std::string("<td class=\"zero\">0</td>")
                                : text("<td", shade > 0.6 ? " class=\"hi\"" : "", " style=\"", style, "\" title=\"", percent_text(share, 1), "\">", c.count[i][k], "</td>");
    }
    out += text("<td>", percent_text(double(c.count[i][i]) / total, 1), "</td></tr>\n");
  }
  out += "</tbody><tfoot><tr><th class=\"l\">precision</th>";
  for (size_t k = 0; k < n; k++) {
    int64_t taken = 0;
    for (size_t i = 0; i < n; i++) taken += c.count[i][k];
    out += text("<td>", taken ? percent_text(double(c.count[k][k]) / double(taken), 1) : "", "</td>");
  }
  return out + "<td></td></tr></tfoot></table></div>\n";
}

std::string common_confusions(const Confusion& c) {
  std::vector<std::array<int64_t, 3>> pairs;
  for (size_t i = 0; i < c.names.size(); i++)
    for (size_t k = 0; k < c.names.size(); k++)
      if (i != k && c.count[i][k]) pairs.push_back({c.count[i][k], int64_t(i), int64_t(k)});
  std::stable_sort(pairs.begin(), pairs.end(), [](auto& a, auto& b) { return a[0] > b[0]; });
  if (pairs.size() > kCommonConfusions) pairs.resize(kCommonConfusions);
  std::vector<std::vector<std::string>> rows;
  for (auto [n, i, k] : pairs)
    rows.push_back({escape_html(c.names[size_t(i)]), escape_html(c.names[size_t(k)]), text(n), percent_text(double(n) / double(c.of(size_t(i))), 1)});
  return html_table({"true", "predicted", "times", "share of the class"}, rows, "ll");
}

/// uint8 [channels, height, width] for PNG, stretched to the full range; undefined for what is no image.
Tensor picture(const Tensor& x) {
  if (x.dim() != 2 && x.dim() != 3) return {};
  int64_t channels = x.dim() == 3 ? x.size(0) : 1, h = x.size(-2), w = x.size(-1);
  if (channels != 1 && channels != 3) channels = 1;  // the first one
  if (h < 2 || w < 2 || h > 512 || w > 512) return {};
  auto values = x.to_vector<double>();
  values.resize(size_t(channels * h * w));
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  double from = *low, range = *high > *low ? *high - *low : 1;
  Tensor out = empty({channels, h, w}, DType::uint8);
  for (size_t i = 0; i < values.size(); i++) out.mutable_data<uint8_t>()[i] = uint8_t(std::lround((values[i] - from) / range * 255));
  return out;
}

std::string mistakes(const Trainer& trainer, const Predictions& p, const Confusion& c) {
  std::vector<int64_t> wrong;
  for (size_t i = 0; i < p.labels.size(); i++)
    if (p.labels[i] != p.guesses[i]) wrong.push_back(int64_t(i));
  std::stable_sort(wrong.begin(), wrong.end(), [&](int64_t a, int64_t b) { return p.confidence[size_t(a)] > p.confidence[size_t(b)]; });
  std::string grid;
  for (int64_t i : wrong) {
    Tensor image = picture(trainer.test_set()[i].x);
    if (!image.defined()) return "";
    std::string png = data::png_bytes(image), code;
    base64_encode(code, png.data(), png.size());
    size_t label = size_t(p.labels[size_t(i)]), guess = size_t(p.guesses[size_t(i)]);
    std::string name = escape_html(c.names[label]), taken = escape_html(c.names[guess]);
    grid += text("<figure><img alt=\"test image ", i, ", ", name, "\" title=\"test image ", i, "\" src=\"data:image/png;base64,", code, "\"><b>", taken, "</b><span>is ", name,
                 "</span><span>", percent_text(p.confidence[size_t(i)], 0), " sure</span></figure>\n");
    if (i == wrong[size_t(std::min<int64_t>(kMistakes, int64_t(wrong.size())) - 1)]) break;
  }
  if (grid.empty()) return "";
  return text("<p>", int64_t(wrong.size()), " of ", int64_t(p.labels.size()), " test images are mistaken; these are the ones the model was surest of.</p><div class=\"faces\">", grid,
              "</div>");
}

std::string layer_table(Trainer& trainer) {
  const data::Dataset& set = trainer.test_set().size() ? trainer.test_set() : trainer.train_set();
  std::vector<std::vector<std::string>> rows;
  for (const LayerRow& r : layers_of(trainer.model(), set.get({0}).x)) {
    std::string shape = r.called ? text(r.output) : "";
    rows.push_back({text("<code>", escape_html(r.path), "</code>"), escape_html(r.type), escape_html(shape), r.parameters ? text(r.parameters) : "", escape_html(r.options)});
  }
  rows.push_back({"", "<b>in all</b>", "", text("<b>", trainer.model().num_parameters(), "</b>"), ""});
  return text("<p>Output shapes for a batch of one sample.</p>", html_table({"path", "type", "output", "parameters", "options"}, rows, "lllrw"));
}

}  // namespace

void write_report(const std::string& file, const std::string& title, const std::vector<Json>& epochs, Trainer& trainer) {
  const Json* description = trainer.config().document.find("description");
  Page page(title, description && description->is_string() ? description->as_string() : "");

  double best = -1, seconds = 0;
  for (const Json& e : epochs) best = std::max(best, number(e, "test_accuracy").value_or(-1)), seconds += number(e, "seconds").value_or(0);
  std::vector<std::pair<std::string, std::string>> cards;
  if (!epochs.empty()) {
    const Json& last = epochs.back();
    if (auto v = number(last, "test_accuracy")) cards.emplace_back("test accuracy", percent_text(*v));
    if (best >= 0) cards.emplace_back("best of all epochs", percent_text(best));
    if (auto v = number(last, "test_loss")) cards.emplace_back("test loss", short_number(*v));
  }
  cards.emplace_back("parameters", with_prefix(double(trainer.model().num_parameters()), ""));
  cards.emplace_back("steps", text(trainer.steps_done()));
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f s", seconds);
  cards.emplace_back("time", buffer);
  page.add(html_cards(cards));

  if (!epochs.empty()) page.section("Curves", charts(epochs) + epoch_table(epochs));
  if (Predictions p = trainer.predict(); !p.labels.empty()) {
    Confusion c = confusion_of(trainer, p);
    bool fits = int64_t(c.names.size()) <= kMatrixClasses;
    page.section(fits ? "Confusion matrix" : "Commonest confusions", fits ? matrix(c) : common_confusions(c));
    if (std::string grid = mistakes(trainer, p, c); !grid.empty()) page.section("Mistakes", grid);
  }
  page.section("Layers", layer_table(trainer));
  page.section("Config", text("<details><summary>Show</summary><pre>", escape_html(trainer.config().document.dump(2)), "</pre></details>"));
  page.write(file);
}

}  // namespace tare::cli
