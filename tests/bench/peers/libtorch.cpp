// The rows of `tare bench` on libtorch: same names, shapes and steps (examples/cli/bench_*.cpp). Built and run by tests/bench/compare.
//
//   libtorch [--threads N] [--filter S] [--seconds S]     prints {name: {"ms": median, "peak_mib": for training rows}}
//
// Where this version has a fused kernel (attention, RMSNorm, optimizer steps), that is what runs.
#include <torch/torch.h>
#include <torch/version.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#define TARE_PEER_FUSED (TORCH_VERSION_MAJOR >= 2)

namespace {

using torch::Tensor;
namespace nn = torch::nn;
using Work = std::function<void()>;

std::string filter;
double seconds = 0.6;
bool first_result = true;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double resident(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == key + ":") {
      double kib = 0;
      status >> kib;
      return kib / 1024;
    }
  return 0;
}

/// Prepares and times a row; what `prepare` returns is repeated.
void row(const std::string& name, const std::function<Work()>& prepare, bool memory = false) {
  if (name.find(filter) == std::string::npos) return;
  std::ofstream("/proc/self/clear_refs") << 5;
  double before = resident("VmRSS");
  Work work = prepare();
  work();
  work();
  std::vector<double> times;
  for (double begin = now(); times.size() < 7 || (now() - begin < seconds && times.size() < 2000);) {
    double t = now();
    work();
    times.push_back(now() - t);
  }
  std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
  std::printf("%s  \"%s\": {\"ms\": %.6f", first_result ? "{\n" : ",\n", name.c_str(), times[times.size() / 2] * 1e3);
  if (memory) std::printf(", \"peak_mib\": %.2f", resident("VmHWM") - before);
  std::printf("}");
  std::fflush(stdout);
  first_result = false;
}

// ---- primitives

template <class F>
void primitive(const std::string& name, std::vector<std::vector<int64_t>> shapes, F f) {
  row(name, [=]() -> Work {
    std::vector<Tensor> x;
    for (auto& s : shapes) x.push_back(torch::randn(s));
    return [x, f] { Tensor y = f(x); };
  });
}

void primitives() {
  using In = const std::vector<Tensor>&;
  constexpr int64_t k4M = 4 << 20;
  primitive("gemm_256", {{256, 256}, {256, 256}}, [](In x) { return torch::mm(x[0], x[1]); });
  primitive("gemm_1024", {{1024, 1024}, {1024, 1024}}, [](In x) { return torch::mm(x[0], x[1]); });
  primitive("bmm_64x128x64x128", {{64, 128, 64}, {64, 64, 128}}, [](In x) { return torch::bmm(x[0], x[1]); });
  primitive("add_4M", {{k4M}, {k4M}}, [](In x) { return x[0] + x[1]; });
  primitive("exp_4M", {{k4M}}, [](In x) { return torch::exp(x[0]); });
  primitive("gelu_4M", {{k4M}}, [](In x) { return torch::gelu(x[0]); });
  primitive("tanh_4M", {{k4M}}, [](In x) { return torch::tanh(x[0]); });
  primitive("sum_4M", {{k4M}}, [](In x) { return x[0].sum(); });
  primitive("sum_rows_2048", {{2048, 2048}}, [](In x) { return x[0].sum(1); });
  primitive("sum_cols_2048", {{2048, 2048}}, [](In x) { return x[0].sum(0); });
  primitive("transpose_copy_2048", {{2048, 2048}}, [](In x) { return x[0].t().contiguous(); });
  primitive("softmax_2048x2048", {{2048, 2048}}, [](In x) { return torch::softmax(x[0], -1); });
  primitive("add_broadcast_2048", {{2048, 2048}, {2048}}, [](In x) { return x[0] + x[1]; });
  row("tiny_chain_100_ops_fwd_bwd", []() -> Work {
    Tensor x = torch::randn({10}), w = torch::randn({10}).set_requires_grad(true);
    return [x, w] {
      Tensor y = w;
      for (int i = 0; i < 100; i++) y = y * x + x;
      w.mutable_grad() = Tensor();
      y.sum().backward();
    };
  });
}

// ---- layers: forward, and backward from a fixed gradient

template <class F>
Work forward_backward(Tensor x, std::vector<Tensor> parameters, F f) {
  x.set_requires_grad(true);
  Tensor gradient = torch::randn_like(f(x));
  return [=] {
    x.mutable_grad() = Tensor();
    for (auto& p : parameters) p.mutable_grad() = Tensor();
    f(x).backward(gradient);
  };
}

