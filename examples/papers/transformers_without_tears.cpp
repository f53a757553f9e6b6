// A language model of six blocks trained at a constant rate without warm-up: with LayerNorm behind each sum it stays at the frequencies of
// letters, with normalization inside the branches and small initial weights it learns; ScaleNorm and FixNorm, one number a norm and word vectors
// on a sphere, do as well.
#include "examples/papers/experiment.h"
#include "examples/papers/training.h"
#include "tare.h"

namespace tare::papers::transformers_without_tears {
namespace {

constexpr int64_t kWidth = 32, kHeads = 2, kDepth = 6, kLength = 32;
constexpr const char* kLoss = "training loss";

enum class Kind { post, pre, scale };

/// The attention's four projections, each width x width, by SmallInit or by Xavier's rule; feed-forward maps by Xavier's; biases 0.
void start(nn::TransformerEncoder& encoder, bool small) {
  for (auto& p : encoder.parameters()) {
    bool projection = p.name.find("self_attn") != std::string::npos;
    if (p.role == Role::bias) nn::init::zeros_(p.tensor);
    else if (p.tensor.dim() < 2) continue;
    else if (!projection) nn::init::xavier_normal_(p.tensor);
    else if (small) nn::init::small_init_(p.tensor);
    else nn::init::normal_(p.tensor, 0, 1 / std::sqrt(double(kWidth)));  // three of them are stored as one matrix, which has another fan out
  }
}

class Writer : public nn::Layer<Writer> {
 public:
  static constexpr std::string_view type = "Writer";
  Writer(int64_t letters, Kind kind) : table(letters, kWidth), positions(kWidth), encoder(stack(kind)) {
    start(encoder, kind != Kind::post);
    nn::init::normal_(table.weight(), 0, 1 / std::sqrt(double(kWidth)));
    if (kind == Kind::scale) sphere.emplace(letters, kWidth);
  }
  /// The output layer is tied to the table.
  Tensor forward(const Tensor& x) {
    Tensor h = positions(sphere ? (*sphere)(x) : table(x) * std::sqrt(double(kWidth)));
    h = encoder.forward(h, {.is_causal = true});
    return sphere ? sphere->logits(h) : linear(h, table.weight());
  }
  void visit(Visitor& v) override {
    if (sphere) v.child("sphere", *sphere);
    else v.child("table", table);
    v.child("encoder", encoder);
  }
  nn::Embedding table;
  std::optional<nn::FixNormEmbedding> sphere;
  nn::SinusoidalPositionalEncoding positions;
  nn::TransformerEncoder encoder;

 private:
  static nn::TransformerEncoder stack(Kind kind) {
    nn::AnyModule norm = nn::LayerNorm(kWidth);
    if (kind == Kind::scale) norm = nn::ScaleNorm({.scale = std::sqrt(double(kWidth))});
    nn::TransformerEncoderLayer block({.d_model = kWidth, .nhead = kHeads, .dim_feedforward = 4 * kWidth, .dropout = 0, .batch_first = true,
                                       .norm_first = kind != Kind::post, .norm = norm});
    return nn::TransformerEncoder({.encoder_layer = block, .num_layers = kDepth, .norm = kind == Kind::post ? nn::AnyModule() : norm});
  }
};

}  // namespace

void run(Experiment& e) {
  e.rule("on every seed the mean training loss of the last 30 of 250 steps of Adam at 5e-3 without warm-up is at least 0.3 nats lower for PreNorm "
         "with ScaleNorm, FixNorm and SmallInit than for PostNorm, and within 0.1 of PreNorm with LayerNorm and SmallInit");
  e.note("language model of letters on 120000 characters of the King James Bible, in the place of translation; tied output layers, sinusoidal "
         "positions, no dropout");
  data::TextDataset letters({.text = bible(120000), .context = kLength});
  auto seeds = e.seeds(2);
  for (int64_t seed : seeds)
    for (auto [method, kind] : {std::pair{"PostNorm LN", Kind::post}, {"PreNorm LN", Kind::pre}, {"PreNorm ScaleNorm FixNorm", Kind::scale}}) {
      e.begin(method, seed);
      Writer model(letters.vocabulary().size(), kind);
      optim::Adam opt(model.parameters(), {.lr = 5e-3, .betas = {0.9, 0.98}});
      e.measure(kLoss, fit(model, opt, letters, {.batch = 16, .steps = 250, .last = 30}));
    }
  for (int64_t seed : seeds) {
    double ours = e.value("PreNorm ScaleNorm FixNorm", kLoss, seed);
    e.at_least(text("nats below PostNorm, seed ", seed), e.value("PostNorm LN", kLoss, seed) - ours, 0.3);
    e.at_most(text("nats from PreNorm LN, seed ", seed), std::abs(ours - e.value("PreNorm LN", kLoss, seed)), 0.1);
  }
}

}  // namespace tare::papers::transformers_without_tears
