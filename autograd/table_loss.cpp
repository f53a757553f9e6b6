// Losses, under their names in torch.nn.functional: predictions first, targets second, the options as keywords.
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/loss.h"
#include "autograd/samples.h"
#include "autograd/table.h"

namespace tare::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

template <auto loss, class Options>
Tensors of_two(const Inputs& x, Keywords& o) {
  return {loss(x[0], x[1], options_of<Options>(o))};
}
template <auto loss, class Options>
Tensors of_three(const Inputs& x, Keywords& o) {
  return {loss(x[0], x[1], x[2], options_of<Options>(o))};
}

Tensor labels() { return from_vector(std::vector<int64_t>{1, 0, 2}, {3}); }
Tensor fixed(const Tensor& t) { return t.detach(); }
Tensor inside(const Shape& shape) { return fixed(sigmoid(spread(shape))); }
Tensor signs(const Shape& shape) { return fixed(sign(spread(shape, -2, 2, 3))); }

Samples class_samples() {
  return {{{spread({3, 4}), labels()}},
          {{spread({3, 4}), labels()}, with({{"reduction", "sum"}, {"ignore_index", 1}})},
          {{spread({3, 4, 1}), from_vector(std::vector<int64_t>{1, 0, 2}, {3, 1})}, with({{"reduction", "none"}})}};
}
Samples cross_entropy_samples() {
  Samples all = class_samples();
  all.push_back({{spread({3, 4}), labels()}, with({{"label_smoothing", 0.2}})});
  all.push_back({{spread({3, 4}), labels()}, with({{"label_smoothing", -0.3}})});
  all.push_back({{spread({2, 3}), inside({2, 3})}});
  return all;
}
Samples score_samples() { return {{{spread({3, 4}), labels()}}, {{spread({3, 4}), labels()}, with({{"reduction", "none"}})}}; }
Samples pair_samples() {
  return {{{spread({2, 3}), spread({2, 3}, -1.1, 0.9, 6)}},
          {{spread({2, 3}), spread({2, 3}, -1.1, 0.9, 6)}, with({{"reduction", "sum"}})},
          {{spread({3}), spread({3}, -1.1, 0.9, 6)}, with({{"reduction", "none"}})}};
}
Samples binary_samples() { return {{{inside({2, 3}), inside({2, 3})}}, {{inside({4}), inside({4})}, with({{"reduction", "none"}})}}; }
Samples logit_samples() { return {{{spread({2, 3}), inside({2, 3})}}, {{spread({4}), inside({4})}, with({{"reduction", "sum"}})}}; }
Samples sign_samples() { return {{{spread({2, 3}), signs({2, 3})}}, {{spread({4}), signs({4})}, with({{"reduction", "none"}})}}; }
Samples hard_samples() { return {{{spread({3, 2}), fixed(to(gt(spread({3, 2}, -1, 1, 2), 0), DType::float64))}}}; }
Samples two_and_sign() { return {{{spread({4}), spread({4}, -2, 2, 7), signs({4})}, with({{"margin", 0.3}})}}; }
Samples rows_and_sign() { return {{{spread({3, 4}), spread({3, 4}, -2, 2, 7), signs({3})}, with({{"margin", -0.2}})}}; }
Samples triplet_samples() {
  return {{{spread({3, 4}), spread({3, 4}, -2, 2, 7), spread({3, 4}, -2, 2, 9)}},
          {{spread({3, 4}), spread({3, 4}, -2, 2, 7), spread({3, 4}, -2, 2, 9)}, with({{"swap", true}, {"margin", 3.0}})}};
}
Samples gaussian_samples() { return {{{spread({2, 3}), spread({2, 3}, -1, 1, 4), inside({2, 3}) + 0.2}, with({{"full", true}})}}; }
Samples ctc_samples() {
  return {{{fixed(log_softmax(spread({4, 2, 3}), 2)), from_vector(std::vector<int64_t>{1, 2, 2, 1}, {2, 2}), from_vector(std::vector<int64_t>{4, 4}, {2}),
            from_vector(std::vector<int64_t>{2, 2}, {2})}}};
}

