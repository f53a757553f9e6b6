// Sample configurations of the layers, activations and losses.
#include "autograd/ops/activation.h"
#include "autograd/ops/elementwise.h"
#include "tests/nn/catalogue_samples.h"

namespace tare::testing {
namespace {

Tensor probabilities(const Tensor& t) { return 0.05 + 0.9 * sigmoid(t); }
Tensor log_probabilities(const Tensor& t) { return log_softmax(t, -1); }
Tensor signs(const Tensor& t) { return 2.0 * to(gt(t, 0), t.dtype()) - 1.0; }
Tensor bits(const Tensor& t) { return to(gt(t, 0), t.dtype()); }
Tensor positive(const Tensor& t) { return 0.3 + square(t); }

}  // namespace

std::vector<LayerSample> plain_layer_samples() {
  std::vector<LayerSample> all = {
      // ---- layers with rules of their own
      {R"({"type": "SgtmMLP", "hidden_size": 3, "intermediate_size": 5, "retain_mlp_dim": 3})", {{{2, 2, 3}}}},
      {R"({"type": "SgtmMLP", "hidden_size": 3, "intermediate_size": 5, "retain_mlp_dim": 3, "activation": "relu", "sgtm_mode": "retain"})", {{{2, 3}}}},
      {R"({"type": "SgtmMLP", "hidden_size": 3, "intermediate_size": 5, "retain_mlp_dim": 3, "sgtm_mode": "forget", "output_size": 2})", {{{2, 3}}}, Gradient::approximate},
      {R"({"type": "SgtmSelfAttention", "embed_dim": 4, "num_heads": 2, "retain_attn_heads": 1})", {{{2, 3, 4}}}},
      {R"({"type": "SgtmSelfAttention", "embed_dim": 4, "num_heads": 2, "retain_attn_heads": 1, "causal": false, "scale": true, "sgtm_mode": "retain"})", {{{1, 3, 4}}}},
      {R"({"type": "TrActLinear", "in_features": 3, "out_features": 2})", {{{5, 3}}}, Gradient::approximate},
      {R"({"type": "TrActConv2d", "in_channels": 2, "out_channels": 2, "kernel_size": 2, "stride": [1, 2], "padding": 1})", {{{2, 2, 3, 4}}}, Gradient::approximate},
      {R"({"type": "LossRescaler", "in_features": 3, "hidden_size": 4})", {{{4, 3}}}},
      {R"({"type": "StormRescaler", "in_features": 3})", {{{5, 3}}}},
      {R"({"type": "GradNormWeighter", "num_tasks": 3, "min_weight": 0.01})", {{{3}, 0, positive}, {{3}, 0, positive}}, Gradient::none, 1e-6, 1e-4, true, false},
      {R"({"type": "EmpiricalNTK", "model": {"type": "Linear", "in_features": 3, "out_features": 1}})", {{{2, 3}}, {{4, 3}}}, Gradient::none},
      {R"({"type": "GradientNoise", "model": {"type": "Linear", "in_features": 3, "out_features": 2}, "loss": {"type": "MSELoss"}})", {{{4, 3}}, {{4, 2}}}, Gradient::none},
      {R"({"type": "LinearizedModel", "model": {"type": "Sequential", "modules": [{"type": "Linear", "in_features": 3, "out_features": 4}, {"type": "Tanh"}]}})", {{{2, 3}}}, Gradient::none},
      {R"({"type": "LossAggregator", "alpha": 0.75, "max_length": 5})", {{{3, 4}}, {{3, 4}, 2}}, Gradient::exact, 1e-6, 1e-4, false},
      {R"({"type": "TwoLayerReLU", "in_features": 3, "hidden_features": 4})", {{{5, 3}}}},
      {R"({"type": "XDoGEffect", "radius": 1, "p_scale": 1, "phi_scale": 1})", {{{2, 1, 3, 4}}}},
      {R"({"type": "XDoGEffect", "mode": "local", "height": 3, "width": 2, "radius": 1, "p_scale": 1, "phi_scale": 1})", {{{2, 1, 3, 2}}}},
      {R"({"type": "TestFunction", "function": "rosenbrock", "dim": 3})", {{{2, 1}}}, Gradient::exact, 1e-6, 1e-4, false},
      {R"({"type": "TestFunction", "function": "quadratic", "dim": 3, "condition": 5, "start": [1, 0.5, -2]})", {{{1, 2}}}, Gradient::exact, 1e-6, 1e-4, false},
      // ---- filters, graphs
      {R"({"type": "FilterLayer", "max_seq_length": 4, "hidden_size": 3, "dropout": 0, "layer_norm_eps": 1e-3})", {{{2, 4, 3}}}},
      {R"({"type": "FilterLayer", "max_seq_length": 1, "hidden_size": 3, "dropout": 0, "layer_norm_eps": 1e-3})", {{{2, 1, 3}}}},
      {R"({"type": "FMLPLayer", "max_seq_length": 5, "hidden_size": 2, "dropout": 0, "hidden_act": "swish", "layer_norm_eps": 1e-2})", {{{2, 5, 2}}}},
      {R"({"type": "FMLPLayer", "max_seq_length": 3, "hidden_size": 2, "dropout": 0, "hidden_act": "relu", "layer_norm_eps": 1e-2})", {{{1, 3, 2}}}},
      {R"({"type": "IIRFilter", "order": 2})", {{{2, 5}}}},
      {R"({"type": "SpectralPoolingFilter", "radius": 1, "lamb": 0.7})", {{{2, 3, 4}}}},
      {R"({"type": "SPAM", "dim": 4, "kernel_size": 3, "height": 3, "width": 4, "radius": 1, "lambdas": [0.7, 0.9]})", {{{2, 4, 3, 4}}}},
      {R"({"type": "SPANetBlock", "dim": 3, "kernel_size": 3, "radius": 1, "mlp_ratio": 2, "res_scale": 1})", {{{1, 3, 3, 2}}}},
      {R"({"type": "SGConv", "in_channels": 2, "out_channels": 3})", {{{4, 2}}, {{2, 5}, 4}}},
      {R"({"type": "SGConv", "in_channels": 3, "out_channels": 2, "k": 3, "bias": false})", {{{4, 3}}, {{2, 5}, 4}}},
      {R"({"type": "PDFConv", "hidden_size": 3, "num_basis": 2})", {{{4, 3}}, {{4, 4, 2}}, {{4, 4}, 2}}},
      {R"({"type": "PDFConv", "hidden_size": 2, "num_basis": 2, "shared_filter": true, "batch_norm": true})", {{{4, 2}}, {{4, 4, 2}}, {{4, 4}, 2}}},
      // ---- attention of papers
      {R"({"type": "SinkhornAttention", "dim": 3, "heads": 2, "dim_head": 2, "n_iters": 4, "eps": 0.7})", {{{2, 4, 3}}}},
      {R"({"type": "SinkhornAttention", "dim": 3, "heads": 1, "dim_head": 3, "n_iters": 1})", {{{1, 2, 3}}}},
      {R"({"type": "SimpleAttention", "d_model": 4, "n_head": 2, "dropout": 0, "norm": true})", {{{2, 3, 4}}, {{2, 3, 4}}, {{2, 3, 4}}, {{2, 3, 1}}}},
      {R"({"type": "SimpleAttention", "d_model": 4, "n_head": 2, "pos_dim": 2, "attention_type": "galerkin", "dropout": 0, "norm": true, "symmetric_init": true})",
       {{{2, 3, 4}}, {{2, 3, 4}}, {{2, 3, 4}}, {{2, 3, 2}}}},
      {R"({"type": "SimpleAttention", "d_model": 4, "n_head": 2, "pos_dim": 0, "attention_type": "linear", "dropout": 0})", {{{1, 2, 4}}, {{1, 3, 4}}, {{1, 3, 4}}}},
      {R"({"type": "SimpleAttention", "d_model": 2, "n_head": 1, "pos_dim": 0, "attention_type": "softmax", "dropout": 0})", {{{1, 2, 2}}, {{1, 3, 2}}, {{1, 3, 2}}}},
      {R"({"type": "NormAwareLinearAttention", "dim": 8, "num_heads": 2})", {{{1, 8, 2, 3}}}},
      {R"({"type": "NormAwareLinearAttention", "dim": 4, "num_heads": 2, "rope": false, "power_scale": 2, "key_power": 1})", {{{2, 4, 2, 2}}}},
      {R"({"type": "NAGCrossAttention", "embed_dim": 4, "num_heads": 2})", {{{2, 3, 4}}, {{2, 2, 4}}, {{2, 4, 4}}}},
      {R"({"type": "NAGCrossAttention", "embed_dim": 4, "num_heads": 1, "scale": 1.1, "tau": 4, "alpha": 0.5, "p": 2})", {{{2, 3, 4}}, {{2, 2, 4}}, {{2, 2, 4}}}},
      // ---- convolutions
      {R"({"type": "GradientFilterConv2d", "in_channels": 2, "out_channels": 3, "kernel_size": 3, "stride": 2, "padding": 1, "radius": 2})", {{{2, 2, 5, 6}}}, Gradient::approximate},
      {R"({"type": "GradientFilterConv2d", "in_channels": 3, "out_channels": 3, "kernel_size": [1, 3], "padding": [0, 1], "groups": 3, "radius": 7, "bias": false})", {{{1, 3, 4, 4}}}, Gradient::approximate},
      {R"({"type": "Conv1d", "in_channels": 2, "out_channels": 3, "kernel_size": 3, "stride": 2, "padding": 1})", {{{2, 2, 6}}}},
      {R"({"type": "Conv2d", "in_channels": 2, "out_channels": 4, "kernel_size": [3, 2], "groups": 2, "dilation": [1, 2], "padding": "same"})", {{{2, 2, 4, 5}}}},
      {R"({"type": "Conv2d", "in_channels": 1, "out_channels": 2, "kernel_size": 3, "padding": [2, 1], "padding_mode": "reflect", "bias": false})", {{{1, 1, 3, 4}}}},
      {R"({"type": "Conv3d", "in_channels": 1, "out_channels": 2, "kernel_size": 2})", {{{1, 1, 3, 2, 3}}}},
      {R"({"type": "ConvTranspose1d", "in_channels": 2, "out_channels": 2, "kernel_size": 3, "stride": 2, "output_padding": 1})", {{{2, 2, 3}}}},
      {R"({"type": "ConvTranspose2d", "in_channels": 2, "out_channels": 4, "kernel_size": 2, "groups": 2, "padding": 1})", {{{2, 2, 3, 4}}}},
      {R"({"type": "ConvTranspose3d", "in_channels": 1, "out_channels": 1, "kernel_size": 2, "stride": 2, "bias": false})", {{{1, 1, 2, 2, 2}}}},
      {R"({"type": "LCConv2d", "in_channels": 2, "out_channels": 2, "kernel_size": [2, 3], "expansion": 2, "stride": 2, "padding": [0, 1], "bias": true})", {{{2, 2, 4, 3}}}},
      {R"({"type": "LCConv2d", "in_channels": 1, "out_channels": 2, "kernel_size": 3, "frozen": false})", {{{1, 1, 4, 3}}}},
      {R"({"type": "TuckerConv2d", "in_channels": 3, "out_channels": 4, "kernel_size": [3, 2], "ranks": [2, 3, 2, 1], "stride": [2, 1], "padding": 1})", {{{2, 3, 4, 3}}}},
      {R"({"type": "TuckerConv2d", "in_channels": 2, "out_channels": 2, "kernel_size": 1, "bias": false})", {{{1, 2, 2, 2}}}},
      {R"({"type": "WSConv2d", "in_channels": 2, "out_channels": 4, "kernel_size": [3, 2], "groups": 2, "padding": 1, "gamma": 1.7})", {{{2, 2, 3, 3}}}},
      {R"({"type": "WSLinear", "in_features": 3, "out_features": 2, "bias": false})", {{{4, 3}}}},
      // ---- residual blocks
      {R"({"type": "FixupBasicBlock", "in_channels": 2, "out_channels": 2})", {{{2, 2, 3, 4}}}},
      {R"({"type": "FixupBasicBlock", "in_channels": 1, "out_channels": 2, "stride": 2})", {{{2, 1, 4, 5}}}},
      {R"({"type": "FixupMLPBlock", "features": 3, "hidden": 2})", {{{4, 3}}}},
      {R"({"type": "NFResBlock", "in_channels": 2, "out_channels": 4, "bottleneck_ratio": 0.5, "stride": 2, "activation": "silu", "beta": 0.8})", {{{2, 2, 4, 4}}}},
      {R"({"type": "NFResBlock", "in_channels": 4, "out_channels": 4, "activation": "gelu", "gamma": 1.5, "bottleneck_ratio": 0.5})", {{{1, 4, 3, 3}}}},
      {R"({"type": "ResidualTower", "depth": 3, "lambda": "1/n", "module": {"type": "Linear", "in_features": 3, "out_features": 3}})", {{{2, 3}}}},
      {R"({"type": "ScaledResidual", "scale": 0.5, "module": {"type": "Linear", "in_features": 3, "out_features": 2}, "shortcut": {"type": "Linear", "in_features": 3, "out_features": 2}})", {{{2, 3}}}},
      // ---- pooling
      {R"({"type": "MaxPool1d", "kernel_size": 2, "ceil_mode": true})", {{{2, 2, 5}}}},
      {R"({"type": "MaxPool2d", "kernel_size": 3, "stride": 2, "padding": 1})", {{{1, 2, 5, 4}}}},
      {R"({"type": "MaxPool3d", "kernel_size": 2, "stride": 1})", {{{1, 1, 3, 3, 3}}}},
      {R"({"type": "AvgPool1d", "kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": false})", {{{2, 2, 6}}}},
      {R"({"type": "AvgPool2d", "kernel_size": 2, "divisor_override": 3})", {{{1, 2, 4, 4}}}},
      {R"({"type": "AvgPool3d", "kernel_size": 2})", {{{1, 1, 2, 4, 2}}}},
      {R"({"type": "LPPool1d", "norm_type": 2, "kernel_size": 3, "stride": 2})", {{{2, 2, 7}}}},
      {R"({"type": "LPPool2d", "norm_type": 2, "kernel_size": 2})", {{{1, 2, 4, 4}}}},
      {R"({"type": "LPPool3d", "norm_type": 2, "kernel_size": 2})", {{{1, 1, 2, 2, 4}}}},
      {R"({"type": "AdaptiveAvgPool1d", "output_size": 3})", {{{2, 2, 7}}}},
      {R"({"type": "AdaptiveAvgPool2d", "output_size": [2, null]})", {{{1, 2, 5, 3}}}},
      {R"({"type": "AdaptiveAvgPool3d", "output_size": 1})", {{{1, 2, 2, 3, 2}}}},
      {R"({"type": "AdaptiveMaxPool1d", "output_size": 3})", {{{2, 2, 7}}}},
      {R"({"type": "AdaptiveMaxPool2d", "output_size": [2, 3], "return_indices": true})", {{{1, 2, 5, 4}}}},
      {R"({"type": "AdaptiveMaxPool3d", "output_size": 1})", {{{1, 2, 2, 3, 2}}}},
      // ---- dropout: without dropping, so that two calls agree; what it drops has tests of its own
      {R"({"type": "Dropout", "p": 0})", {{{3, 4}}}},
      {R"({"type": "Dropout1d", "p": 0})", {{{2, 3, 2}}}},
      {R"({"type": "Dropout2d", "p": 0})", {{{2, 3, 2, 2}}}},
      {R"({"type": "Dropout3d", "p": 0})", {{{2, 3, 2, 1, 2}}}},
      {R"({"type": "AlphaDropout", "p": 0})", {{{3, 4}}}},
      {R"({"type": "FeatureAlphaDropout", "p": 0})", {{{3, 4}}}},
      {R"({"type": "DropPath", "p": 0})", {{{3, 4}}}},
      // ---- others
      {R"({"type": "Embedding", "num_embeddings": 5, "embedding_dim": 3, "scale_grad_by_freq": false})", {{{2, 3}, 5}}, Gradient::exact, 1e-6, 1e-4, false},
      {R"({"type": "EmbeddingBag", "num_embeddings": 5, "embedding_dim": 3, "mode": "sum", "padding_idx": 1})", {{{3, 4}, 5}}, Gradient::exact, 1e-6, 1e-4, false},
      {R"({"type": "Bilinear", "in1_features": 2, "in2_features": 3, "out_features": 2})", {{{4, 2}}, {{4, 3}}}},
      {R"({"type": "CosineSimilarity"})", {{{3, 4}}, {{3, 4}}}},
      {R"({"type": "PairwiseDistance", "p": 3, "keepdim": true})", {{{3, 4}}, {{3, 4}}}},
      {R"({"type": "Unfold", "kernel_size": [2, 3], "padding": 1, "stride": [1, 2]})", {{{2, 2, 3, 4}}}},
      {R"({"type": "Fold", "output_size": [3, 4], "kernel_size": 2, "stride": [1, 2]})", {{{1, 8, 4}}}},
      {R"({"type": "PixelShuffle", "upscale_factor": 2})", {{{1, 8, 2, 3}}}},
      {R"({"type": "PixelUnshuffle", "downscale_factor": 2})", {{{2, 1, 4, 2}}}},
      {R"({"type": "ChannelShuffle", "groups": 2})", {{{1, 6, 2, 2}}}},
      {R"({"type": "Upsample", "scale_factor": 1.5, "mode": "nearest-exact"})", {{{1, 2, 3}}}},
      {R"({"type": "Upsample", "size": 5, "mode": "linear"})", {{{1, 2, 3}}}},
      {R"({"type": "Upsample", "scale_factor": [2, 1.5], "mode": "bicubic", "align_corners": true})", {{{1, 1, 3, 4}}}},
      {R"({"type": "Upsample", "scale_factor": 0.6, "mode": "trilinear"})", {{{1, 1, 2, 4, 4}}}},
      {R"({"type": "UpsamplingNearest2d", "scale_factor": 2})", {{{1, 1, 2, 3}}}},
      {R"({"type": "UpsamplingBilinear2d", "size": [3, 5]})", {{{1, 1, 2, 3}}}},
      {R"({"type": "ConstantPad1d", "padding": [2, -1], "value": 0.5})", {{{2, 2, 3}}}},
      {R"({"type": "ConstantPad2d", "padding": 1})", {{{1, 2, 2, 3}}}},
      {R"({"type": "ConstantPad3d", "padding": [0, 1, 1, 0, 1, 1]})", {{{1, 1, 2, 2, 2}}}},
      {R"({"type": "ZeroPad1d", "padding": 1})", {{{2, 3}}}},
      {R"({"type": "ZeroPad2d", "padding": [0, 1, 2, 0]})", {{{1, 2, 2, 3}}}},
      {R"({"type": "ZeroPad3d", "padding": 1})", {{{1, 1, 2, 1, 2}}}},
      {R"({"type": "ReflectionPad1d", "padding": 2})", {{{2, 2, 4}}}},
      {R"({"type": "ReflectionPad2d", "padding": [1, 2, 0, 1]})", {{{1, 3, 3, 3}}}},
      {R"({"type": "ReflectionPad3d", "padding": 1})", {{{1, 1, 2, 2, 3}}}},
      {R"({"type": "ReplicationPad1d", "padding": [3, 1]})", {{{2, 2, 2}}}},
      {R"({"type": "ReplicationPad2d", "padding": 1})", {{{2, 2, 3}}}},
      {R"({"type": "ReplicationPad3d", "padding": 1})", {{{1, 1, 1, 2, 2}}}},
      {R"({"type": "CircularPad1d", "padding": 2})", {{{2, 2, 3}}}},
      {R"({"type": "CircularPad2d", "padding": 1})", {{{1, 2, 2, 3}}}},
      {R"({"type": "CircularPad3d", "padding": 1})", {{{1, 1, 2, 1, 2}}}},
      {R"({"type": "Identity"})", {{{2, 3}}}},
      {R"({"type": "Flatten"})", {{{2, 3, 2}}}},
      {R"({"type": "Permute", "dims": [0, 2, 1]})", {{{2, 3, 4}}}},
      {R"({"type": "Unflatten", "dim": 1, "unflattened_size": [2, -1]})", {{{2, 6}}}},
      {R"({"type": "Residual", "module": {"type": "Linear", "in_features": 3, "out_features": 3}})", {{{2, 3}}}},
      {R"({"type": "Residual", "module": {"type": "Linear", "in_features": 3, "out_features": 2}, "shortcut": {"type": "Linear", "in_features": 3, "out_features": 2}})",
       {{{2, 3}}}},
  };
  for (const char* type : {"ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish", "Softplus", "Softsign", "Softshrink", "Hardshrink", "Tanhshrink",
                           "Hardtanh", "Hardsigmoid", "Hardswish", "Sigmoid", "LogSigmoid", "Tanh", "Threshold", "PReLU", "Snake", "Softmax", "LogSoftmax", "Softmin"})
    all.push_back({"{\"type\": \"" + std::string(type) + "\"}", {{{3, 4}}}, Gradient::exact, 1e-6, 1e-4, std::string_view(type) != "Threshold"});
  for (const char* json : {R"({"type": "GELU", "approximate": "tanh"})", R"({"type": "LeakyReLU", "negative_slope": 0.3})", R"({"type": "ELU", "alpha": 0.4})",
                           R"({"type": "CELU", "alpha": 0.6})", R"({"type": "Softplus", "beta": 3})", R"({"type": "Hardtanh", "min_val": -0.5, "max_val": 0.7})",
                           R"({"type": "RReLU", "lower": 0.2, "upper": 0.2})", R"({"type": "PReLU", "num_parameters": 4})", R"({"type": "Snake", "num_parameters": 4})",
                           R"({"type": "Softmax", "dim": 0})", R"({"type": "GLU"})", R"({"type": "SwiGLU"})", R"({"type": "GEGLU", "dim": 1})", R"({"type": "Maxout"})"})
    all.push_back({json, {{{3, 4}}}});
  all.push_back({R"({"type": "Softmax2d"})", {{{2, 3, 2, 2}}}});
  // ---- recurrent layers and attention
  for (const char* json : {R"({"type": "RNN", "input_size": 2, "hidden_size": 3, "nonlinearity": "relu", "num_layers": 2, "bidirectional": true})",
                           R"({"type": "LSTM", "input_size": 2, "hidden_size": 3, "num_layers": 2, "bidirectional": true, "batch_first": true})",
                           R"({"type": "LSTM", "input_size": 2, "hidden_size": 3, "bias": false})",
                           R"({"type": "GRU", "input_size": 2, "hidden_size": 3, "num_layers": 2, "bidirectional": true})"})
    all.push_back({json, {{{4, 3, 2}}}});
  all.push_back({R"({"type": "LSTM", "input_size": 2, "hidden_size": 3})", {{{3, 2, 2}}, {{1, 2, 3}}, {{1, 2, 3}}}});
  all.push_back({R"({"type": "GRU", "input_size": 2, "hidden_size": 3})", {{{3, 2}}, {{1, 3}}}});
  all.push_back({R"({"type": "RNNCell", "input_size": 2, "hidden_size": 3})", {{{2, 2}}, {{2, 3}}}});
  all.push_back({R"({"type": "LSTMCell", "input_size": 2, "hidden_size": 3})", {{{2, 2}}, {{2, 3}}, {{2, 3}}}});
  all.push_back({R"({"type": "GRUCell", "input_size": 2, "hidden_size": 3, "bias": false})", {{{2}}}});
  all.push_back({R"({"type": "MultiheadAttention", "embed_dim": 4, "num_heads": 2})", {{{3, 2, 4}}, {{5, 2, 4}}, {{5, 2, 4}}}});
  all.push_back({R"({"type": "MultiheadAttention", "embed_dim": 4, "num_heads": 2, "kdim": 3, "add_bias_kv": true, "add_zero_attn": true, "batch_first": true})",
                 {{{2, 3, 4}}, {{2, 5, 3}}, {{2, 5, 4}}}});
  all.push_back({R"({"type": "TransformerEncoderLayer", "d_model": 4, "nhead": 2, "dim_feedforward": 5, "dropout": 0, "activation": "SiLU"})", {{{3, 2, 4}}}});
  all.push_back({R"({"type": "TransformerEncoderLayer", "d_model": 4, "nhead": 2, "dim_feedforward": 5, "dropout": 0, "norm_first": true,
                     "norm": {"type": "GroupNorm", "num_groups": 1, "num_channels": 3}})", {{{2, 3, 4}}}});
  all.push_back({R"({"type": "TransformerDecoderLayer", "d_model": 4, "nhead": 2, "dim_feedforward": 5, "dropout": 0})", {{{3, 2, 4}}, {{2, 2, 4}}}});
  all.push_back({R"({"type": "TransformerEncoder", "num_layers": 2, "norm": {"type": "LayerNorm", "normalized_shape": 4},
                     "encoder_layer": {"type": "TransformerEncoderLayer", "d_model": 4, "nhead": 1, "dim_feedforward": 3, "dropout": 0}})", {{{3, 2, 4}}}});
  all.push_back({R"({"type": "TransformerDecoder", "num_layers": 1,
                     "decoder_layer": {"type": "TransformerDecoderLayer", "d_model": 4, "nhead": 1, "dim_feedforward": 3, "dropout": 0, "norm_first": true}})",
                 {{{3, 2, 4}}, {{2, 2, 4}}}});
  all.push_back({R"({"type": "Transformer", "d_model": 4, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 3, "dropout": 0})",
                 {{{3, 1, 4}}, {{2, 1, 4}}}});
  // ---- losses
  auto loss = [&](const char* json, std::vector<SampleInput> inputs, bool nan_propagates = true) {
    all.push_back({json, std::move(inputs), Gradient::exact, 1e-6, 1e-4, nan_propagates, false});
  };
  loss(R"({"type": "L1Loss", "reduction": "none"})", {{{3, 4}}, {{3, 4}}});
  loss(R"({"type": "MSELoss"})", {{{3, 4}}, {{3, 4}}});
  loss(R"({"type": "SmoothL1Loss", "beta": 0.7})", {{{3, 4}}, {{3, 4}}});
  loss(R"({"type": "HuberLoss", "delta": 0.8, "reduction": "sum"})", {{{3, 4}}, {{3, 4}}});
  loss(R"({"type": "CrossEntropyLoss", "label_smoothing": 0.1, "ignore_index": 2})", {{{4, 5}}, {{4}, 5}}, false);
  loss(R"({"type": "CrossEntropyLoss", "reduction": "none"})", {{{2, 5, 3}}, {{2, 3}, 5}});
  loss(R"({"type": "CrossEntropyLoss", "label_smoothing": 0.2})", {{{4, 5}}, {{4, 5}, 0, probabilities}});
  loss(R"({"type": "NLLLoss"})", {{{4, 5}, 0, log_probabilities}, {{4}, 5}}, false);
  loss(R"({"type": "BCELoss"})", {{{3, 4}, 0, probabilities}, {{3, 4}, 0, probabilities}}, false);
  loss(R"({"type": "BCEWithLogitsLoss"})", {{{3, 4}}, {{3, 4}, 0, probabilities}});
  loss(R"({"type": "KLDivLoss", "reduction": "batchmean"})", {{{3, 4}, 0, log_probabilities}, {{3, 4}, 0, probabilities}});
  loss(R"({"type": "KLDivLoss", "log_target": true})", {{{3, 4}, 0, log_probabilities}, {{3, 4}, 0, log_probabilities}});
  loss(R"({"type": "PoissonNLLLoss", "full": true})", {{{3, 4}}, {{3, 4}, 0, positive}});
  loss(R"({"type": "P2Loss", "timesteps": 30})", {{{3, 2, 2}}, {{3, 2, 2}}, {{3}, 30}});
  loss(R"({"type": "P2Loss", "schedule": "cosine", "timesteps": 10, "p2_gamma": 0.5, "p2_k": 2, "reduction": "mean"})", {{{3, 2}}, {{3, 2}}, {{3}, 10}});
  loss(R"({"type": "GaussianNLLLoss", "full": true})", {{{3, 4}}, {{3, 4}}, {{3, 4}, 0, positive}});
  loss(R"({"type": "SoftMarginLoss"})", {{{3, 4}}, {{3, 4}, 0, signs}});
  loss(R"({"type": "MarginRankingLoss", "margin": 0.3})", {{{5}}, {{5}}, {{5}, 0, signs}});
  loss(R"({"type": "TripletMarginLoss", "margin": 3, "swap": true})", {{{3, 4}}, {{3, 4}}, {{3, 4}}});
  loss(R"({"type": "MultiMarginLoss", "p": 2, "margin": 0.7})", {{{3, 4}}, {{3}, 4}});
  loss(R"({"type": "MultiLabelMarginLoss"})", {{{3, 4}}, {{3, 4}, 4}});
  loss(R"({"type": "MultiLabelSoftMarginLoss"})", {{{3, 4}}, {{3, 4}, 0, bits}});
  loss(R"({"type": "FocalLoss"})", {{{3, 4}}, {{3, 4}, 0, probabilities}});
  loss(R"({"type": "DiceLoss", "square": true})", {{{3, 4}}, {{3, 4}, 0, probabilities}});
  loss(R"({"type": "TripletMarginWithDistanceLoss", "swap": true, "margin": 2})", {{{3, 4}}, {{3, 4}}, {{3, 4}}});
  loss(R"({"type": "TripletMarginWithDistanceLoss", "distance_function": {"type": "PairwiseDistance", "p": 1}})", {{{3, 4}}, {{3, 4}}, {{3, 4}}});
  loss(R"({"type": "LinearCrossEntropyLoss", "in_features": 3, "num_classes": 4, "out_features": [2], "bias": true})", {{{3, 3}}, {{3, 2}, 4}});
  loss(R"({"type": "AdaptiveLogSoftmaxWithLoss", "in_features": 4, "n_classes": 6, "cutoffs": [2, 4], "div_value": 2})", {{{5, 4}}, {{5}, 6}});
  return all;
}

}  // namespace tare::testing
