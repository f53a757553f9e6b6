// Transforms: what a loader does to a batch before it hands it over (augmentation, scaling).
//
// Every sample brings its own random numbers, derived from (seed, epoch, sample), so that neither the batch size nor prefetching changes
// what happens to it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/data/dataset.h"
#include "core/visitor.h"

namespace tare::data {

/// What a transform does; immutable, called from several threads at once.
class TransformSource {
 public:
  virtual ~TransformSource();
  virtual std::string_view type() const = 0;
  /// Changes the batch, whose tensors it may write to; random[i] belongs to sample i.
  virtual void apply(Batch& batch, std::span<Generator> random) const = 0;
  /// Whether apply() draws random numbers.
  virtual bool is_random() const;
  virtual void visit(Visitor& v) = 0;
};

/// A transform by value.
class Transform : public Box {
 public:
  Transform() = default;  ///< does nothing
  explicit Transform(std::shared_ptr<TransformSource> source) : source_(std::move(source)) {}
  void apply(Batch& batch, std::span<Generator> random) const;
  bool is_random() const;
  bool empty() const override;
  Json to_json() const override;
  void from_json(const Json& json, const std::string& path) override;

 private:
  std::shared_ptr<TransformSource> source_;
};

/// "transforms": [...] in JSON.
struct TransformList : Visitor::BoxList {
  std::vector<Transform> items;
  TransformList() = default;
  TransformList(std::initializer_list<Transform> list) : items(list) {}
  size_t size() const override;
  void resize(size_t n) override;
  Box& at(size_t i) override;
};

struct NormalizeOptions {
  std::vector<double> mean = {0.5};  ///< one for all channels, or one each
  std::vector<double> std = {0.5};
  void visit(Visitor&);
};
/// (x - mean) / std, channel by channel of x [batch, channels, ...].
struct Normalize : Transform {
  explicit Normalize(NormalizeOptions o = {});
};

struct RandomCropOptions {
  int64_t padding = 4;               ///< added on all four sides before cropping
  std::optional<int64_t> size{};     ///< height and width of the result; null: as before
  double fill = 0;                   ///< value of the padding
  void visit(Visitor&);
};
/// A window at a random place of each padded image, x [batch, channels, height, width].
struct RandomCrop : Transform {
  explicit RandomCrop(RandomCropOptions o = {});
};

struct HorizontalFlipOptions {
  double p = 0.5;  ///< probability
  void visit(Visitor&);
};
/// Mirrors an image left to right (the last axis) with probability p.
struct HorizontalFlip : Transform {
  explicit HorizontalFlip(HorizontalFlipOptions o = {});
};

struct GaussianNoiseOptions {
  double std = 0.1;
  void visit(Visitor&);
};
/// Adds std * N(0, 1) to every number of x.
struct GaussianNoise : Transform {
  explicit GaussianNoise(GaussianNoiseOptions o = {});
};

struct MixUpOptions {
  double alpha = 0.2;          ///< of Beta(alpha, alpha), from which a batch's share is drawn
  int64_t num_classes = 10;
  void visit(Visitor&);
};
/// Zhang, Cisse, Dauphin, Lopez-Paz 2017 (arXiv:1710.09412): x and one-hot y of a batch, each mixed with those of a random partner in it.
/// y becomes float32 [batch, num_classes].
struct MixUp : Transform {
  explicit MixUp(MixUpOptions o = {});
};

struct CutMixOptions {
  double alpha = 1;
  int64_t num_classes = 10;
  void visit(Visitor&);
};
/// Yun et al. 2019 (arXiv:1905.04899): a random box of each image comes from a partner in the batch; y is mixed by area.
struct CutMix : Transform {
  explicit CutMix(CutMixOptions o = {});
};

struct TransformRow {
  std::string_view type;
  Transform (*create)(const Json& json, const std::string& path);
  std::string_view description;
};
/// The table of transforms, sorted by name.
std::span<const TransformRow> transform_catalogue();

}  // namespace tare::data
