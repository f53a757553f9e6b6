// Shape: up to eight sizes (or strides, or axes) held in place.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string>

#include "core/error.h"

namespace tare {

/// A short list of int64: the sizes of a tensor, its strides, or a list of axes. At most eight entries, no allocation.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> values) { assign(values.begin(), values.size()); }
  explicit Shape(std::span<const int64_t> values) { assign(values.data(), values.size()); }
  Shape(int rank, int64_t value) {
    reserve(rank);
    for (int i = 0; i < rank; i++) values_[i] = value;
    rank_ = static_cast<uint8_t>(rank);
  }
  Shape(const Shape& o) : rank_(o.rank_) { copy(o); }
  Shape& operator=(const Shape& o) {
    rank_ = o.rank_;
    copy(o);
    return *this;
  }

  int size() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  int64_t operator[](int i) const { return values_[i]; }
  int64_t& operator[](int i) { return values_[i]; }
  int64_t back() const { return values_[rank_ - 1]; }
  int64_t& back() { return values_[rank_ - 1]; }
  const int64_t* begin() const { return values_; }
  const int64_t* end() const { return values_ + rank_; }
  int64_t* begin() { return values_; }
  int64_t* end() { return values_ + rank_; }
  operator std::span<const int64_t>() const { return {values_, size_t(rank_)}; }

  void push_back(int64_t v) {
    reserve(rank_ + 1);
    values_[rank_++] = v;
  }
  void insert(int at, int64_t v) {
    reserve(rank_ + 1);
    for (int i = rank_; i > at; i--) values_[i] = values_[i - 1];
    values_[at] = v;
    rank_++;
  }
  void erase(int at) {
    for (int i = at; i + 1 < rank_; i++) values_[i] = values_[i + 1];
    rank_--;
  }
  void resize(int rank, int64_t fill = 0) {
    reserve(rank);
    for (int i = rank_; i < rank; i++) values_[i] = fill;
    rank_ = static_cast<uint8_t>(rank);
  }
  /// Entries [from, to); negative `to` counts from the end.
  Shape slice(int from, int to = max_rank) const {
    if (to > rank_) to = rank_;
    if (to < 0) to += rank_;
    Shape out;
    for (int i = from; i < to; i++) out.push_back(values_[i]);
    return out;
  }
  Shape concat(const Shape& o) const {
    Shape out = *this;
    for (int64_t v : o) out.push_back(v);
    return out;
  }
  /// Number of elements of a tensor of this shape; 1 for rank 0.
  int64_t numel() const {
    int64_t n = 1;
    for (int i = 0; i < rank_; i++) n *= values_[i];
    return n;
  }
  bool operator==(const Shape& o) const {
    if (rank_ != o.rank_) return false;
    for (int i = 0; i < rank_; i++)
      if (values_[i] != o.values_[i]) return false;
    return true;
  }

 private:
  // Four entries, in use or not, are two moves of vectors; a loop over those in use becomes a call of memcpy, and tensors are made millions of
  // times.
  void copy(const Shape& o) {
    std::memcpy(values_, o.values_, 4 * sizeof(int64_t));
    if (rank_ > 4) [[unlikely]] std::memcpy(values_ + 4, o.values_ + 4, 4 * sizeof(int64_t));
  }
  static void reserve(int rank) { check<ShapeError>(rank <= max_rank, "Shape: at most 8 dimensions are supported, not ", rank); }
  void assign(const int64_t* v, size_t n) {
    reserve(static_cast<int>(n > 100 ? 100 : n));
    for (size_t i = 0; i < n; i++) values_[i] = v[i];
    rank_ = static_cast<uint8_t>(n);
  }
  int64_t values_[max_rank];
  uint8_t rank_ = 0;
};

/// "[2, 3]".
void append(std::string& out, const Shape& s);

/// Row-major strides in elements.
Shape contiguous_strides(const Shape& shape);

/// Maps a negative axis to its positive form; throws IndexError naming `what` when it is out of range. Rank 0 counts as 1.
int normalize_axis(std::string_view what, int64_t axis, int rank);
/// All axes of the list made positive, checked for duplicates; an empty list means every axis.
Shape normalize_axes(std::string_view what, const Shape& axes, int rank);

/// NumPy broadcasting of two shapes; throws ShapeError naming `what` and both shapes.
Shape broadcast_shapes(std::string_view what, const Shape& a, const Shape& b);

}  // namespace tare
