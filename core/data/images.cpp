#include "core/data/images.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/data/idx.h"
#include "core/pack.h"

namespace tare::data {
namespace {

class ByteImages : public Source {
 public:
  ByteImages(Tensor images, Tensor labels, std::vector<std::string> names) : images_(std::move(images)), labels_(std::move(labels)), names_(std::move(names)) {
    for (size_t i = 0; i < 256; i++) scaled_[i] = float(i) / 255;
  }
  int64_t size() const override { return images_.size(0); }
  Batch get(std::span<const int64_t> indices) const override {
    Shape shape = images_.shape();
    shape[0] = int64_t(indices.size());
    int64_t each = shape.slice(1).numel();
    Tensor x = empty(shape, DType::float32);
    float* to = x.mutable_data<float>();
    for (int64_t i : indices) {
      const uint8_t* from = images_.data<uint8_t>() + i * each;
      for (int64_t k = 0; k < each; k++) to[k] = scaled_[from[k]];
      to += each;
    }
    return {x, rows(labels_, indices)};
  }
  Tensor targets() const override { return labels_; }
  std::vector<std::string> class_names() const override { return names_; }

 private:
  Tensor images_, labels_;
  std::vector<std::string> names_;
  std::array<float, 256> scaled_;
};

bool exists(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0;
}

// The file `name` or `name`.gz in the first of `folders` that has it.
std::string find_file(const std::string& name, const std::vector<std::string>& folders, std::string_view advice) {
  std::string tried;
  for (const std::string& folder : folders) {
    for (const char* ending : {"", ".gz"}) {
      std::string path = text(folder, "/", name, ending);
      if (exists(path)) return path;
    }
    tried += text(tried.empty() ? "" : ", ", folder);
  }
  throw FileError(text("cannot find ", name, " or ", name, ".gz in ", tried, "; ", advice));
}

struct IdxPair {
  std::string images_path, labels_path;
  std::optional<int64_t> num_classes, limit;
};

Dataset load_pair(const IdxPair& pair, std::vector<std::string> names) {
  check<ValueError>(!pair.limit || *pair.limit > 0, "limit must be positive, not ", pair.limit.value_or(0));
  Tensor images = read_idx(pair.images_path), labels = read_idx(pair.labels_path);
  check<FileError>(images.dtype() == DType::uint8 && (images.dim() == 3 || images.dim() == 4), pair.images_path, ": expected uint8 images [n, height, width] but found ",
                   images);
  check<FileError>(labels.dim() == 1 && !is_floating(labels.dtype()), pair.labels_path, ": expected a list of labels but found ", labels);
  check<FileError>(labels.size(0) == images.size(0), pair.labels_path, ": has ", labels.size(0), " labels but ", pair.images_path, " has ", images.size(0), " images");
  int64_t all = images.size(0), n = std::min(all, pair.limit.value_or(all));
  check<FileError>(n > 0, pair.images_path, ": has no images");
  std::vector<int64_t> values = labels.to_vector<int64_t>();
  Tensor wide = empty({n}, DType::int64);
  for (int64_t i = 0; i < n; i++) {
    int64_t v = values[size_t(i)];
    check<FileError>(v >= 0 && (!pair.num_classes || v < *pair.num_classes), pair.labels_path, ": label ", v, " of sample ", i, " (byte ",
                     8 + i * item_size(labels.dtype()), ") is outside of [0, ", pair.num_classes.value_or(INT64_MAX), ")");
    wide.mutable_data<int64_t>()[i] = v;
  }
  if (n < all) {  // what lies behind the limit need not stay in memory
    Shape shape = images.shape();
    shape[0] = n;
    Tensor part = empty(shape, DType::uint8);
    std::memcpy(part.mutable_raw(), images.raw(), byte_size(part));
    images = part;
  }
  return byte_images(images, wide, std::move(names));
}

Dataset load_mnist(const char* what, const MnistOptions& o, std::vector<std::string> folders, std::string_view advice, std::vector<std::string> names) {
  check<ConfigError>(o.split == "train" || o.split == "test", what, ": split must be \"train\" or \"test\", not \"", o.split, "\"");
  if (!o.root.empty()) folders = {o.root, o.root + "/" + what + "/raw"};
  std::string prefix = o.split == "train" ? "train" : "t10k";
  std::string images = find_file(prefix + "-images-idx3-ubyte", folders, advice), labels = find_file(prefix + "-labels-idx1-ubyte", folders, advice);
  return load_pair({images, labels, 10, o.limit}, std::move(names));
}

}  // namespace

Dataset byte_images(const Tensor& images, const Tensor& labels, std::vector<std::string> class_names) {
  check<ShapeError>(images.dtype() == DType::uint8 && (images.dim() == 3 || images.dim() == 4) && labels.dtype() == DType::int64 && labels.dim() == 1 &&
                        labels.size(0) == images.size(0),
                    "byte_images: expected uint8 images [n, (channels,) height, width] and n int64 labels but found ", images, " and ", labels);
  Tensor whole = packed(images);
  if (whole.dim() == 3) {
    Shape shape = whole.shape();
    shape.insert(1, 1);
    whole = view_of(whole, shape, contiguous_strides(shape), whole.impl().offset);
  }
  return Dataset(std::make_shared<ByteImages>(whole, packed(labels), std::move(class_names)));
}

void MnistOptions::visit(Visitor& v) {
  v.option("split", split);
  v.option("root", root);
  v.option("limit", limit);
}

FashionMNIST::FashionMNIST(MnistOptions o)
    : Dataset(load_mnist("FashionMNIST", o, {"/usr/share/datasets/fashion-mnist", "/usr/share/dataset-fashion-mnist"},
                         "install the Debian package dataset-fashion-mnist, or name the folder of the four IDX files (option root)",
                         {"T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"})) {}

MNIST::MNIST(MnistOptions o)
    : Dataset(load_mnist("MNIST", o, {"."}, "name the folder of the four IDX files (option root)", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"})) {}

void IdxImagesOptions::visit(Visitor& v) {
  v.option("images", images);
  v.option("labels", labels);
  v.option("num_classes", num_classes);
  v.option("limit", limit);
}

IdxImages::IdxImages(IdxImagesOptions o) : Dataset(load_pair({o.images, o.labels, o.num_classes, o.limit}, {})) {}

}  // namespace tare::data
