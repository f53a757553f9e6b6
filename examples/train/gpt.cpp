// A small GPT that learns to write, character by character (Radford et al. 2018; pre-norm blocks).
//
//   x = tokens + positions;  each block: x += attention(norm(x)), x += feed_forward(norm(x));  scores = head(norm(x))
#include "examples/train/characters.h"

using namespace tare;

namespace {

class Block : public nn::Layer<Block> {
 public:
  static constexpr std::string_view type = "GPTBlock";
  Block(int64_t width, int64_t heads) : norm1(width), norm2(width), qkv(width, 3 * width), out(width, width), up(width, 4 * width), down(4 * width, width), heads_(heads) {}

  Tensor forward(const Tensor& x) {
    int64_t n = x.size(0), t = x.size(1), width = x.size(2);
    Tensors p = unbind(permute(reshape(qkv(norm1(x)), {n, t, 3, heads_, width / heads_}), {2, 0, 3, 1, 4}));  // q, k, v: (N, heads, T, D)
    Tensor mixed = scaled_dot_product_attention(p[0], p[1], p[2], {.is_causal = true});
    Tensor y = x + out(reshape(transpose(mixed, 1, 2), {n, t, width}));
    return y + down(gelu(up(norm2(y))));
  }
  void visit(Visitor& v) override {
    v.child("norm1", norm1);
    v.child("norm2", norm2);
    v.child("qkv", qkv);
    v.child("out", out);
    v.child("up", up);
    v.child("down", down);
  }
  nn::LayerNorm norm1, norm2;
  nn::Linear qkv, out, up, down;

 private:
  int64_t heads_;
};

class GPT : public nn::Layer<GPT> {
 public:
  static constexpr std::string_view type = "GPT";
  GPT(int64_t letters, int64_t context, int64_t width, int64_t depth, int64_t heads)
      : tokens(letters, width), positions(context, width), blocks(size_t(depth), Block(width, heads)), norm(width), head(width, letters) {
    for (auto& p : parameters())
      if (p.tensor.dim() == 2) nn::init::normal_(p.tensor, 0, 0.02);
    // The branches' last maps are smaller the more of them are added up (Radford et al. 2019).
    for (Block& b : blocks)
      for (nn::Linear* last : {&b.out, &b.down}) nn::init::normal_(last->weight(), 0, 0.02 / std::sqrt(2.0 * double(depth)));
  }
  Tensor forward(const Tensor& x) {
    Tensor y = positions(tokens(x));
    for (Block& b : blocks) y = b(y);
    return head(norm(y));
  }
  void visit(Visitor& v) override {
    v.child("tokens", tokens);
    v.child("positions", positions);
    for (size_t i = 0; i < blocks.size(); i++) v.child("block" + std::to_string(i), blocks[i]);
    v.child("norm", norm);
    v.child("head", head);
  }
  nn::Embedding tokens;
  nn::LearnedPositionalEmbedding positions;
  std::vector<Block> blocks;
  nn::LayerNorm norm;
  nn::Linear head;
};

}  // namespace

int main(int argc, char** argv) {
  characters::Settings s{.context = 96, .batch = 16, .steps = 2200, .report = 550, .lr = 3e-3};
  return characters::train(argc, argv, s, [&](int64_t letters) { return GPT(letters, s.context, 128, 4, 4); });
}
