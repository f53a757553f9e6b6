// Text as a stream of characters, for language models: predict each character from those before it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/data/dataset.h"
#include "core/visitor.h"

namespace tare::data {

/// The characters (Unicode code points) of a text, numbered in their order.
class Vocabulary {
 public:
  Vocabulary() = default;
  /// Throws ValueError, naming the byte, for a text that is not UTF-8.
  explicit Vocabulary(std::string_view text);
  int64_t size() const { return int64_t(characters_.size()); }
  /// int64 [characters]. Throws ValueError for a character that the vocabulary lacks.
  Tensor encode(std::string_view text) const;
  /// Throws IndexError for a number outside of [0, size()).
  std::string decode(const Tensor& numbers) const;

 private:
  std::vector<std::string> characters_;  // sorted: a character's place is its number
};

struct TextOptions {
  std::string path{};            ///< a UTF-8 file, plain or compressed
  std::string text{};            ///< the text itself, when there is no path
  int64_t context = 64;          ///< characters a sample has
  int64_t stride = 1;            ///< characters from one sample's beginning to the next's
  std::string split = "all";     ///< or "train" (the beginning) or "test" (the end)
  double test_fraction = 0.1;    ///< part of the text that "test" has
  void visit(Visitor&);
};

/// Sample i is x = the `context` characters from i * stride on and y = the same one character later, both int64 [context]. The vocabulary is that of
/// the whole text, whatever the split. class_names() are the characters.
class TextDataset : public Dataset {
 public:
  using Options = TextOptions;
  explicit TextDataset(TextOptions o);
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
};

}  // namespace tare::data
