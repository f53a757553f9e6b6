#include "core/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "core/pack.h"

namespace tare::data {
namespace {

constexpr int64_t kTargetPiece = 4096;  // samples fetched at a time when all targets are asked for

class TensorSource : public Source {
 public:
  TensorSource(Tensor x, Tensor y, std::vector<std::string> names) : x_(std::move(x)), y_(std::move(y)), names_(std::move(names)) {}
  int64_t size() const override { return x_.size(0); }
  Batch get(std::span<const int64_t> indices) const override { return {rows(x_, indices), y_.defined() ? rows(y_, indices) : Tensor()}; }
  Tensor targets() const override { return y_; }
  std::vector<std::string> class_names() const override { return names_; }

 private:
  Tensor x_, y_;
  std::vector<std::string> names_;
};

class SubsetSource : public Source {
 public:
  SubsetSource(Dataset whole, std::vector<int64_t> indices) : whole_(std::move(whole)), indices_(std::move(indices)) {
    for (int64_t i : indices_)
      check<IndexError>(i >= 0 && i < whole_.size(), "subset: the index ", i, " is outside of a data set of ", whole_.size(), " samples");
  }
  int64_t size() const override { return int64_t(indices_.size()); }
  Batch get(std::span<const int64_t> indices) const override {
    std::vector<int64_t> inner;
    inner.reserve(indices.size());
    for (int64_t i : indices) inner.push_back(indices_[size_t(i)]);
    return whole_.get(inner);
  }
  Tensor targets() const override {
    Tensor all = whole_.targets();
    return all.defined() ? rows(all, indices_) : all;
  }
  std::vector<std::string> class_names() const override { return whole_.class_names(); }

 private:
  Dataset whole_;
  std::vector<int64_t> indices_;
};

Tensor without_first_axis(const Tensor& t) {
  return t.defined() ? view_of(t, t.shape().slice(1), t.strides().slice(1), t.impl().offset) : t;
}

}  // namespace

Source::~Source() = default;

Tensor Source::targets() const {
  int64_t n = size();
  Tensor all;
  std::vector<int64_t> indices;
  for (int64_t at = 0; at < n; at += kTargetPiece) {
    indices.resize(size_t(std::min(kTargetPiece, n - at)));
    std::iota(indices.begin(), indices.end(), at);
    Tensor y = get(indices).y;
    if (!y.defined()) return {};
    y = packed(y);
    if (!all.defined()) {
      Shape shape = y.shape();
      shape[0] = n;
      all = empty(shape, y.dtype());
    }
    std::memcpy(static_cast<char*>(all.mutable_raw()) + at * (int64_t(byte_size(all)) / n), y.raw(), byte_size(y));
  }
  return all;
}

std::vector<std::string> Source::class_names() const { return {}; }

int64_t Dataset::size() const { return source_ ? source_->size() : 0; }

Batch Dataset::get(std::span<const int64_t> indices) const {
  int64_t n = size();
  for (int64_t i : indices) check<IndexError>(i >= 0 && i < n, "Dataset: the index ", i, " is outside of a data set of ", n, " samples");
  check<ValueError>(bool(source_), "Dataset: an empty data set has no samples to get");
  return source_->get(indices);
}

Batch Dataset::operator[](int64_t index) const {
  Batch b = get({index});
  return {without_first_axis(b.x), without_first_axis(b.y)};
}

Batch Dataset::all() const {
  std::vector<int64_t> indices(static_cast<size_t>(size()));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  return get(indices);
}

Tensor Dataset::targets() const { return source_ ? source_->targets() : Tensor(); }
std::vector<std::string> Dataset::class_names() const { return source_ ? source_->class_names() : std::vector<std::string>(); }

void TensorDatasetOptions::visit(Visitor& v) {
  v.option("x", x);
  v.option("y", y);
}

TensorDataset::TensorDataset(const TensorDatasetOptions& o) : TensorDataset(o.x, o.y) {}

TensorDataset::TensorDataset(const Tensor& x, const Tensor& y, std::vector<std::string> class_names) {
  check<ShapeError>(x.defined() && x.dim() >= 1, "TensorDataset: x needs a first axis that counts the samples");
  check<ShapeError>(!y.defined() || (y.dim() >= 1 && y.size(0) == x.size(0)), "TensorDataset: expected as many targets as inputs but x is ", x.shape(),
                    " and y is ", y.defined() ? y.shape() : Shape{});
  static_cast<Dataset&>(*this) = Dataset(std::make_shared<TensorSource>(alias(packed(x)), y.defined() ? alias(packed(y)) : y, std::move(class_names)));
}

Dataset subset(const Dataset& whole, std::vector<int64_t> indices) { return Dataset(std::make_shared<SubsetSource>(whole, std::move(indices))); }

Dataset first(const Dataset& whole, int64_t n) {
  check<ValueError>(n >= 0, "first: expected a number of samples but found ", n);
  if (n >= whole.size()) return whole;
  std::vector<int64_t> indices(static_cast<size_t>(n));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  return subset(whole, std::move(indices));
}

std::vector<Dataset> random_split(const Dataset& whole, const std::vector<double>& parts, uint64_t seed) {
  double sum = 0, n = double(whole.size());
  for (double p : parts) {
    check<ValueError>(p >= 0, "random_split: a part cannot be ", p);
    sum += p;
  }
  bool shares = std::abs(sum - 1) < 1e-6 && !(n == 1 && sum == 1);
  check<ValueError>(shares || sum == n, "random_split: the parts add up to ", sum, " but the data set has ", n, " samples (shares add up to 1)");
  std::vector<int64_t> order = permutation(whole.size(), derive(seed, 0, 0));
  std::vector<Dataset> out;
  double end = 0;
  size_t at = 0;
  for (size_t i = 0; i < parts.size(); i++) {
    end += parts[i];
    size_t to = i + 1 == parts.size() ? order.size() : std::min(order.size(), size_t(std::llround(shares ? end * n : end)));
    out.push_back(subset(whole, {order.begin() + int64_t(at), order.begin() + int64_t(to)}));
    at = to;
  }
  return out;
}

Tensor rows(const Tensor& t, std::span<const int64_t> indices) {
  Tensor from = packed(t);
  int64_t n = from.size(0), width = n == 0 ? 0 : int64_t(byte_size(from)) / n;
  Shape shape = from.shape();
  shape[0] = int64_t(indices.size());
  Tensor out = empty(shape, from.dtype());
  const char* source = static_cast<const char*>(from.raw());
  char* to = static_cast<char*>(out.mutable_raw());
  for (int64_t i : indices) {
    check<IndexError>(i >= 0 && i < n, "rows: the index ", i, " is outside of ", from.shape());
    std::memcpy(to, source + i * width, size_t(width));
    to += width;
  }
  return out;
}

std::vector<int64_t> permutation(int64_t n, Generator g) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = n - 1; i > 0; i--) std::swap(order[size_t(i)], order[size_t(g.below(i + 1))]);  // Fisher and Yates
  return order;
}

}  // namespace tare::data
