// Labelled images that stand in memory as bytes and become float32 batches on the way out.
#pragma once

#include <optional>
#include <string>

#include "core/data/dataset.h"
#include "core/visitor.h"

namespace tare::data {

/// images: uint8 [n, height, width] or [n, channels, height, width]; labels: int64 [n]. Batches are float32 [batch, channels, height, width]
/// in [0, 1] and int64 labels. Throws ShapeError.
Dataset byte_images(const Tensor& images, const Tensor& labels, std::vector<std::string> class_names);

struct MnistOptions {
  std::string split = "train";       ///< or "test"
  std::string root{};                ///< folder of the files; "": where the Debian package puts them
  std::optional<int64_t> limit{};    ///< take this many samples from the beginning
  void visit(Visitor&);
};

/// Xiao, Rasul, Vollgraf 2017 (arXiv:1708.07747): 60000 training and 10000 test images, 28 x 28, of ten kinds of clothing.
/// The Debian package dataset-fashion-mnist has the files. Throws FileError when they are missing or damaged.
struct FashionMNIST : Dataset {
  using Options = MnistOptions;
  explicit FashionMNIST(MnistOptions o = {});
};

/// The handwritten digits, from IDX files in `root`.
struct MNIST : Dataset {
  using Options = MnistOptions;
  explicit MNIST(MnistOptions o = {});
};

struct IdxImagesOptions {
  std::string images{}, labels{};  ///< paths
  std::optional<int64_t> num_classes{};
  std::optional<int64_t> limit{};
  void visit(Visitor&);
};
/// Images and labels from any two IDX files. Labels must lie in [0, num_classes).
struct IdxImages : Dataset {
  using Options = IdxImagesOptions;
  explicit IdxImages(IdxImagesOptions o);
};

struct ImageFolderOptions {
  std::string root{};              ///< has a folder for each class
  bool grey = false;               ///< colour images become grey (ITU-R BT.601 luma)
  std::optional<int64_t> limit{};  ///< images of each class, from the beginning of the alphabet
  void visit(Visitor&);
};
/// PNG, PGM and PPM images in one folder a class, classes and files in alphabetical order. All images must be of one size. Other files are
/// passed over. Throws FileError.
struct ImageFolder : Dataset {
  using Options = ImageFolderOptions;
  explicit ImageFolder(ImageFolderOptions o);
};

}  // namespace tare::data
