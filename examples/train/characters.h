// What the character-level language models of this folder share: the text, the training loop, the score on held-out text, and samples that
// show what a model has learnt so far.
//
//   gpt [TEXT FILE] [STEPS]        without a file: the King James Bible of the Debian packages bible-kjv and bible-kjv-text
#pragma once

#include <tare.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "examples/train/bible.h"

namespace characters {

using namespace tare;

/// The text of a file, or the Bible.
inline std::string read_text(const std::string& path) {
  if (path.empty()) return bible_text();
  std::string text;
  if (std::FILE* in = std::fopen(path.c_str(), "rb")) {
    for (int c; (c = std::fgetc(in)) != EOF;) text += char(c);
    std::fclose(in);
  }
  check<FileError>(text.size() >= 10000, path, ": no text of at least 10000 characters");
  return text;
}

struct Settings {
  int64_t context = 128, batch = 32, steps = 3000, report = 500;
  double lr = 3e-3;
};

/// `prompt` and `count` more characters, each drawn from the model's distribution for the next one.
template <class Model>
std::string sample(Model& model, const data::Vocabulary& letters, int64_t context, std::string_view prompt, int64_t count) {
  NoGrad off;
  model.eval();
  Tensor text = letters.encode(prompt);
  for (int64_t i = 0; i < count; i++) {
    Tensor window = slice(text, 0, std::max<int64_t>(0, text.numel() - context));
    Tensor scores = select(model(unsqueeze(window, 0)), 1, -1);
    text = cat({text, reshape(multinomial(softmax(scores / 0.8, -1), 1), {1})});
  }
  model.train();
  return letters.decode(text);
}

/// Mean nats a character over the whole of `held_out`.
template <class Model>
double score(Model& model, const data::TextDataset& held_out) {
  NoGrad off;
  model.eval();
  double total = 0;
  int64_t count = 0;
  for (auto [x, y] : data::DataLoader(held_out, {.batch_size = 64})) {
    total += nn::cross_entropy(flatten(model(x), 0, 1), flatten(y), {.reduction = Reduction::sum}).template item<double>();
    count += y.numel();
  }
  model.train();
  return total / double(count);
}

/// Model maps characters (N, T) to scores of the next ones (N, T, V); it is made by make(V) once the alphabet is known.
template <class Make>
int train(int argc, char** argv, Settings s, Make make) {
  std::string text;
  try {
    text = read_text(argc > 1 ? argv[1] : "");
  } catch (const FileError& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
  if (argc > 2) s.steps = std::max(20, std::atoi(argv[2]));
  data::TextDataset train({.text = text, .context = s.context, .split = "train"}), test({.text = text, .context = s.context, .stride = s.context, .split = "test"});
  manual_seed(0);
  auto model = make(train.vocabulary().size());
  std::printf("%lld characters, %lld different ones; %lld parameters, %lld steps of %lld x %lld characters\n", static_cast<long long>(text.size()),
              static_cast<long long>(train.vocabulary().size()), static_cast<long long>(model.num_parameters()), static_cast<long long>(s.steps),
              static_cast<long long>(s.batch), static_cast<long long>(s.context));

  optim::Chain opt = optim::chain(optim::clip_by_norm(1.0), optim::AdamW({.lr = s.lr, .betas = {0.9, 0.98}, .weight_decay = 0.05}));
  opt.bind(model.parameters());
  optim::WarmupCosineLR schedule({.warmup_steps = s.steps / 20, .total_steps = s.steps});
  schedule.bind(opt);
  auto start = std::chrono::steady_clock::now();
  double smooth = 0;
  int64_t step = 0;
  data::DataLoader loader(train, {.batch_size = s.batch, .shuffle = true, .drop_last = true, .seed = 0});
  while (step < s.steps)
    for (auto [x, y] : loader) {
      opt.zero_grad();
      Tensor loss = nn::cross_entropy(flatten(model(x), 0, 1), flatten(y));
      loss.backward();
      opt.step();
      schedule.step();
      smooth = step == 0 ? loss.item<double>() : 0.98 * smooth + 0.02 * loss.item<double>();
      if (++step % s.report == 0 || step == s.steps) {
        double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        std::printf("\nstep %lld, %.0f s: training %.3f nats a character\n%s\n", static_cast<long long>(step), seconds, smooth,
                    sample(model, train.vocabulary(), s.context, text.substr(0, 1), 200).c_str());
        std::fflush(stdout);
      }
      if (step == s.steps) break;
    }
  double held_out = score(model, test), seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("\nheld-out text: %.4f nats a character (%.3f bits) after %.0f s\n", held_out, held_out / 0.6931471805599453, seconds);
  return 0;
}

}  // namespace characters
