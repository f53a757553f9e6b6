// Losses that keep a classifier from being surer than it should be, and the scores that go with them.
//
//   ACLSLoss     Adaptive and Conditional Label Smoothing (Park et al., 2023, arXiv:2308.11911). With m the margin, I_k = 1 where z_k is the largest:
//                  pos = sum I_k relu(zmax - m)^2            (gradient through zmax; with ties through the first index)
//                  neg = sum (1 - I_k) relu(zmax - z_k - m)^2   (zmax constant: gradient only into z_k)
//                  loss = CE + alpha * (pos_lambda pos / N + neg_lambda neg / (N (C - 1)))
//                pos has no subtraction of the smallest logit: the loss changes when a constant is added to all logits. As in the authors' code.
//   MarginLabelSmoothingLoss   CE + alpha * mean of relu(max_j z_j - z_k - margin)       (MbLS: Liu et al., 2022, arXiv:2111.15430)
//   LogitNormLoss              CE of z / (temperature * ||z||_2)                          (Wei et al., 2022, arXiv:2205.09310)
//   LogitNormScore             max_k z'_k / ||z'||_p, z' = z - shift: a confidence for selective classification that repairs the ranking label
//                              smoothing spoils (Xia et al., 2024, arXiv:2403.14715). No eps. Use float64: scores differ by little.
#pragma once

#include "nn/layer.h"

namespace tare::nn {

struct ACLSOptions {
  double pos_lambda = 1.0, neg_lambda = 0.1, alpha = 0.1;
  double margin = 10;  ///< 10 suits 200 classes, 6 suits 10
  void visit(Visitor& v);
};
struct ACLSResult {
  Tensor loss, loss_ce, loss_reg;  ///< loss_reg without alpha
  Tensors flatten() const { return {loss, loss_ce, loss_reg}; }
};
/// logits (N, C, ...), targets int64 (N, ...). Rows whose target is -100 count in the regularizer but not in the cross entropy.
ACLSResult acls_loss(const Tensor& logits, const Tensor& targets, const ACLSOptions& options = {});

class ACLSLoss : public Layer<ACLSLoss> {
 public:
  static constexpr std::string_view type = "ACLS";
  using Options = ACLSOptions;
  explicit ACLSLoss(Options options = {});
  ACLSResult forward(const Tensor& logits, const Tensor& targets);
  Options options;
};

struct MarginLabelSmoothingOptions {
  double margin = 10, alpha = 0.1;
  void visit(Visitor& v);
};
class MarginLabelSmoothingLoss : public Layer<MarginLabelSmoothingLoss> {
 public:
  static constexpr std::string_view type = "MarginLabelSmoothingLoss";
  using Options = MarginLabelSmoothingOptions;
  explicit MarginLabelSmoothingLoss(Options options = {});
  Tensor forward(const Tensor& logits, const Tensor& targets);
  Options options;
};

struct LogitNormLossOptions {
  double temperature = 0.04;
  double eps = 1e-7;  ///< added to the norm
  void visit(Visitor& v);
};
/// logits (N, C).
class LogitNormLoss : public Layer<LogitNormLoss> {
 public:
  static constexpr std::string_view type = "LogitNormLoss";
  using Options = LogitNormLossOptions;
  explicit LogitNormLoss(Options options = {});
  Tensor forward(const Tensor& logits, const Tensor& targets);
  Options options;
};

struct LogitNormScoreOptions {
  double p = 2;
  std::string shift = "0";  ///< "mean" and "min" subtract the row's; a number is added to all logits
  void visit(Visitor& v);
};
/// z (N, K) -> (N).
Tensor logit_norm_score(const Tensor& z, const LogitNormScoreOptions& options = {});
class LogitNormScore : public Layer<LogitNormScore> {
 public:
  static constexpr std::string_view type = "LogitNormScore";
  using Options = LogitNormScoreOptions;
  explicit LogitNormScore(Options options = {});
  Tensor forward(const Tensor& z);
  Options options;
};

/// The area under the risk-coverage curve: samples sorted by falling score (stable), risk_i = share of errors among the first i.
struct RiskCoverage {
  Tensor aurc;            ///< [] mean of the risks
  Tensor risk, coverage;  ///< (n)
};
/// score (n), correct (n) int64 0 or 1. Off the tape.
RiskCoverage aurc(const Tensor& score, const Tensor& correct);

extern template class Layer<ACLSLoss>;
extern template class Layer<MarginLabelSmoothingLoss>;
extern template class Layer<LogitNormLoss>;
extern template class Layer<LogitNormScore>;

}  // namespace tare::nn
