// Regularizers and calibration losses in the table of functions.
#include <cmath>

#include "autograd/functions.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/factory.h"
#include "autograd/samples.h"
#include "nn/loss/calibration.h"
#include "nn/regularize/cauchy_schwarz.h"
#include "nn/regularize/error_modulation.h"
#include "nn/regularize/feature_flow.h"
#include "nn/regularize/group_orthogonalization.h"
#include "nn/regularize/manifold_smoothness.h"
#include "nn/regularize/norm_loss.h"
#include "nn/regularize/orthogonality.h"
#include "nn/regularize/spectral.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

Samples one_vector() { return {{{spread({6})}}, {{spread({2, 3})}}, {{spread({1})}}}; }
Samples conv_weight() { return {{{spread({8, 2, 3, 3})}}}; }

const Function kRows[] = {
    {"acls_loss",
     [](const Inputs& x, Keywords& o) -> Tensors { return acls_loss(x[0], x[1], options_of<ACLSOptions>(o)).flatten(); },
     [] {
       // With neg_lambda 0 nothing is detached.
       return Samples{{{spread({3, 4}), from_vector(std::vector<int64_t>{1, 0, 3}, {3})}, with({{"margin", 0.3}, {"neg_lambda", 0.0}})}};
     },
     Gradient::exact, "Cross entropy with adaptive and conditional label smoothing.", "acls"},
    {"aurc",
     [](const Inputs& x, Keywords&) -> Tensors {
       RiskCoverage r = aurc(x[0], x[1]);
       return {r.aurc, r.risk, r.coverage};
     },
     nullptr, Gradient::none, "Area under the risk-coverage curve of a confidence score.", "logit_norm_selective"},
    {"cs_binary", [](const Inputs& x, Keywords&) -> Tensors { return {cs_binary(x[0])}; }, one_vector, Gradient::exact, "0 for numbers of one size.",
     "cauchy_schwarz_reg"},
    {"cs_binary_scale_invariant", [](const Inputs& x, Keywords&) -> Tensors { return {cs_binary_scale_invariant(x[0])}; }, one_vector, Gradient::exact,
     "0 for numbers of one size, whatever it is.", "cauchy_schwarz_reg"},
    {"cs_eigenvector", [](const Inputs& x, Keywords&) -> Tensors { return {cs_eigenvector(x[0], x[1])}; }, nullptr, Gradient::exact, "0 for an eigenvector of C.",
     "cauchy_schwarz_reg"},
    {"cs_one_sided_binary", [](const Inputs& x, Keywords&) -> Tensors { return {cs_one_sided_binary(x[0])}; }, one_vector, Gradient::exact,
     "0 for numbers that are 0 or one value.", "cauchy_schwarz_reg"},
    {"cs_orthogonal", [](const Inputs& x, Keywords&) -> Tensors { return {cs_orthogonal(x[0])}; }, [] { return Samples{{{spread({4, 3})}}}; }, Gradient::exact,
     "0 for orthogonal columns of one length.", "cauchy_schwarz_reg"},
    {"cs_ternary", [](const Inputs& x, Keywords&) -> Tensors { return {cs_ternary(x[0])}; }, one_vector, Gradient::exact, "0 for numbers that are 0 or of one size.",
     "cauchy_schwarz_reg"},
    {"cs_weight_regularizer", [](const Inputs& x, Keywords& o) -> Tensors { return {cs_weight_regularizer(x[0], options_of<CauchySchwarzOptions>(o))}; },
     [] {
       return Samples{{{spread({3, 2, 2, 2})}}, {{spread({3, 2, 2, 2})}, with({{"kind", "ternary"}, {"granularity", "kernel"}})},
                      {{spread({4, 3})}, with({{"kind", "one_sided_binary"}, {"normalize", false}})}, {{spread({2, 3})}, with({{"kind", "orthogonal"}})}};
     },
     Gradient::exact, "A Cauchy-Schwarz penalty of one weight.", "cauchy_schwarz_reg"},
    {"feature_flow_penalty",
     [](const Inputs& x, Keywords& o) -> Tensors {
       FeatureFlow f = feature_flow_penalty(x.all(), options_of<FeatureFlowOptions>(o));
       return {f.penalty, f.length, f.curvature};
     },
     [] { return Samples{{{spread({3, 4}), spread({3, 4}, -1, 3, 1), spread({3, 4}, -3, 1, 2)}}, {{spread({3, 4}), spread({3, 2})}}}; }, Gradient::exact,
     "Length and bending of the path of features through layers.", "feature_flow_reg"},
    {"group_orthogonalization_loss",
     [](const Inputs& x, Keywords& o) -> Tensors { return {group_orthogonalization_loss(x.all(), options_of<GroupOrthogonalizationOptions>(o))}; },
     [] {
       return Samples{{{spread({8, 2, 3, 3})}, with({{"num_groups", 2}})}, {{spread({8, 1, 1, 2}), spread({8, 3})}, with({{"num_groups", 2}, {"reg_type", "inter"}, {"regularize_fc_layers", true}})}};
     },
     Gradient::exact, "How far groups of filters are from orthonormal.", "group_orthogonalization"},
    {"heat_kernel_weights", [](const Inputs& x, Keywords& o) -> Tensors { return {heat_kernel_weights(x[0], o.real("t", 0.01))}; }, nullptr, Gradient::exact,
     "exp(-squared distance / 4t) of all pairs of points, 0 on the diagonal.", "manifold_smoothness"},
    {"logit_norm_score", [](const Inputs& x, Keywords& o) -> Tensors { return {logit_norm_score(x[0], options_of<LogitNormScoreOptions>(o))}; },
     [] { return Samples{{{spread({3, 4})}}, {{spread({3, 4})}, with({{"p", 3}, {"shift", "mean"}})}, {{spread({3, 4})}, with({{"p", 1}, {"shift", 0.7}})}}; }, Gradient::exact,
     "The largest logit over the norm of the logits.", "logit_norm_selective"},
    {"manifold_gradient_norm",
     [](const Inputs& x, Keywords& o) -> Tensors { return {manifold_gradient_norm(x[0], x[1], o.real("t", 0.01))}; }, nullptr, Gradient::exact,
     "Squared gradient of a function along a cloud of points.", "manifold_smoothness"},
    {"modulate_gradient", [](const Inputs& x, Keywords& o) -> Tensors { return {modulate_gradient(x[0], x[1], o.real("threshold", 1))}; }, nullptr, Gradient::none,
     "A gradient rescaled to the size of a reference.", "orthonormality_modulation"},
    {"norm_loss", [](const Inputs& x, Keywords& o) -> Tensors { return {norm_loss(x.all(), o.real("lambda", 0.01))}; }, conv_weight, Gradient::exact,
     "Squared distance of row norms from 1.", "norm_loss"},
    {"orthonormality_loss", [](const Inputs& x, Keywords& o) -> Tensors { return {orthonormality_loss(x.all(), o.real("lambda", 1e-4))}; },
     [] { return Samples{{{spread({8, 2, 1, 2})}, with({{"lambda", 1.0}})}, {{spread({3, 5})}, with({{"lambda", 1.0}})}}; }, Gradient::exact,
     "Squared distance of W^T W from the identity.", "orthonormality_modulation"},
    {"project_simplex", [](const Inputs& x, Keywords& o) -> Tensors { return {project_simplex(x[0], o.real("total", 1))}; }, nullptr, Gradient::none,
     "The nearest point with non-negative numbers of a given sum.", "manifold_smoothness"},
    {"quantize_binary",
     [](const Inputs& x, Keywords& o) -> Tensors {
       bool kernel = o.word("granularity", "output_channel") == "kernel";
       return {quantize_binary(x[0], kernel ? CauchySchwarzOptions::Granularity::kernel : CauchySchwarzOptions::Granularity::output_channel)};
     },
     nullptr, Gradient::none, "Signs times the mean size of each slice.", "cauchy_schwarz_reg"},
    {"spectral_regularization",
     [](const Inputs& x, Keywords& o) -> Tensors { return {spectral_regularization(x[0], x.optional(1), x.optional(2), options_of<SpectralRegularizerOptions>(o))}; },
     [] { return Samples{{{spread({4, 3}), spread({4})}, with({{"method", "exact"}})}, {{spread({3, 2, 2}), spread({3})}, with({{"method", "exact"}, {"k", 1}})}}; },
     Gradient::exact, "Squared distance of the largest singular value from 1.", "spectral_regularization"},
    {"wasserstein_init_regularization",
     [](const Inputs& x, Keywords& o) -> Tensors { return {wasserstein_init_regularization(x[0], x[1], options_of<WassersteinInitOptions>(o))}; }, nullptr,
     Gradient::exact, "Squared distance of sorted numbers from those at the start.", "spectral_regularization"},
    {"weighted_manifold_penalty",
     [](const Inputs& x, Keywords& o) -> Tensors { return {weighted_manifold_penalty(x[0], x[1], x[2], o.real("t", 0.01))}; }, nullptr, Gradient::exact,
     "Mean of weighted squared gradients along a cloud of points.", "manifold_smoothness"},
};

}  // namespace

std::span<const Function> regularize() { return kRows; }

}  // namespace tare::nn::tables
