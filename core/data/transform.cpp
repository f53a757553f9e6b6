#include "core/data/transform.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/data/draw.h"
#include "core/json.h"
#include "core/options.h"
#include "core/pack.h"

namespace tare::data {
namespace {

// A transform is its options and one function.
template <class Options, void (*run)(const Options&, Batch&, std::span<Generator>), bool random>
class FunctionTransform : public TransformSource {
 public:
  FunctionTransform(std::string_view type, Options o) : type_(type), options_(std::move(o)) {}
  std::string_view type() const override { return type_; }
  void apply(Batch& batch, std::span<Generator> g) const override { run(options_, batch, g); }
  bool is_random() const override { return random; }
  void visit(Visitor& v) override { options_.visit(v); }

 private:
  std::string_view type_;
  Options options_;
};

// The images of a batch as float32, contiguous, with the axes batch, channels, height, width.
struct Images {
  float* data;
  int64_t count, channels, height, width;
};
Images images_of(Tensor& x, std::string_view what) {
  check<ShapeError>(x.dim() == 4, what, ": expected images [batch, channels, height, width] but x is ", x.shape());
  check<DTypeError>(x.dtype() == DType::float32, what, ": expected float32 images but x is ", x.dtype());
  x = packed(x);
  return {x.mutable_data<float>(), x.size(0), x.size(1), x.size(2), x.size(3)};
}

void normalize(const NormalizeOptions& o, Batch& batch, std::span<Generator>) {
  Tensor& x = batch.x;
  check<DTypeError>(x.dtype() == DType::float32, "Normalize: expected float32 inputs but x is ", x.dtype());
  int64_t channels = x.dim() > 1 ? x.size(1) : 1;
  for (const std::vector<double>* v : {&o.mean, &o.std})
    check<ShapeError>(v->size() == 1 || int64_t(v->size()) == channels, "Normalize: mean and std need one number or one for each of the ", channels,
                      " channels of x ", x.shape(), ", not ", v->size());
  x = packed(x);
  float* data = x.mutable_data<float>();
  int64_t n = x.numel(), inner = n == 0 ? 0 : n / x.size(0) / channels;
  for (int64_t row = 0; row * inner < n; row++) {
    size_t c = size_t(row % channels);
    float mean = float(o.mean[o.mean.size() == 1 ? 0 : c]), scale = float(1 / o.std[o.std.size() == 1 ? 0 : c]);
    for (int64_t i = row * inner; i < (row + 1) * inner; i++) data[i] = (data[i] - mean) * scale;
  }
}

void random_crop(const RandomCropOptions& o, Batch& batch, std::span<Generator> random) {
  Images in = images_of(batch.x, "RandomCrop");
  int64_t height = o.size.value_or(in.height), width = o.size.value_or(in.width);
  int64_t down = in.height + 2 * o.padding - height, right = in.width + 2 * o.padding - width;  // farthest corner of the window
  check<ShapeError>(down >= 0 && right >= 0, "RandomCrop: a window of ", height, " x ", width, " does not fit into images of ", in.height, " x ", in.width,
                    " padded by ", o.padding);
  Tensor result = empty({in.count, in.channels, height, width}, DType::float32);
  float* to = result.mutable_data<float>();
  for (int64_t i = 0; i < in.count; i++) {
    int64_t top = random[size_t(i)].below(down + 1) - o.padding, left = random[size_t(i)].below(right + 1) - o.padding;
    int64_t first = std::max<int64_t>(0, -left), last = std::min(width, in.width - left);  // columns of the window inside the image
    for (int64_t c = 0; c < in.channels; c++) {
      const float* image = in.data + (i * in.channels + c) * in.height * in.width;
      for (int64_t y = 0; y < height; y++, to += width) {
        std::fill(to, to + width, float(o.fill));
        if (y + top < 0 || y + top >= in.height || first >= last) continue;
        std::memcpy(to + first, image + (y + top) * in.width + left + first, size_t(last - first) * sizeof(float));
      }
    }
  }
  batch.x = result;
}

void horizontal_flip(const HorizontalFlipOptions& o, Batch& batch, std::span<Generator> random) {
  Images in = images_of(batch.x, "HorizontalFlip");
  for (int64_t i = 0; i < in.count; i++) {
    if (random[size_t(i)].uniform() >= o.p) continue;
    float* row = in.data + i * in.channels * in.height * in.width;
    for (int64_t k = 0; k < in.channels * in.height; k++, row += in.width) std::reverse(row, row + in.width);
  }
}

void gaussian_noise(const GaussianNoiseOptions& o, Batch& batch, std::span<Generator> random) {
  Tensor& x = batch.x;
  check<DTypeError>(x.dtype() == DType::float32, "GaussianNoise: expected float32 inputs but x is ", x.dtype());
  x = packed(x);
  int64_t each = x.size(0) == 0 ? 0 : x.numel() / x.size(0);
  float* data = x.mutable_data<float>();
  for (size_t s = 0; s < random.size(); s++)
    for (int64_t i = 0; i < each; i++) *data++ += float(o.std * normal(random[s]));
}

// ---- mixing samples of a batch

// Labels as rows of probabilities; rows stay as they are, so that one mix may follow another.
Tensor one_hot_targets(const Tensor& y, int64_t classes, std::string_view what) {
  check<DTypeError>(y.defined() && (y.dtype() == DType::int64 || y.dtype() == DType::float32), what, ": expected labels (int64) or class probabilities (float32)");
  if (y.dtype() == DType::float32) {
    check<ShapeError>(y.dim() == 2 && y.size(1) == classes, what, ": expected probabilities of ", classes, " classes but y is ", y.shape());
    return packed(y);
  }
  check<ShapeError>(y.dim() == 1, what, ": expected one label a sample but y is ", y.shape());
  Tensor labels = packed(y), out = zeros_raw({y.size(0), classes}, DType::float32);
  for (int64_t i = 0; i < y.size(0); i++) {
    int64_t label = labels.data<int64_t>()[i];
    check<IndexError>(label >= 0 && label < classes, what, ": the label ", label, " is outside of ", classes, " classes (option num_classes)");
    out.mutable_data<float>()[i * classes + label] = 1;
  }
  return out;
}

// row i of the result = share[i] * t[i] + (1 - share[i]) * t[partner[i]]
Tensor mixed_rows(const Tensor& t, const std::vector<int64_t>& partner, const std::vector<double>& share) {
  Tensor out = empty(t.shape(), DType::float32);
  int64_t width = t.size(0) == 0 ? 0 : t.numel() / t.size(0);
  const float* from = t.data<float>();
  float* to = out.mutable_data<float>();
  for (size_t i = 0; i < partner.size(); i++) {
    const float *a = from + int64_t(i) * width, *b = from + partner[i] * width;
    float s = float(share[i]), r = float(1 - share[i]);
    for (int64_t k = 0; k < width; k++) *to++ = s * a[k] + r * b[k];
  }
  return out;
}

void mix_up(const MixUpOptions& o, Batch& batch, std::span<Generator> random) {
  if (random.empty()) return;
  check<DTypeError>(batch.x.dtype() == DType::float32, "MixUp: expected float32 inputs but x is ", batch.x.dtype());
  std::vector<int64_t> partner = permutation(int64_t(random.size()), Generator(derive(random[0].seed, random[0].position++, 1)));
  std::vector<double> share(random.size(), beta(random[0], o.alpha, o.alpha));
  batch.y = mixed_rows(one_hot_targets(batch.y, o.num_classes, "MixUp"), partner, share);
  batch.x = mixed_rows(packed(batch.x), partner, share);
}

void cut_mix(const CutMixOptions& o, Batch& batch, std::span<Generator> random) {
  if (random.empty()) return;
  Images in = images_of(batch.x, "CutMix");
  Tensor original = batch.x, result = empty(original.shape(), DType::float32);
  std::memcpy(result.mutable_raw(), original.raw(), byte_size(original));
  std::vector<int64_t> partner = permutation(in.count, Generator(derive(random[0].seed, random[0].position++, 2)));
  std::vector<double> share;
  for (int64_t i = 0; i < in.count; i++) {
    Generator& g = random[size_t(i)];
    double side = std::sqrt(1 - beta(g, o.alpha, o.alpha));  // the box has this part of each side
    auto cut = [&](int64_t size, int64_t& from, int64_t& to) {
      int64_t length = int64_t(double(size) * side), centre = g.below(size);
      from = std::max<int64_t>(0, centre - length / 2), to = std::min(size, centre + length / 2);
    };
    int64_t top, bottom, left, right;
    cut(in.height, top, bottom);
    cut(in.width, left, right);
    for (int64_t c = 0; c < in.channels; c++)
      for (int64_t y = top; y < bottom; y++) {
        int64_t at = (c * in.height + y) * in.width + left, image = in.channels * in.height * in.width;
        std::memcpy(result.mutable_data<float>() + i * image + at, in.data + partner[size_t(i)] * image + at, size_t(right - left) * sizeof(float));
      }
    share.push_back(1 - double((bottom - top) * (right - left)) / double(in.height * in.width));
  }
  batch.x = result;
  batch.y = mixed_rows(one_hot_targets(batch.y, o.num_classes, "CutMix"), partner, share);
}

void check_probability(std::string_view what, double p) { check<ValueError>(p >= 0 && p <= 1, what, ": a probability lies in [0, 1], not ", p); }

template <class Options, auto run, bool random>
std::shared_ptr<TransformSource> make_transform(std::string_view type, Options o) {
  return std::make_shared<FunctionTransform<Options, run, random>>(type, std::move(o));
}

template <class T, class Options>
Transform create_transform(const Json& json, const std::string& path) {
  Options o;
  options_from_json(o, json, path, {"type"});
  return T(std::move(o));
}

constexpr TransformRow kTransforms[] = {
    {"CutMix", create_transform<CutMix, CutMixOptions>, "A random box of each image comes from another of the batch; targets mixed by area."},
    {"GaussianNoise", create_transform<GaussianNoise, GaussianNoiseOptions>, "Adds normal noise."},
    {"HorizontalFlip", create_transform<HorizontalFlip, HorizontalFlipOptions>, "Mirrors images left to right with probability p."},
    {"MixUp", create_transform<MixUp, MixUpOptions>, "Mixes each sample and its target with another of the batch."},
    {"Normalize", create_transform<Normalize, NormalizeOptions>, "Subtracts a mean and divides by a deviation, channel by channel."},
    {"RandomCrop", create_transform<RandomCrop, RandomCropOptions>, "A window at a random place of each padded image."},
};

}  // namespace

TransformSource::~TransformSource() = default;
bool TransformSource::is_random() const { return true; }

void Transform::apply(Batch& batch, std::span<Generator> random) const {
  if (source_) source_->apply(batch, random);
}
bool Transform::is_random() const { return source_ && source_->is_random(); }
bool Transform::empty() const { return !source_; }
Json Transform::to_json() const {
  if (!source_) return {};
  Json json;
  json.set("type", source_->type());
  Json options = options_to_json([](void* s, Visitor& v) { static_cast<TransformSource*>(s)->visit(v); }, source_.get());
  for (Json::Member& member : options.as_object()) json.set(member.first, std::move(member.second));
  return json;
}
void Transform::from_json(const Json& json, const std::string& path) {
  const std::string& type = json.at("type", path).as_string(path + ".type");
  std::vector<std::string_view> names;
  for (const TransformRow& row : kTransforms) {
    if (row.type == type) {
      source_ = row.create(json, path).source_;
      return;
    }
    names.push_back(row.type);
  }
  std::string near = nearest(type, names.data(), names.size());
  throw ConfigError(text(path, ".type: unknown transform \"", type, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

size_t TransformList::size() const { return items.size(); }
void TransformList::resize(size_t n) { items.resize(n); }
Box& TransformList::at(size_t i) { return items[i]; }

std::span<const TransformRow> transform_catalogue() { return kTransforms; }

void NormalizeOptions::visit(Visitor& v) {
  v.option("mean", mean);
  v.option("std", std);
}
Normalize::Normalize(NormalizeOptions o) {
  check<ValueError>(!o.mean.empty() && !o.std.empty(), "Normalize: mean and std need at least one number");
  for (double s : o.std) check<ValueError>(s > 0, "Normalize: std must be positive, not ", s);
  static_cast<Transform&>(*this) = Transform(make_transform<NormalizeOptions, normalize, false>("Normalize", std::move(o)));
}

void RandomCropOptions::visit(Visitor& v) {
  v.option("padding", padding);
  v.option("size", size);
  v.option("fill", fill);
}
RandomCrop::RandomCrop(RandomCropOptions o) {
  check<ValueError>(o.padding >= 0, "RandomCrop: padding cannot be ", o.padding);
  check<ValueError>(!o.size || *o.size > 0, "RandomCrop: size must be positive, not ", o.size.value_or(0));
  static_cast<Transform&>(*this) = Transform(make_transform<RandomCropOptions, random_crop, true>("RandomCrop", o));
}

void HorizontalFlipOptions::visit(Visitor& v) { v.option("p", p); }
HorizontalFlip::HorizontalFlip(HorizontalFlipOptions o) {
  check_probability("HorizontalFlip", o.p);
  static_cast<Transform&>(*this) = Transform(make_transform<HorizontalFlipOptions, horizontal_flip, true>("HorizontalFlip", o));
}

void GaussianNoiseOptions::visit(Visitor& v) { v.option("std", std); }
GaussianNoise::GaussianNoise(GaussianNoiseOptions o) {
  check<ValueError>(o.std >= 0, "GaussianNoise: std cannot be ", o.std);
  static_cast<Transform&>(*this) = Transform(make_transform<GaussianNoiseOptions, gaussian_noise, true>("GaussianNoise", o));
}

void MixUpOptions::visit(Visitor& v) {
  v.option("alpha", alpha);
  v.option("num_classes", num_classes);
}
MixUp::MixUp(MixUpOptions o) {
  check<ValueError>(o.alpha > 0 && o.num_classes > 0, "MixUp: alpha and num_classes must be positive, not ", o.alpha, " and ", o.num_classes);
  static_cast<Transform&>(*this) = Transform(make_transform<MixUpOptions, mix_up, true>("MixUp", o));
}

void CutMixOptions::visit(Visitor& v) {
  v.option("alpha", alpha);
  v.option("num_classes", num_classes);
}
CutMix::CutMix(CutMixOptions o) {
  check<ValueError>(o.alpha > 0 && o.num_classes > 0, "CutMix: alpha and num_classes must be positive, not ", o.alpha, " and ", o.num_classes);
  static_cast<Transform&>(*this) = Transform(make_transform<CutMixOptions, cut_mix, true>("CutMix", o));
}

}  // namespace tare::data
