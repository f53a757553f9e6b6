// Tables of numbers from CSV files (RFC 4180: quoted fields, CRLF or LF line ends; gzip-compressed files are understood).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/visitor.h"

namespace tare::data {

enum class CsvTarget { classes, values, none };

struct CsvOptions {
  std::string path{};
  std::string delimiter = ",";        ///< one character, or "tab"
  std::optional<bool> header{};       ///< whether the first line names the columns; null: when any of its fields is not a number
  std::string target{};               ///< name or index (from 0) of the target's column; "": the last
  CsvTarget targets = CsvTarget::classes;  ///< "classes": labels int64; "values": numbers float32; "none": all columns are inputs
  std::optional<int64_t> limit{};
  void visit(Visitor&);
};

/// One sample a row: x float32 [columns], y a label or a number. Whole numbers from 0 are labels as they are; any other texts become labels in
/// alphabetical order, and class_names() says which. Throws FileError naming file, line and column for ragged rows, unfinished quotes, fields
/// that should be numbers and are not, and for an empty file.
struct CSV : Dataset {
  using Options = CsvOptions;
  explicit CSV(CsvOptions o);
};

struct DigitsOptions {
  std::string path{};  ///< "": scikit-learn's file, where Debian puts it
  std::optional<int64_t> limit{};
  void visit(Visitor&);
};
/// 1797 handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak 1998), lines of 64 numbers from 0 to 16 and the digit: x float32 [1, 8, 8] in [0, 1].
struct Digits : Dataset {
  using Options = DigitsOptions;
  explicit Digits(DigitsOptions o = {});
};

}  // namespace tare::data