template <class Make>
void layer(const std::string& name, Make make, std::vector<int64_t> shape) {
  row(name, [=] {
    auto m = make();
    return forward_backward(torch::randn(shape), m->parameters(), [m](const Tensor& x) { return m.ptr()->forward(x); });
  });
}

void conv(const std::string& name, int64_t n, int64_t c, int64_t size, int64_t kernel, int64_t out, int64_t stride, int64_t groups = 1) {
  layer(name, [=] { return nn::Conv2d(nn::Conv2dOptions(c, out, kernel).stride(stride).padding(kernel / 2).groups(groups)); }, {n, c, size, size});
}

void layers() {
  conv("conv3x3_n32_c16_o16_h28_s1", 32, 16, 28, 3, 16, 1);
  conv("conv3x3_n32_c32_o64_h28_s1", 32, 32, 28, 3, 64, 1);
  conv("conv3x3_n32_c64_o64_h14_s1", 32, 64, 14, 3, 64, 1);
  conv("conv1x1_n32_c64_o64_h28_s1", 32, 64, 28, 1, 64, 1);
  conv("conv5x5_n32_c1_o32_h28_s1", 32, 1, 28, 5, 32, 1);
  conv("conv3x3_n16_c32_o64_h28_s2", 16, 32, 28, 3, 64, 2);
  conv("conv3x3_depthwise_n32_c64_h28", 32, 64, 28, 3, 64, 1, 64);
  std::vector<int64_t> images{32, 64, 28, 28}, rows{4096, 768};
  layer("maxpool2_n32_c64_h28", [] { return nn::MaxPool2d(2); }, images);
  layer("batchnorm2d_32x64x28x28", [] { return nn::BatchNorm2d(64); }, images);
  layer("batchnorm1d_4096x512", [] { return nn::BatchNorm1d(512); }, {4096, 512});
  layer("layernorm_4096x768", [] { return nn::LayerNorm(nn::LayerNormOptions({768})); }, rows);
  layer("groupnorm8_32x64x28x28", [] { return nn::GroupNorm(8, 64); }, images);
  layer("instancenorm2d_32x64x28x28", [] { return nn::InstanceNorm2d(nn::InstanceNorm2dOptions(64).affine(true)); }, images);
  row("rmsnorm_4096x768", [&] {
    Tensor w = torch::ones({768}).set_requires_grad(true);
    return forward_backward(torch::randn(rows), {w}, [w](const Tensor& x) {
#if TARE_PEER_FUSED
      return at::rms_norm(x, {768}, w, 1e-6);
#else
      return x * torch::rsqrt((x * x).mean(-1, true) + 1e-6) * w;
#endif
    });
  });
  row("softmax_fwd_bwd_4096x768", [&] { return forward_backward(torch::randn(rows), {}, [](const Tensor& x) { return torch::softmax(x, -1); }); });
  row("cross_entropy_4096x768", [&]() -> Work {
    Tensor x = torch::randn(rows).set_requires_grad(true), y = torch::randint(0, 768, {4096}, torch::kLong);
    return [=] {
      x.mutable_grad() = Tensor();
      nn::functional::cross_entropy(x, y).backward();
    };
  });
  row("weightnorm_linear_512", []() -> Work {
    Tensor v = torch::randn({512, 512}).set_requires_grad(true), g = torch::ones({512, 1}).set_requires_grad(true);
    Tensor x = torch::randn({128, 512}), gradient = torch::randn({128, 512});
    return [=] {
      v.mutable_grad() = Tensor();
      g.mutable_grad() = Tensor();
      torch::mm(x, (v * (g / v.norm(2, {1}, true))).t()).backward(gradient);
    };
  });
}

// ---- optimizer steps over 40 tensors of 500 x 500

struct Weights {
  std::vector<Tensor> w, g, m, v, none, steps;
  Weights() {
    for (int i = 0; i < 40; i++) {
      w.push_back(torch::randn({500, 500}));
      g.push_back(torch::randn({500, 500}));
      m.push_back(torch::zeros({500, 500}));
      v.push_back(torch::zeros({500, 500}));
      steps.push_back(torch::ones({}));
    }
  }
};

template <class Method, class Options>
Work plain_steps(Options o) {
  auto all = std::make_shared<Weights>();
  for (size_t i = 0; i < 40; i++) {
    all->w[i].set_requires_grad(true);
    all->w[i].mutable_grad() = all->g[i];
  }
  auto method = std::make_shared<Method>(all->w, o);
  return [method] { method->step(); };
}