const Function kRows[] = {
    {"binary_cross_entropy", of_two<&binary_cross_entropy, BCELossOptions>, binary_samples, Gradient::exact, "Binary cross entropy of probabilities."},
    {"binary_cross_entropy_with_logits", of_two<&binary_cross_entropy_with_logits, BCEWithLogitsLossOptions>, logit_samples, Gradient::exact,
     "Binary cross entropy of logits."},
    {"cosine_embedding_loss", of_three<&cosine_embedding_loss, MarginOptions>, rows_and_sign, Gradient::exact, "Cosine of pairs that belong together or not."},
    {"cross_entropy", of_two<&cross_entropy, CrossEntropyOptions>, cross_entropy_samples, Gradient::exact, "-log softmax of the true class."},
    {"ctc_loss", [](const Inputs& x, Keywords& o) -> Tensors { return {ctc_loss(x[0], x[1], x[2], x[3], options_of<CTCLossOptions>(o))}; }, ctc_samples,
     Gradient::exact, "-log of the probability of all alignments of a label sequence."},
    {"dice_loss", of_two<&dice_loss, DiceLossOptions>, hard_samples, Gradient::exact, "1 - overlap of two sets over their sizes."},
    {"focal_loss", of_two<&focal_loss, FocalLossOptions>, hard_samples, Gradient::exact, "Binary cross entropy that attends to what is still wrong."},
    {"gaussian_nll_loss", of_three<&gaussian_nll_loss, GaussianNLLLossOptions>, gaussian_samples, Gradient::exact, "-log of a normal density."},
    {"hinge_embedding_loss", of_two<&hinge_embedding_loss, HingeEmbeddingLossOptions>, sign_samples, Gradient::exact, "Distances small or beyond a margin."},
    {"huber_loss", of_two<&huber_loss, HuberLossOptions>, pair_samples, Gradient::exact, "Square near 0, linear beyond."},
    {"kl_div", of_two<&kl_div, KLDivLossOptions>, logit_samples, Gradient::exact, "Divergence of log-probabilities from a distribution."},
    {"l1_loss", of_two<&l1_loss, LossOptions>, pair_samples, Gradient::exact, "|x - y|."},
    {"margin_ranking_loss", of_three<&margin_ranking_loss, MarginOptions>, two_and_sign, Gradient::exact, "Which of two should be larger, with a margin."},
    {"mse_loss", of_two<&mse_loss, LossOptions>, pair_samples, Gradient::exact, "(x - y)^2."},
    {"multi_margin_loss", of_two<&multi_margin_loss, MultiMarginLossOptions>, score_samples, Gradient::exact, "The true class above every other by a margin."},
    {"multilabel_margin_loss", of_two<&multilabel_margin_loss, LossOptions>,
     [] { return Samples{{{spread({2, 3}), from_vector(std::vector<int64_t>{0, 2, -1, 1, -1, 0}, {2, 3})}}}; }, Gradient::exact,
     "Every listed class above every other by a margin."},
    {"multilabel_soft_margin_loss", of_two<&multilabel_soft_margin_loss, MultiLabelSoftMarginLossOptions>, logit_samples, Gradient::exact,
     "Mean binary cross entropy over labels."},
    {"nll_loss", of_two<&nll_loss, NLLLossOptions>, class_samples, Gradient::exact, "-log-probability of the true class."},
    {"poisson_nll_loss", of_two<&poisson_nll_loss, PoissonNLLLossOptions>, logit_samples, Gradient::exact, "-log of a Poisson density with predicted rate."},
    {"smooth_l1_loss", of_two<&smooth_l1_loss, SmoothL1LossOptions>, pair_samples, Gradient::exact, "Square near 0, |x - y| beyond."},
    {"soft_margin_loss", of_two<&soft_margin_loss, LossOptions>, sign_samples, Gradient::exact, "log(1 + e^(-t x))."},
    {"triplet_margin_loss", of_three<&triplet_margin_loss, TripletMarginLossOptions>, triplet_samples, Gradient::exact,
     "Anchor nearer to the positive than to the negative by a margin."},
};

}  // namespace

std::span<const Function> loss() { return kRows; }

}  // namespace tare::tables
