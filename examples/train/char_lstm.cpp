// An LSTM that learns to write, character by character (Graves 2013, arXiv:1308.0850).
#include "examples/train/characters.h"

using namespace tare;

namespace {

class CharLSTM : public nn::Layer<CharLSTM> {
 public:
  static constexpr std::string_view type = "CharLSTM";
  CharLSTM(int64_t letters, int64_t width)
      : embedding(letters, 64), lstm({.input_size = 64, .hidden_size = width, .batch_first = true}), head(width, letters) {}
  Tensor forward(const Tensor& x) { return head(lstm(embedding(x)).output); }
  void visit(Visitor& v) override {
    v.child("embedding", embedding);
    v.child("lstm", lstm);
    v.child("head", head);
  }
  nn::Embedding embedding;
  nn::LSTM lstm;
  nn::Linear head;
};

}  // namespace

int main(int argc, char** argv) {
  characters::Settings s{.context = 96, .batch = 32, .steps = 1000, .report = 250, .lr = 4e-3};
  return characters::train(argc, argv, s, [](int64_t letters) { return CharLSTM(letters, 320); });
}
