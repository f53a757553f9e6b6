// The models of the training rows, written as one would write them with tare.
#include <memory>

#include "bench.h"
#include "tare.h"

namespace tare::cli {
namespace {

using nn::Conv2d, nn::Linear, nn::ReLU, nn::Sequential;

/// The loop every row times, on one fixed batch.
template <class Model>
Work training(Model model, Tensor x, Tensor y) {
  auto m = std::make_shared<Model>(std::move(model));
  auto opt = std::make_shared<optim::Adam>(m->parameters(), optim::AdamOptions{.lr = 1e-3});
  return [=] {
    opt->zero_grad();
    cross_entropy((*m)(x), y).backward();
    opt->step();
  };
}

Work mlp() {
  return training(Sequential{Linear{784, 512}, ReLU{}, Linear{512, 512}, ReLU{}, Linear{512, 10}}, randn({128, 784}), randint(0, 10, {128}));
}

Work tiny_mlp() { return training(Sequential{Linear{64, 32}, nn::Tanh{}, Linear{32, 10}}, randn({16, 64}), randint(0, 10, {16})); }

Work cnn() {
  auto conv = [](int64_t in, int64_t out) { return Conv2d({.in_channels = in, .out_channels = out, .kernel_size = 3, .padding = 1}); };
  return training(Sequential{conv(1, 32), nn::BatchNorm2d{32}, ReLU{}, nn::MaxPool2d{2}, conv(32, 64), nn::BatchNorm2d{64}, ReLU{}, nn::MaxPool2d{2},
                             nn::Flatten{}, Linear{64 * 49, 128}, ReLU{}, Linear{128, 10}},
                  randn({64, 1, 28, 28}), randint(0, 10, {64}));
}

Conv2d plain_conv(int64_t in, int64_t out, int64_t kernel, int64_t stride) {
  return Conv2d({.in_channels = in, .out_channels = out, .kernel_size = kernel, .stride = stride, .padding = kernel / 2, .bias = false});
}

nn::Residual block(int64_t in, int64_t out, int64_t stride) {
  nn::ResidualOptions o;
  o.module = Sequential{plain_conv(in, out, 3, stride), nn::BatchNorm2d{out}, ReLU{}, plain_conv(out, out, 3, 1), nn::BatchNorm2d{out}};
  if (stride != 1 || in != out) o.shortcut = plain_conv(in, out, 1, stride);
  return nn::Residual(std::move(o));
}

Work resnet20() {
  Sequential model{plain_conv(1, 16, 3, 1), nn::BatchNorm2d{16}, ReLU{}};
  int64_t before = 16;
  for (int64_t width : {16, 32, 64})
    for (int i = 0; i < 3; i++) {
      model.append(block(before, width, width > 16 && i == 0 ? 2 : 1));
      model.append(ReLU{});
      before = width;
    }
  model.append(nn::AdaptiveAvgPool2d{1});
  model.append(nn::Flatten{});
  model.append(Linear{64, 10});
  return training(std::move(model), randn({32, 1, 28, 28}), randint(0, 10, {32}));
}

class CharacterLSTM : public nn::Layer<CharacterLSTM> {
 public:
  static constexpr std::string_view type = "CharacterLSTM";
  Tensor forward(const Tensor& x) { return reshape(head(lstm(embedding(x)).output), {-1, 96}); }
  void visit(Visitor& v) override {
    v.child("embedding", embedding);
    v.child("lstm", lstm);
    v.child("head", head);
  }
  nn::Embedding embedding{96, 128};
  nn::LSTM lstm{{.input_size = 128, .hidden_size = 256, .batch_first = true}};
  Linear head{256, 96};
};

Work lstm() { return training(CharacterLSTM(), randint(0, 96, {32, 64}), randint(0, 96, {32 * 64})); }

class AttentionBlock : public nn::Layer<AttentionBlock> {
 public:
  static constexpr std::string_view type = "AttentionBlock";
  AttentionBlock(int64_t width, int64_t heads)
      : heads_(heads), norm1(width), norm2(width), qkv(width, 3 * width), out(width, width), up(width, 4 * width), down(4 * width, width) {}
  Tensor forward(const Tensor& x) {
    int64_t batch = x.size(0), time = x.size(1), width = x.size(2);
    Tensors p = unbind(permute(reshape(qkv(norm1(x)), {batch, time, 3, heads_, width / heads_}), {2, 0, 3, 1, 4}));
    Tensor y = scaled_dot_product_attention(p[0], p[1], p[2], {.is_causal = true});
    Tensor z = x + out(reshape(transpose(y, 1, 2), {batch, time, width}));
    return z + down(gelu(up(norm2(z))));
  }
  void visit(Visitor& v) override {
    v.child("norm1", norm1);
    v.child("norm2", norm2);
    v.child("qkv", qkv);
    v.child("out", out);
    v.child("up", up);
    v.child("down", down);
  }

 private:
  int64_t heads_;

 public:
  nn::LayerNorm norm1, norm2;
  Linear qkv, out, up, down;
};

class GPT : public nn::Layer<GPT> {
 public:
  static constexpr std::string_view type = "GPT";
  Tensor forward(const Tensor& x) {
    Tensor y = tokens(x) + positions(arange(x.size(1)));
    for (AttentionBlock& b : blocks) y = b(y);
    return reshape(head(norm(y)), {-1, 96});
  }
  void visit(Visitor& v) override {
    v.child("tokens", tokens);
    v.child("positions", positions);
    for (size_t i = 0; i < blocks.size(); i++) v.child("block" + std::to_string(i), blocks[i]);
    v.child("norm", norm);
    v.child("head", head);
  }
  nn::Embedding tokens{96, 128}, positions{128, 128};
  std::vector<AttentionBlock> blocks = std::vector<AttentionBlock>(4, AttentionBlock(128, 4));
  nn::LayerNorm norm{128};
  Linear head{128, 96};
};

Work gpt() { return training(GPT(), randint(0, 96, {8, 128}), randint(0, 96, {8 * 128})); }

}  // namespace

std::vector<BenchRow> train_rows() {
  return {
      {"train_mlp_784_512_512_10_b128", mlp, true}, {"train_tiny_mlp_64_32_10_b16", tiny_mlp, true}, {"train_cnn_bn_28x28_b64", cnn, true},
      {"train_resnet20_28x28_b32", resnet20, true}, {"train_lstm_256_t64_b32", lstm, true},          {"train_gpt_d128_l4_t128_b8", gpt, true},
  };
}

}  // namespace tare::cli
