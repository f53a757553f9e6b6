// Weight standardization: every output filter with mean 0 and a fixed deviation.
//
// WeightStandardization (Qiao, Wang, Liu, Shen and Yuille 2019, arXiv:1903.10520), c = w_i - mean(w_i) over the I elements of filter i:
//     mode "author": c / (std + eps), std with I - 1 (the authors' code)         mode "paper": c / sqrt(mean(c^2) + eps)
// ScaledWeightStandardization (Brock, De and Smith 2021, arXiv:2101.08692), the filters of nets without normalization:
//     gamma gain_i c / sqrt(max(sum(c^2), eps)),   gain one number a filter, 1 at the start; gamma the activation's constant, here or behind it, not both
// CenteredWeight: c.   CenteredWeightNorm (Huang et al. 2017, arXiv:1710.02338): g_i c / ||c||.
//
// Mean and deviation are differentiated through. Same in training and evaluation. A constant filter has no direction: it is refused at the start (not by
// CenteredWeight, which yields zeros).
#pragma once

#include "nn/reparam/reparameterization.h"

namespace tare::nn {

struct WeightStandardizationOptions {
  enum class Mode { author, paper };
  double eps = 1e-5;
  Mode mode = Mode::author;
  void visit(Visitor& v);
};

class WeightStandardization : public Reparam<WeightStandardization, RawWeight> {
 public:
  static constexpr std::string_view type = "WeightStandardization";
  using Options = WeightStandardizationOptions;
  explicit WeightStandardization(Options options = {});
  Tensor weight() override;
  Options options;

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

struct ScaledWeightStandardizationOptions {
  double eps = 1e-4;   ///< floor of the sum of squares
  double gamma = 1.0;  ///< see nf_gain
  void visit(Visitor& v);
};

class ScaledWeightStandardization : public Reparam<ScaledWeightStandardization, RawWeight> {
 public:
  static constexpr std::string_view type = "ScaledWeightStandardization";
  using Options = ScaledWeightStandardizationOptions;
  explicit ScaledWeightStandardization(Options options = {});
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  void visit(Visitor& visitor) override;
  Options options;
  Parameter gain;

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

class CenteredWeight : public Reparam<CenteredWeight, RawWeight> {
 public:
  static constexpr std::string_view type = "CenteredWeight";
  Tensor weight() override;

 protected:
  void accept(const Tensor& w, std::string_view path) override;
};

class CenteredWeightNorm : public Reparam<CenteredWeightNorm> {
 public:
  static constexpr std::string_view type = "CenteredWeightNorm";
  Tensor weight() override;
  void initialize(const Tensor& w, std::string_view path) override;
  Parameter* base() override { return &v; }
  void visit(Visitor& visitor) override;
  Parameter g;  ///< (out): lengths
  Parameter v;  ///< directions, the weight's shape
};

/// gamma gain_i c_i / sqrt(max(sum(c_i^2), eps)) with c_i = w_i - mean(w_i): what ScaledWeightStandardization and WSConv2d apply.
Tensor scaled_weight_standardization(const Tensor& w, const Tensor& gain, double gamma, double eps);

extern template class Reparam<WeightStandardization, RawWeight>;
extern template class Reparam<ScaledWeightStandardization, RawWeight>;
extern template class Reparam<CenteredWeight, RawWeight>;
extern template class Reparam<CenteredWeightNorm>;

}  // namespace tare::nn
