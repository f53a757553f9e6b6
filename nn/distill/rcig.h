// RCIG: Dataset Distillation with Convexified Implicit Gradients (Loo et al., 2023, arXiv:2302.06755).
//
// A tiny synthetic set (S, y_S) is learned so that networks trained on it do well on real data T. The meta-gradient goes through the inner optimum by
// the implicit function theorem (nn/distill/implicit_gradient.h). The inner problem is made well-posed in two ways: the network is linearized about
// frozen weights theta_0, and its last layer is solved for in closed form. feat(x) are the frozen body's features, out(x) = J_theta0(x) delta [C] the
// linearized change of the network's output by its body, and
//
//     R = feat_S feat_S^T + l2 I,  l2 = l2_rate |S|;   A = R^-1 (y_S - out_S);   prediction on x: out(x) + feat(x) feat_S^T A
//     L_in  = (l2/2 tr((y_S - out_S)^T R^-1 (y_S - out_S)) + l2/2 |delta|^2) / (|S| C)
//             = (|y_S - out_S - K A|^2 / 2 + l2/2 tr(A^T K A) + l2/2 |delta|^2) / (|S| C),  K = feat_S feat_S^T
//     L_out = mean cross entropy of prediction_T exp(log_temp) against y_T - min y_T, minus mean_S min(top1(y_S) - top2(y_S), 1/(2C))
//
// Labels are one-hot minus 1/C. The head is eliminated: H is that of L_in as a function of delta only. Use float64 where l2 is tiny.
#pragma once

#include <deque>
#include <functional>

#include "autograd/parameter_list.h"
#include "core/random.h"
#include "nn/any_module.h"
#include "nn/distill/implicit_gradient.h"
#include "nn/linear.h"

namespace tare::nn {

/// feat_s (S, h), out_s and y_s (S, C), feat_t (T, h), out_t (T, C) -> (T, C). Throws ShapeError.
Tensor krr_predict(const Tensor& feat_s, const Tensor& out_s, const Tensor& y_s, const Tensor& feat_t, const Tensor& out_t, double l2);
/// L_in without |delta|^2.
Tensor rcig_inner_loss(const Tensor& feat_s, const Tensor& out_s, const Tensor& y_s, double l2);
/// L_out; no gradient to y_t (T, C). log_temp has one number.
Tensor rcig_outer_loss(const Tensor& feat_s, const Tensor& out_s, const Tensor& y_s, const Tensor& feat_t, const Tensor& out_t, const Tensor& y_t, const Tensor& log_temp,
                       double l2);

struct DatasetDistillerOptions {
  double l2_rate = 5e-4;
  int64_t n_inner = 20, n_hinv = 20;       ///< Adam steps on delta and on v
  double inner_lr = 1e-3, hinv_lr = 3e-2;  ///< these steps' rates; they adapt
  bool adapt_rates = true;                 ///< of each 50 runs: x 0.9 when 29% ended higher than they began, x 1.05 when 70% only fell
  int64_t pool = 30;                       ///< models trained side by side; one is drawn each step
  int64_t max_steps = 100;                 ///< a model that was trained as many steps starts anew
  double base_lr = 5e-5;                   ///< of its training on S, 1 to 15 Adam steps after each meta step
  bool learn_labels = true;
  bool linearize = true;                   ///< false: the inner problem is the body itself, which keeps its inner steps; no convexity
  bool implicit = true;                    ///< false: the direct gradient alone
  double ema = 0.99;
  int64_t seed = 0;
  void visit(Visitor& v);
};

/// Learns images and labels:
///
///     DatasetDistiller d(make_body, images, labels);
///     optim::AdaBelief opt(d.parameters(), {.lr = 3e-3});          // the paper's; log_temp at ten times the rate
///     for (...) { d.backward(x, y); opt.step(); d.average(); }
///     train a fresh network on d.images(), d.labels()
class DatasetDistiller {
 public:
  using MakeBody = std::function<AnyModule()>;  ///< a fresh body (N, ...) -> (N, h)
  /// images (S, ...) and labels (S, C), one-hot minus 1/C, are where learning starts.
  DatasetDistiller(MakeBody make_body, const Tensor& images, const Tensor& labels, DatasetDistillerOptions options = {});
  /// One meta step: sets the gradients of parameters() from a batch of real data, x (B, ...), y (B, C). Returns the outer loss.
  double backward(const Tensor& x, const Tensor& y);
  /// "images", "labels" (with learn_labels), "log_temp".
  ParameterList parameters() const;
  /// Call after each optimizer step: the exponential average that images() and labels() give.
  void average();
  const Tensor& images() const { return average_images_; }
  const Tensor& labels() const { return average_labels_; }
  DatasetDistillerOptions options;

 private:
  struct PoolModel {
    AnyModule body;
    AnyModule head;  // Linear, made when the number of features is known
    int64_t steps = 0;
  };
  struct Rate {  // a learning rate that adapts
    double lr;
    int64_t runs = 0, rose = 0, fell = 0;
    void record(bool ended_higher, bool only_fell);
  };
  PoolModel fresh();
  Tensors solve_inner(PoolModel& m, const BilevelLoss& inner, Tensors theta);
  void advance(PoolModel& m);

  MakeBody make_body_;
  Tensor images_, labels_, log_temp_, average_images_, average_labels_;
  std::vector<PoolModel> pool_;
  Rate inner_rate_, hinv_rate_;
  Generator random_;
};

}  // namespace tare::nn
