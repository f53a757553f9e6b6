#include "core/data/csv.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "core/input.h"

namespace tare::data {
namespace {

std::string whole_content(const std::string& path) {
  GzipInput in(path);
  std::string content;
  for (size_t size = 0;;) {
    content.resize(std::max<size_t>(1 << 16, 2 * size));
    size_t n = in.read_some(content.data() + size, content.size() - size);
    size += n;
    if (n > 0) continue;
    content.resize(size);
    return content;
  }
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

bool parse_number(std::string_view s, double& v) {
  s = trimmed(s);
  if (!s.empty() && s.front() == '+') s.remove_prefix(1);
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  return error == std::errc() && end == s.data() + s.size() && !s.empty() && std::isfinite(v);
}

// Reads rows off a text.
class CsvReader {
 public:
  CsvReader(std::string_view s, char delimiter, const std::string& path) : s_(s), delimiter_(delimiter), path_(path) {
    if (s_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;  // a byte order mark
  }
  /// The next row that is not empty; false at the end.
  bool next(std::vector<std::string>& row, int64_t& line) {
    for (;;) {
      if (at_ >= s_.size()) return false;
      line = line_;
      row.clear();
      do row.push_back(field());
      while (take(delimiter_));
      end_line();
      if (row.size() > 1 || !trimmed(row[0]).empty()) return true;
    }
  }

 private:
  bool take(char c) {
    if (at_ >= s_.size() || s_[at_] != c) return false;
    at_++;
    return true;
  }
  void end_line() {
    bool cr = take('\r');
    if (!take('\n')) check<FileError>(at_ >= s_.size() || cr, path_, ": line ", line_, ": text follows a quoted field");
    line_++;
  }
  std::string field() {
    if (take('"')) return quoted();
    size_t begin = at_;
    while (at_ < s_.size() && s_[at_] != delimiter_ && s_[at_] != '\n' && s_[at_] != '\r') at_++;
    return std::string(s_.substr(begin, at_ - begin));
  }
  std::string quoted() {
    std::string out;
    int64_t first = line_;
    for (;;) {
      check<FileError>(at_ < s_.size(), path_, ": line ", first, ": a quoted field does not end");
      char c = s_[at_++];
      if (c == '"' && !take('"')) return out;
      line_ += c == '\n';
      out += c;
    }
  }

  std::string_view s_;
  char delimiter_;
  const std::string& path_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

// The columns of a table, known after its first line.
struct Columns {
  std::vector<std::string> names;  // empty without a header line
  size_t count, target;            // target == count: there is none
};

size_t find_target(const Columns& columns, const CsvOptions& o) {
  if (o.targets == CsvTarget::none) return columns.count;
  if (o.target.empty()) return columns.count - 1;
  auto named = std::find(columns.names.begin(), columns.names.end(), o.target);
  if (named != columns.names.end()) return size_t(named - columns.names.begin());
  double index = -1;
  if (parse_number(o.target, index) && index >= 0 && index < double(columns.count) && index == double(size_t(index))) return size_t(index);
  std::vector<std::string_view> names(columns.names.begin(), columns.names.end());
  std::string near = nearest(o.target, names.data(), names.size());
  throw ConfigError(text("CSV: ", o.path, " has no column \"", o.target, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?"), " (it has ",
                         columns.count, " columns)"));
}

// Targets as they come in, row by row: numbers as long as all are, texts from the first that is not.
class Labels {
 public:
  void add(std::string_view cell) {
    double v = -1;
    bool number = parse_number(cell, v) && v >= 0 && v < 1e6 && v == double(int64_t(v));
    if (number && names_.empty()) {
      values_.push_back(int64_t(v));
      spellings_.emplace(int64_t(v), trimmed(cell));
      return;
    }
    if (names_.empty())  // the labels so far were texts that looked like numbers
      for (const auto& [value, spelling] : spellings_) names_.emplace(spelling, value);
    auto [it, added] = names_.emplace(trimmed(cell), fresh_);
    fresh_ += added;
    values_.push_back(it->second);
  }
  Tensor finish(std::vector<std::string>& class_names) {
    std::map<int64_t, int64_t> label;  // from the provisional number to the place in the alphabet
    for (const auto& [name, provisional] : names_) {
      label.emplace(provisional, int64_t(class_names.size()));
      class_names.push_back(name);
    }
    Tensor y = empty({int64_t(values_.size())}, DType::int64);
    for (size_t i = 0; i < values_.size(); i++) y.mutable_data<int64_t>()[i] = names_.empty() ? values_[i] : label.at(values_[i]);
    return y;
  }

 private:
  std::vector<int64_t> values_;
  std::map<int64_t, std::string> spellings_;
  std::map<std::string, int64_t> names_;
  int64_t fresh_ = 1'000'000;  // beyond every number that counts as a label
};

Tensor float_tensor(const std::vector<float>& v, const Shape& shape) {
  Tensor t = empty(shape, DType::float32);
  std::copy(v.begin(), v.end(), t.mutable_data<float>());
  return t;
}

Dataset load_csv(const CsvOptions& o) {
  check<ConfigError>(o.delimiter.size() == 1 || o.delimiter == "tab", "CSV: the delimiter must be one character or \"tab\", not \"", o.delimiter, "\"");
  check<ValueError>(!o.limit || *o.limit > 0, "CSV: limit must be positive, not ", o.limit.value_or(0));
  std::string content = whole_content(o.path);
  CsvReader reader(content, o.delimiter == "tab" ? '\t' : o.delimiter[0], o.path);
  std::vector<std::string> row;
  int64_t line = 0, rows = 0;
  check<FileError>(reader.next(row, line), o.path, ": is empty");

  double number = 0;
  Columns columns{{}, row.size(), 0};
  bool header = o.header.value_or(std::any_of(row.begin(), row.end(), [&](const std::string& cell) { return !parse_number(cell, number); }));
  if (header)
    for (const std::string& name : row) columns.names.emplace_back(trimmed(name));
  columns.target = find_target(columns, o);
  int64_t inputs = int64_t(columns.count) - (columns.target < columns.count);
  check<FileError>(inputs > 0, o.path, ": has no columns besides the target");

  std::vector<float> x, y;
  Labels labels;
  auto add_number = [&](std::vector<float>& to, size_t column) {
    if (parse_number(row[column], number)) return to.push_back(static_cast<float>(number));
    std::string name = columns.names.empty() ? text(column) : text('"', columns.names[column], '"');
    throw FileError(text(o.path, ": line ", line, ", column ", name, ": expected a number but found \"", row[column].substr(0, 40), "\""));
  };
  for (bool more = header ? reader.next(row, line) : true; more && rows < o.limit.value_or(INT64_MAX); more = reader.next(row, line)) {
    check<FileError>(row.size() == columns.count, o.path, ": line ", line, ": expected ", columns.count, " columns as in the first line but found ", row.size());
    for (size_t c = 0; c < columns.count; c++) {
      if (c != columns.target) add_number(x, c);
      else if (o.targets == CsvTarget::values) add_number(y, c);
      else labels.add(row[c]);
    }
    rows++;
  }
  check<FileError>(rows > 0, o.path, ": has no rows");
  std::vector<std::string> names;
  Tensor targets;
  if (o.targets == CsvTarget::classes) targets = labels.finish(names);
  if (o.targets == CsvTarget::values) targets = float_tensor(y, {rows});
  return TensorDataset(float_tensor(x, {rows, inputs}), targets, std::move(names));
}

Dataset load_digits(const DigitsOptions& o) {
  std::string path = o.path.empty() ? "/usr/lib/python3/dist-packages/sklearn/datasets/data/digits.csv.gz" : o.path;
  struct stat status;
  check<FileError>(stat(path.c_str(), &status) == 0, "cannot find ", path,
                   "; install the Debian package python3-sklearn, or name scikit-learn's digits.csv (option path)");
  Batch all = load_csv({.path = path, .header = false, .targets = CsvTarget::classes, .limit = o.limit}).all();
  check<FileError>(all.x.size(1) == 64, path, ": expected 64 pixels and a digit in each line but there are ", all.x.size(1) + 1, " columns");
  float* x = all.x.mutable_data<float>();
  for (int64_t i = 0; i < all.x.numel(); i++) {
    check<FileError>(x[i] >= 0 && x[i] <= 16, path, ": a pixel lies in [0, 16] but sample ", i / 64, " has ", x[i]);
    x[i] /= 16;
  }
  for (int64_t label : all.y.to_vector<int64_t>()) check<FileError>(label < 10, path, ": the label ", label, " is no digit");
  Shape shape{all.x.size(0), 1, 8, 8};
  return TensorDataset(view_of(all.x, shape, contiguous_strides(shape), 0), all.y, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

}  // namespace

void CsvOptions::visit(Visitor& v) {
  constexpr std::string_view names[] = {"classes", "values", "none"};
  v.option("path", path);
  v.option("delimiter", delimiter);
  v.option("header", header);
  v.option("target", target);
  v.option("targets", targets, names);
  v.option("limit", limit);
}
CSV::CSV(CsvOptions o) : Dataset(load_csv(o)) {}

void DigitsOptions::visit(Visitor& v) {
  v.option("path", path);
  v.option("limit", limit);
}
Digits::Digits(DigitsOptions o) : Dataset(load_digits(o)) {}

}  // namespace tare::data
