// Data of the experiments in tensors, and the forms they are wanted in.
#pragma once

#include <string>

#include "core/tensor.h"

namespace tare::papers {

struct Split {
  Tensor x, y;            ///< to train with
  Tensor x_test, y_test;
};
/// The first images of Fashion-MNIST (Debian package dataset-fashion-mnist), shuffled already: x float32 (n, 1, 28, 28) in [0, 1], y int64. Throws
/// FileError where it is not installed.
Split fashion(int64_t train, int64_t test);
/// 8 x 8 grey images with levels 0 .. 16, (n, 64) float32, divided at random (the same way always): scikit-learn's digits where python3-sklearn is
/// installed, otherwise 1797 images of Fashion-MNIST shrunk to this form, which are harder; `source` says which in words, for a note.
struct Digits : Split {
  const char* source;
  bool genuine;  ///< they are scikit-learn's: what bounds that were found on those stand on
};
Digits digits(int64_t train = 1400);
/// The same as images, (n, 1, 8, 8) in [0, 1].
Digits digit_images(int64_t train = 1200);

/// Grey levels as flows need them: (x + u) / 17 with u ~ U(0, 1), logit(0.05 + 0.9 x), then mean 0 and deviation 1 of each pixel of the training part.
/// `shuffled`: pixels in one fixed random order.
struct Levels {
  Tensor train, test;
};
Levels continuous_levels(const Digits& d, bool shuffled = false);

/// The first characters of the King James Bible, without the numbers of its verses (Debian packages bible-kjv and bible-kjv-text). Throws FileError
/// where they are not installed or have fewer.
std::string bible(int64_t characters);

// ---- forms

/// Images as rows: (n, ...) -> (n, numbers of a sample).
Split flattened(const Split& s);
/// Means over squares of `side` pixels: (n, 1, 28, 28) -> (n, 1, 14, 14) for 2.
Split pooled(const Split& s, int64_t side);
/// Less the mean of all numbers of the training part.
Split centred(const Split& s);
/// The same over their deviation.
Split standardized(const Split& s);
/// Labels of which each is replaced with probability `share` by one drawn uniformly from all classes, its own among them (the default generator).
Tensor with_random_labels(const Tensor& y, double share, int64_t classes = 10);

}  // namespace tare::papers
