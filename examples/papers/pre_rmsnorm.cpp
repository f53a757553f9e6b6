// A Pre-LN Transformer converted to Pre-RMSNorm and Pre-CRMSNorm: the same function, to rounding, with normalizations that do less; and the same
// trajectory under plain gradient descent. LayerNorms exchanged for RMSNorms without centring the main branch are the control: another function.
#include "examples/papers/experiment.h"
#include "tare.h"

namespace tare::papers::pre_rmsnorm {
namespace {

constexpr int64_t kWidth = 16, kLength = 6, kLetters = 11, kBatch = 8;

nn::Sequential make_model() {
  nn::TransformerEncoderLayer block({.d_model = kWidth, .nhead = 2, .dim_feedforward = 4 * kWidth, .dropout = 0, .activation = "gelu",
                                     .batch_first = true, .norm_first = true});
  nn::TransformerEncoder encoder({.encoder_layer = block, .num_layers = 4, .norm = nn::LayerNorm(kWidth)});
  nn::Sequential model{nn::Embedding(kLetters, kWidth), nn::LearnedPositionalEmbedding(kLength, kWidth), encoder, nn::Linear(kWidth, kLetters)};
  for (auto& p : model.parameters()) {
    if (p.role == Role::norm_scale) nn::init::normal_(p.tensor, 1, 0.3);
    else if (p.role == Role::norm_shift) nn::init::normal_(p.tensor, 0, 0.3);
    else if (p.tensor.dim() == 2) nn::init::xavier_uniform_(p.tensor);  // the blocks were copies of one
  }
  return model;
}

/// RMSNorm in the place of every LayerNorm, and nothing else.
nn::AnyModule without_centring(nn::AnyModule model) {
  for (auto& [path, m] : model->modules())
    if (auto* norm = dynamic_cast<nn::LayerNorm*>(m)) {
      nn::RMSNorm rms({.normalized_shape = norm->options.normalized_shape, .eps = norm->options.eps, .bias = true});
      rms.load_state(norm->state());
      nn::replace(*model, path, rms);
    }
  return model;
}

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed both converted models give the original's outputs to 1e-9, and the Pre-RMSNorm one to 1e-8 after 20 steps of SGD of both; "
         "without centring they differ by more than 1e-3");
  e.note("4 blocks of width 16 with 2 heads in float64, random tokens, random weights and biases of the LayerNorms. The saving in time is a matter "
         "of the benchmarks (tare bench)");
  DefaultDtype wide(DType::float64);
  auto seeds = e.seeds(3);
  for (int64_t seed : seeds) {
    manual_seed(uint64_t(seed));
    nn::AnyModule original = make_model();
    nn::AnyModule rms = nn::convert_pre_ln_to_pre_rms(*original), crms = nn::convert_pre_ln_to_pre_crms(*original);
    nn::AnyModule control = without_centring(original);
    auto tokens = [] { return randint(0, kLetters, {kBatch, kLength}); };
    Tensor probe = tokens();
    auto apart = [&](nn::AnyModule& model) {
      NoGrad off;
      return max(abs(model(probe) - original(probe))).item();
    };
    e.begin("Pre-RMSNorm", seed);
    e.measure("difference", apart(rms));
    std::vector<std::pair<Tensor, Tensor>> batches;
    for (int i = 0; i < 20; i++) batches.emplace_back(tokens(), tokens());
    nn::AnyModule start = original;
    for (nn::AnyModule* model : {&original, &rms}) {
      optim::SGD opt((*model)->parameters(), {.lr = 0.01});
      for (auto& [x, y] : batches) {
        opt.zero_grad();
        cross_entropy(flatten((*model)(x), 0, 1), flatten(y)).backward();
        opt.step();
      }
    }
    e.measure("after 20 steps", apart(rms));
    original = start;
    e.begin("Pre-CRMSNorm", seed);
    e.measure("difference", apart(crms));
    e.begin("RMSNorm without centring", seed);
    e.measure("difference", apart(control));
  }
  for (int64_t seed : seeds) {
    for (const char* method : {"Pre-RMSNorm", "Pre-CRMSNorm"})
      e.below(text("difference of ", method, ", seed ", seed), e.value(method, "difference", seed), 1e-9);
    e.below(text("difference after 20 steps, seed ", seed), e.value("Pre-RMSNorm", "after 20 steps", seed), 1e-8);
    e.above(text("difference without centring, seed ", seed), e.value("RMSNorm without centring", "difference", seed), 1e-3);
  }
}

}  // namespace tare::papers::pre_rmsnorm
