#include "core/data/text.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "core/input.h"

namespace tare::data {
namespace {

// Bytes of the UTF-8 character that begins at `at`, or 0 when none does (RFC 3629).
size_t character_length(std::string_view s, size_t at) {
  auto byte = [&](size_t i) { return at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0; };
  unsigned char first = byte(0);
  if (first < 0x80) return 1;
  size_t n = first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) == 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  for (size_t i = 1; i < n; i++)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // overlong forms, surrogates, beyond U+10FFFF
  if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) || (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  return n;
}

template <class F>
void for_each_character(std::string_view s, F&& f) {
  for (size_t at = 0; at < s.size();) {
    size_t n = character_length(s, at);
    check<ValueError>(n > 0, "byte ", at, " of the text does not begin a UTF-8 character");
    f(s.substr(at, n));
    at += n;
  }
}

std::string read_text(const TextOptions& o) {
  check<ConfigError>(o.path.empty() != o.text.empty(), "TextDataset: give either a path or the text itself");
  if (!o.text.empty()) return o.text;
  GzipInput in(o.path);
  std::string content(1 << 16, '\0');
  size_t size = 0;
  while (size_t n = in.read_some(content.data() + size, content.size() - size)) {
    size += n;
    if (size == content.size()) content.resize(2 * size);
  }
  content.resize(size);
  check<FileError>(size > 0, o.path, ": is empty");
  return content;
}

class TextSource : public Source {
 public:
  TextSource(Tensor stream, int64_t begin, int64_t end, const TextOptions& o, std::vector<std::string> names)
      : stream_(std::move(stream)), begin_(begin), context_(o.context), stride_(o.stride), count_((end - begin - 1 - o.context) / o.stride + 1), names_(std::move(names)) {}
  int64_t size() const override { return count_; }
  Batch get(std::span<const int64_t> indices) const override {
    Shape shape{int64_t(indices.size()), context_};
    Tensor x = empty(shape, DType::int64), y = empty(shape, DType::int64);
    size_t bytes = size_t(context_) * sizeof(int64_t);
    int64_t row = 0;
    for (int64_t i : indices) {
      const int64_t* from = stream_.data<int64_t>() + begin_ + i * stride_;
      std::memcpy(x.mutable_data<int64_t>() + row, from, bytes);
      std::memcpy(y.mutable_data<int64_t>() + row, from + 1, bytes);
      row += context_;
    }
    return {x, y};
  }
  std::vector<std::string> class_names() const override { return names_; }

 private:
  Tensor stream_;
  int64_t begin_, context_, stride_, count_;
  std::vector<std::string> names_;
};

}  // namespace

Vocabulary::Vocabulary(std::string_view text) {
  std::set<std::string_view> found;
  for_each_character(text, [&](std::string_view c) { found.insert(c); });
  characters_.assign(found.begin(), found.end());
}

Tensor Vocabulary::encode(std::string_view text) const {
  std::vector<int64_t> numbers;
  for_each_character(text, [&](std::string_view c) {
    auto found = std::lower_bound(characters_.begin(), characters_.end(), c);
    check<ValueError>(found != characters_.end() && *found == c, "Vocabulary: the character \"", c, "\" is none of its ", size());
    numbers.push_back(found - characters_.begin());
  });
  Tensor out = empty({int64_t(numbers.size())}, DType::int64);
  std::copy(numbers.begin(), numbers.end(), out.mutable_data<int64_t>());
  return out;
}

std::string Vocabulary::decode(const Tensor& numbers) const {
  std::string out;
  for (int64_t n : numbers.to_vector<int64_t>()) {
    check<IndexError>(n >= 0 && n < size(), "Vocabulary: there is no character ", n, "; there are ", size());
    out += characters_[size_t(n)];
  }
  return out;
}

void TextOptions::visit(Visitor& v) {
  v.option("path", path);
  v.option("text", text);
  v.option("context", context);
  v.option("stride", stride);
  v.option("split", split);
  v.option("test_fraction", test_fraction);
}

TextDataset::TextDataset(TextOptions o) {
  check<ValueError>(o.context > 0 && o.stride > 0, "TextDataset: context and stride must be positive, not ", o.context, " and ", o.stride);
  check<ConfigError>(o.split == "all" || o.split == "train" || o.split == "test", "TextDataset: split must be \"all\", \"train\" or \"test\", not \"", o.split, "\"");
  check<ValueError>(o.test_fraction >= 0 && o.test_fraction < 1, "TextDataset: test_fraction lies in [0, 1), not ", o.test_fraction);
  std::string content = read_text(o);
  Tensor stream;
  try {
    vocabulary_ = Vocabulary(content);
    stream = vocabulary_.encode(content);
  } catch (const ValueError& e) {
    throw FileError(tare::text(o.path.empty() ? "TextDataset" : o.path, ": ", e.what()));
  }
  int64_t all = stream.size(0), cut = all - int64_t(double(all) * o.test_fraction);
  int64_t begin = o.split == "test" ? cut : 0, end = o.split == "train" ? cut : all;
  check<ValueError>(end - begin > o.context, "TextDataset: a sample needs ", o.context + 1, " characters but the part \"", o.split, "\" has ", end - begin);
  std::vector<std::string> names;
  for (int64_t i = 0; i < vocabulary_.size(); i++) {
    Tensor one = empty({1}, DType::int64);
    one.mutable_data<int64_t>()[0] = i;
    names.push_back(vocabulary_.decode(one));
  }
  static_cast<Dataset&>(*this) = Dataset(std::make_shared<TextSource>(stream, begin, end, o, std::move(names)));
}

}  // namespace tare::data
