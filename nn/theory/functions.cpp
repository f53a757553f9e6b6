// Analyses of training, in the table of functions.
#include "autograd/functions.h"

#include "autograd/ops/tubal.h"
#include "autograd/samples.h"
#include "nn/theory/gradient_noise.h"
#include "nn/theory/sensing.h"
#include "nn/theory/shuffling.h"
#include "nn/theory/tangent_kernel.h"
#include "nn/theory/two_layer_relu.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

Tensors neurons(const ReluNeurons& n) { return {n.u, n.a}; }
ShuffledBatches shuffled_batches(Keywords& o) { return {.batch_size = o.integer("batch_size", 0), .eps = o.real("eps", 1e-5)}; }

const Function kTheory[] = {
    {"balance_neurons", [](const Inputs& x, Keywords&) { return neurons(balance_neurons(x[0], x[1])); }, [] { return Samples{{{spread({3, 2}), spread({3})}}}; }, Gradient::exact,
     "Two-layer ReLU neurons with halves of equal norm.", "relu_optimal_sets"},
    {"batchnorm_linear_epoch",
     [](const Inputs& x, Keywords& o) -> Tensors { return {batchnorm_linear_epoch(x[0], x[1], x[2], x[3], o.real("lr"), shuffled_batches(o))}; }, nullptr, Gradient::none,
     "Weights after an epoch of linear regression on batch-normalized chunks.", "shuffling_bn"},
    {"best_rank_psd", [](const Inputs& x, Keywords& o) -> Tensors { return {best_rank_psd(x[0], o.integer("rank"))}; }, nullptr, Gradient::none,
     "The nearest positive semidefinite matrix of a rank.", "matrix_sensing"},
    {"convex_relu_objective",
     [](const Inputs& x, Keywords& o) -> Tensors { return {convex_relu_objective(x[0], x[1], x[2], x[3], x[4], o.real("lam"))}; },
     [] { return Samples{{{spread({3, 2}), spread({3, 2}, -1, 3, 1), spread({4, 2}), spread({4}), spread({4, 3}, 0, 1)}, with({{"lam", 0.1}})}}; }, Gradient::exact,
     "The convex program of a two-layer ReLU network.", "relu_optimal_sets"},
    {"convex_to_network", [](const Inputs& x, Keywords&) { return neurons(convex_to_network(x[0], x[1])); }, [] { return Samples{{{spread({3, 2}), spread({2, 2}, -1, 3, 1)}}}; },
     Gradient::exact, "The neurons of a solution of the convex program.", "relu_optimal_sets"},
    {"distorted_features", [](const Inputs& x, Keywords& o) -> Tensors { return {distorted_features(x[0], x[1], shuffled_batches(o))}; },
     [] { return Samples{{{spread({4, 2}), samples::whole({2, 0, 3, 1}, {4})}, with({{"batch_size", 2}, {"eps", 0.1}})}}; }, Gradient::exact,
     "Features normalized by batches of a permutation.", "shuffling_bn"},
    {"distorted_optimum", [](const Inputs& x, Keywords& o) -> Tensors { return {distorted_optimum(x[0], x[1], x[2], shuffled_batches(o))}; }, nullptr, Gradient::exact,
     "The least-squares weights of distorted features.", "shuffling_bn"},
    {"expected_gap_change", [](const Inputs& x, Keywords& o) -> Tensors { return {expected_gap_change(x[0], o.real("lr"), o.integer("train_size"))}; },
     [] { return Samples{{{spread({})}, with({{"lr", 0.1}, {"train_size", 8}})}}; }, Gradient::exact, "How much a gradient step widens the generalization gap.", "sgd_implicit_reg"},
    {"gradient_statistics", [](const Inputs& x, Keywords&) -> Tensors { return gradient_statistics(x[0]).flatten(); }, [] { return Samples{{{spread({4, 3})}}, {{spread({2, 1})}}}; },
     Gradient::exact, "Trace of the covariance of sample gradients, twice, and the squared mean.", "sgd_implicit_reg"},
    {"matrix_sensing_loss", [](const Inputs& x, Keywords&) -> Tensors { return {matrix_sensing_loss(x[0], x[1], x[2])}; },
     [] { return Samples{{{spread({3, 2}), spread({4, 3, 3}), spread({4})}}}; }, Gradient::exact, "Squared errors of measurements of U U^T.", "matrix_sensing"},
    {"prune_relu_network",
     [](const Inputs& x, Keywords& o) { return neurons(prune_relu_network(x[0], x[1], x[2], options_of<OptimalPrunerOptions>(o))); }, nullptr, Gradient::none,
     "A two-layer ReLU network without linearly dependent neurons.", "relu_optimal_sets"},
    {"relu_network_objective", [](const Inputs& x, Keywords& o) -> Tensors { return {relu_network_objective(x[0], x[1], x[2], x[3], o.real("lam"))}; },
     [] { return Samples{{{spread({3, 2}), spread({3}), spread({4, 2}), spread({4})}, with({{"lam", 0.1}})}}; }, Gradient::exact,
     "Squared error and weight decay of a two-layer ReLU network.", "relu_optimal_sets"},
    {"relu_ntk", [](const Inputs& x, Keywords& o) -> Tensors { return {relu_ntk(x[0], x[1], o.integer("depth", 2))}; }, nullptr, Gradient::none,
     "The neural tangent kernel of an infinitely wide ReLU network.", "benign_lazy"},
    {"relu_patterns", [](const Inputs& x, Keywords&) -> Tensors { return {relu_patterns(x[0], x[1])}; }, nullptr, Gradient::none,
     "Which gates are open for which samples.", "relu_optimal_sets"},
    {"sgd_minus_gd_shift",
     [](const Inputs& x, Keywords& o) -> Tensors { return {sgd_minus_gd_shift(x[0], o.real("lr"), o.integer("steps"), o.integer("train_size"))}; },
     [] { return Samples{{{spread({3})}, with({{"lr", 0.1}, {"steps", 4}, {"train_size", 8}})}}; }, Gradient::exact, "Where SGD ends, seen from full-batch descent.",
     "sgd_implicit_reg"},
    // Not beside t_product: the table of operations holds what can be differentiated twice.
    {"t_svdvals", [](const Inputs& x, Keywords&) -> Tensors { return {t_svdvals(x[0])}; },
     [] { return Samples{{{spread({2, 3, 3})}}, {{spread({3, 2, 4})}}, {{spread({2, 2, 1})}}}; }, Gradient::exact, "Singular values of a third-order tensor's Fourier slices.",
     "tubal_factorization"},
    {"tubal_sensing_loss", [](const Inputs& x, Keywords&) -> Tensors { return {tubal_sensing_loss(x[0], x[1], x[2])}; },
     [] { return Samples{{{spread({2, 3, 3}), spread({4, 2, 2, 3}), spread({4})}}}; }, Gradient::exact, "Squared errors of measurements of the t-product U * U^T.",
     "tubal_factorization"},
};

}  // namespace

std::span<const Function> theory() { return kTheory; }

}  // namespace tare::nn::tables
