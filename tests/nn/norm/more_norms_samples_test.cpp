// Sample configurations of the normalizations beyond the standard ones.
#include "autograd/ops/elementwise.h"
#include "tests/nn/catalogue_samples.h"

namespace tare::testing {

std::vector<LayerSample> more_norm_samples() {
  std::vector<LayerSample> all;
  auto add = [&](const char* json, std::vector<SampleInput> inputs) -> LayerSample& {
    all.push_back({json, std::move(inputs)});
    return all.back();
  };
  const SampleInput image{{3, 4, 2, 3}}, rows{{5, 4}}, sequence{{2, 3, 4}}, nodes{{6, 3}}, graph_of_node{{6}, 3}, heads{{2, 2, 3, 4}};

  // ---- statistics of batches. In training the outputs of some move with the buffers, which gradient_error freezes.
  add(R"({"type": "BatchRenorm1d", "num_features": 4, "momentum": 0.1})", {rows});
  add(R"({"type": "BatchRenorm2d", "num_features": 4, "rmax": 1.1, "dmax": 0.2, "warmup": "paper"})", {image}).gradient = Gradient::approximate;
  all[0].gradient = Gradient::approximate;  // r and d are detached
  add(R"({"type": "GhostBatchNorm1d", "num_features": 4, "virtual_batch_size": 3})", {rows});
  add(R"({"type": "GhostBatchNorm2d", "num_features": 4, "virtual_batch_size": 2, "affine": false, "momentum": null})", {image});
  add(R"({"type": "SplitBatchNorm2d", "num_features": 2, "num_splits": 2})", {{{4, 2, 2, 2}}});
  add(R"({"type": "SwitchableNorm1d", "num_features": 4})", {rows});
  add(R"({"type": "SwitchableNorm2d", "num_features": 4})", {image});
  add(R"({"type": "SwitchableNorm2d", "num_features": 4, "use_bn": false})", {image});
  add(R"({"type": "BatchInstanceNorm2d", "num_features": 4})", {image}).scatter = false;
  add(R"({"type": "LayerInstanceNorm2d", "num_features": 4, "rho_init": 0.4, "unbiased": true})", {image}).scatter = false;
  add(R"({"type": "AdaptiveLayerInstanceNorm2d", "num_features": 4})", {image, {{3, 4}}, {{3, 4}}}).scatter = false;
  add(R"({"type": "ConditionalBatchNorm2d", "num_features": 4, "num_classes": 3})", {image, {{3}, 3}});
  add(R"({"type": "SandwichBatchNorm2d", "num_features": 4, "num_classes": 3})", {image, {{3}, 3}});
  add(R"({"type": "ConditionalInstanceNorm2d", "num_features": 4, "num_classes": 3})", {image, {{3}, 3}});
  add(R"({"type": "SPADE", "num_features": 4, "label_channels": 2, "hidden": 3})", {image, {{3, 2, 4, 2}}});
  add(R"({"type": "SPADE", "num_features": 4, "label_channels": 2, "hidden": 3, "norm": "instance", "kernel_size": 1})", {image, {{3, 2, 2, 3}}});
  add(R"({"type": "AdaptiveInstanceNorm2d"})", {image, {{3, 4, 3, 3}}});
  add(R"({"type": "AdaptiveInstanceNorm2d", "unbiased": true, "style_eps": true})", {image, {{3, 4, 1, 2}}});
  add(R"({"type": "IterNorm", "num_features": 4, "num_groups": 2, "T": 3})", {image});
  add(R"({"type": "IterNorm", "num_features": 2, "affine": false})", {{{6, 2}}});
  add(R"({"type": "DecorrelatedBatchNorm", "num_features": 4, "num_groups": 2})", {image});
  add(R"({"type": "DecorrelatedBatchNorm", "num_features": 3, "affine": false})", {{{8, 3}}});
  add(R"({"type": "MABN2d", "num_features": 4, "buffer_size": 2, "warmup_iters": 3})", {image}).gradient = Gradient::approximate;
  add(R"({"type": "FrozenBatchNorm2d", "num_features": 4})", {image});
  add(R"({"type": "SyncBatchNorm", "num_features": 4})", {{{3, 4, 2, 2, 2}}});
  add(R"({"type": "ActNorm1d", "num_features": 4})", {rows});
  add(R"({"type": "ActNorm2d", "num_features": 4, "unbiased": true, "return_log_det": true})", {image});
  add(R"({"type": "L1BatchNorm1d", "num_features": 4})", {rows});
  add(R"({"type": "L1BatchNorm2d", "num_features": 4})", {image});
  add(R"({"type": "RepresentativeBatchNorm2d", "num_features": 4})", {image});
  add(R"({"type": "InstanceEnhancementBatchNorm2d", "num_features": 4})", {image});
  add(R"({"type": "VirtualBatchNorm2d", "num_features": 4})", {image, {{2, 4, 2, 3}}});

  // ---- one sample at a time
  add(R"({"type": "CumulativeLayerNorm", "num_features": 3})", {{{2, 3, 5}}});
  add(R"({"type": "PositionalNorm"})", {image});
  add(R"({"type": "PositionalNorm", "unbiased": true})", {image});
  add(R"({"type": "LayerNorm2d", "num_features": 4})", {image});
  add(R"({"type": "RMSNorm2d", "num_features": 4})", {image});
  add(R"({"type": "PixelNorm"})", {image});
  add(R"({"type": "ScaledL2Norm", "num_features": 4, "scale": 3})", {image});
  add(R"({"type": "Normalize", "p": 3, "dim": -1})", {rows});
  add(R"({"type": "GlobalResponseNorm", "num_features": 4})", {{{2, 3, 2, 4}}});
  add(R"({"type": "GlobalResponseNorm", "num_features": 4, "channels_last": false})", {image});
  add(R"({"type": "FilterResponseNorm", "num_features": 4})", {image});
  add(R"({"type": "FilterResponseNorm", "num_features": 4, "learnable_eps": true})", {image});
  add(R"({"type": "ILMGroupNorm", "num_features": 4, "num_groups": 2, "key_group_size": 2})", {image});
  add(R"({"type": "DivisiveNorm1d", "num_features": 4, "sum_window": 3, "sup_window": 2})", {rows});
  add(R"({"type": "DivisiveNorm2d", "num_features": 4, "sum_window": [2, 3], "sup_window": [3, 1], "eps": 0.5})", {image});
  add(R"({"type": "DyT", "num_features": 4})", {sequence});
  add(R"({"type": "Derf", "num_features": 4, "channels_first": true, "shift_init": 0.3})", {image});
  add(R"({"type": "DyISRU", "num_features": 4})", {sequence});
  add(R"({"type": "LayerScale", "num_features": 4})", {sequence});

  // ---- graphs
  add(R"({"type": "PairNorm"})", {nodes});
  add(R"({"type": "PairNorm", "scale_individually": true, "scale": 2})", {nodes, graph_of_node});
  add(R"({"type": "GraphNorm", "num_features": 3})", {nodes, graph_of_node});
  add(R"({"type": "GraphSizeNorm"})", {nodes, graph_of_node});
  add(R"({"type": "MeanSubtractionNorm"})", {nodes, graph_of_node});
  add(R"({"type": "MessageNorm"})", {nodes, nodes});
  add(R"({"type": "DiffGroupNorm", "num_features": 3, "groups": 2, "lamda": 0.5})", {nodes});

  // ---- transformers
  add(R"({"type": "PreNormResidual", "norm": {"type": "LayerNorm", "normalized_shape": 4}, "sublayer": {"type": "Linear", "in_features": 4, "out_features": 4}})",
      {sequence});
  add(R"({"type": "PostNormResidual", "norm": {"type": "LayerNorm", "normalized_shape": 4}, "sublayer": {"type": "Tanh"}})", {sequence});
  add(R"({"type": "HybridNormResidual", "norm": {"type": "DyT", "num_features": 4}, "sublayer": {"type": "Linear", "in_features": 4, "out_features": 4}})", {sequence});
  add(R"({"type": "SandwichNormResidual", "norm_in": {"type": "LayerNorm", "normalized_shape": 4}, "norm_out": {"type": "LayerNorm", "normalized_shape": 4},
          "sublayer": {"type": "Linear", "in_features": 4, "out_features": 4}})", {sequence});
  add(R"({"type": "ReZeroResidual", "sublayer": {"type": "Linear", "in_features": 4, "out_features": 4}})", {sequence});
  add(R"({"type": "DeepNormResidual", "normalized_shape": 4, "alpha": 1.7})", {sequence, sequence});
  add(R"({"type": "NGPTResidual", "dim": 4})", {sequence, sequence});
  add(R"({"type": "SubLNFeedForward", "dim": 4, "hidden": 5})", {sequence});
  for (const char* mode : {"l2", "rms", "layer", "ngpt"})
    all.push_back({std::string(R"({"type": "QKNorm", "num_heads": 2, "head_dim": 4, "mode": ")") + mode + "\"}", {heads, heads}});
  add(R"({"type": "MultiheadRMSNorm", "num_heads": 2, "head_dim": 4})", {heads});
  add(R"({"type": "AdaLayerNorm", "dim": 4, "cond_dim": 3})", {sequence, {{2, 3}}});
  add(R"({"type": "AdaNorm", "normalized_shape": 4})", {sequence}).gradient = Gradient::approximate;

  // ---- linear maps
  add(R"({"type": "CosineLinear", "in_features": 4, "out_features": 3, "scale": 2})", {rows});
  add(R"({"type": "CosineLinear", "in_features": 4, "out_features": 3, "learn_scale": true})", {rows});
  add(R"({"type": "NormPropLinear", "in_features": 4, "out_features": 3})", {rows});
  return all;
}

}  // namespace tare::testing