void optimizers() {
  using namespace torch::optim;
#if TARE_PEER_FUSED
  auto fused = [](auto step) {
    return [step]() -> Work {
      auto t = std::make_shared<Weights>();
      return [t, step] { step(*t); };
    };
  };
  row("sgd_momentum_step_10M", fused([](Weights& t) { at::_fused_sgd_(t.w, t.g, t.m, 1e-4, 0.9, 1e-3, 0.0, false, false, false); }));
  row("adam_step_10M", fused([](Weights& t) { at::_fused_adam_(t.w, t.g, t.m, t.v, t.none, t.steps, 1e-3, 0.9, 0.999, 0.0, 1e-8, false, false); }));
  row("adamw_step_10M", fused([](Weights& t) { at::_fused_adamw_(t.w, t.g, t.m, t.v, t.none, t.steps, 1e-3, 0.9, 0.999, 1e-2, 1e-8, false, false); }));
#else
  row("sgd_momentum_step_10M", [] { return plain_steps<SGD>(SGDOptions(1e-3).momentum(0.9).weight_decay(1e-4)); });
  row("adam_step_10M", [] { return plain_steps<Adam>(AdamOptions(1e-3)); });
  row("adamw_step_10M", [] { return plain_steps<AdamW>(AdamWOptions(1e-3)); });
#endif
  // The C++ API's own steps, with its defaults.
  row("step_10M_Adagrad", [] { return plain_steps<Adagrad>(AdagradOptions()); });
  row("step_10M_Adam", [] { return plain_steps<Adam>(AdamOptions()); });
  row("step_10M_AdamW", [] { return plain_steps<AdamW>(AdamWOptions()); });
  row("step_10M_RMSprop", [] { return plain_steps<RMSprop>(RMSpropOptions()); });
  row("step_10M_SGD", [] { return plain_steps<SGD>(SGDOptions(1e-3)); });
}

// ---- training steps

struct BlockImpl : nn::Module {
  nn::Conv2d conv1, conv2, shortcut{nullptr};
  nn::BatchNorm2d norm1, norm2;
  BlockImpl(int64_t in, int64_t out, int64_t stride)
      : conv1(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(false)), conv2(nn::Conv2dOptions(out, out, 3).padding(1).bias(false)),
        norm1(out), norm2(out) {
    register_module("conv1", conv1), register_module("norm1", norm1), register_module("conv2", conv2), register_module("norm2", norm2);
    if (stride != 1 || in != out) shortcut = register_module("shortcut", nn::Conv2d(nn::Conv2dOptions(in, out, 1).stride(stride).bias(false)));
  }
  Tensor forward(const Tensor& x) {
    Tensor y = norm2(conv2(torch::relu(norm1(conv1(x)))));
    return torch::relu(y + (shortcut.is_empty() ? x : shortcut(x)));
  }
};
TORCH_MODULE(Block);

struct ResNet20Impl : nn::Module {
  nn::Conv2d conv{nn::Conv2dOptions(1, 16, 3).padding(1).bias(false)};
  nn::BatchNorm2d norm{16};
  nn::Sequential body;
  nn::Linear head{64, 10};
  ResNet20Impl() {
    int64_t before = 16;
    for (int64_t width : {16, 32, 64})
      for (int i = 0; i < 3; i++) {
        body->push_back(Block(before, width, width > 16 && i == 0 ? 2 : 1));
        before = width;
      }
    register_module("conv", conv), register_module("norm", norm), register_module("body", body), register_module("head", head);
  }
  Tensor forward(const Tensor& x) { return head(body->forward(torch::relu(norm(conv(x)))).mean({2, 3})); }
};
TORCH_MODULE(ResNet20);

struct CharacterLSTMImpl : nn::Module {
  nn::Embedding embedding{96, 128};
  nn::LSTM lstm{nn::LSTMOptions(128, 256).batch_first(true)};
  nn::Linear head{256, 96};
  CharacterLSTMImpl() { register_module("embedding", embedding), register_module("lstm", lstm), register_module("head", head); }
  Tensor forward(const Tensor& x) { return head(std::get<0>(lstm(embedding(x)))).reshape({-1, 96}); }
};
TORCH_MODULE(CharacterLSTM);

struct AttentionBlockImpl : nn::Module {
  int64_t heads;
  nn::LayerNorm norm1, norm2;
  nn::Linear qkv, out, up, down;
  AttentionBlockImpl(int64_t d, int64_t heads)
      : heads(heads), norm1(nn::LayerNormOptions({d})), norm2(nn::LayerNormOptions({d})), qkv(d, 3 * d), out(d, d), up(d, 4 * d), down(4 * d, d) {
    register_module("norm1", norm1), register_module("norm2", norm2), register_module("qkv", qkv), register_module("out", out);
    register_module("up", up), register_module("down", down);
  }
  Tensor forward(Tensor x) {
    int64_t batch = x.size(0), time = x.size(1), width = x.size(2), size = width / heads;
    Tensor p = qkv(norm1(x)).view({batch, time, 3, heads, size}).permute({2, 0, 3, 1, 4});
#if TARE_PEER_FUSED
    Tensor y = at::scaled_dot_product_attention(p[0], p[1], p[2], {}, 0.0, true);
#else
    static const Tensor mask = torch::triu(torch::full({time, time}, -1e9), 1);
    Tensor y = torch::matmul(torch::softmax(torch::matmul(p[0], p[1].transpose(-1, -2)) / std::sqrt(double(size)) + mask, -1), p[2]);
#endif
    x = x + out(y.transpose(1, 2).reshape({batch, time, width}));
    return x + down(torch::gelu(up(norm2(x))));
  }
};
TORCH_MODULE(AttentionBlock);

struct GPTImpl : nn::Module {
  nn::Embedding tokens{96, 128}, positions{128, 128};
  nn::Sequential blocks;
  nn::LayerNorm norm{nn::LayerNormOptions({128})};
  nn::Linear head{128, 96};
  GPTImpl() {
    for (int i = 0; i < 4; i++) blocks->push_back(AttentionBlock(128, 4));
    register_module("tokens", tokens), register_module("positions", positions), register_module("blocks", blocks);
    register_module("norm", norm), register_module("head", head);
  }
  Tensor forward(const Tensor& x) {
    Tensor y = tokens(x) + positions(torch::arange(x.size(1)));
    return head(norm(blocks->forward(y))).reshape({-1, 96});
  }
};
TORCH_MODULE(GPT);

template <class Make>
void training(const std::string& name, Make make, Tensor x, Tensor y) {
  row(name, [=]() -> Work {
    auto model = make();
    auto opt = std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(1e-3));
    return [=]() mutable {
      opt->zero_grad();
      nn::functional::cross_entropy(model->forward(x), y).backward();
      opt->step();
    };
  }, true);
}

void train() {
  auto labels = [](int64_t classes, int64_t n) { return torch::randint(0, classes, {n}, torch::kLong); };
  training("train_mlp_784_512_512_10_b128",
           [] { return nn::Sequential(nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 512), nn::ReLU(), nn::Linear(512, 10)); },
           torch::randn({128, 784}), labels(10, 128));
  training("train_tiny_mlp_64_32_10_b16", [] { return nn::Sequential(nn::Linear(64, 32), nn::Tanh(), nn::Linear(32, 10)); }, torch::randn({16, 64}),
           labels(10, 16));
  training("train_cnn_bn_28x28_b64", [] {
    auto conv = [](int64_t in, int64_t out) { return nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1)); };
    return nn::Sequential(conv(1, 32), nn::BatchNorm2d(32), nn::ReLU(), nn::MaxPool2d(2), conv(32, 64), nn::BatchNorm2d(64), nn::ReLU(),
                          nn::MaxPool2d(2), nn::Flatten(), nn::Linear(64 * 49, 128), nn::ReLU(), nn::Linear(128, 10));
  }, torch::randn({64, 1, 28, 28}), labels(10, 64));
  training("train_resnet20_28x28_b32", [] { return ResNet20(); }, torch::randn({32, 1, 28, 28}), labels(10, 32));
  training("train_lstm_256_t64_b32", [] { return CharacterLSTM(); }, torch::randint(0, 96, {32, 64}, torch::kLong), labels(96, 32 * 64));
  training("train_gpt_d128_l4_t128_b8", [] { return GPT(); }, torch::randint(0, 96, {8, 128}, torch::kLong), labels(96, 8 * 128));
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 2;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--threads")) threads = std::atoi(argv[i + 1]);
    else if (!std::strcmp(argv[i], "--filter")) filter = argv[i + 1];
    else if (!std::strcmp(argv[i], "--seconds")) seconds = std::atof(argv[i + 1]);
  }
  torch::set_num_threads(threads);
  torch::manual_seed(0);
  primitives();
  layers();
  optimizers();
  train();
  std::printf(first_result ? "{}\n" : "\n}\n");
}
