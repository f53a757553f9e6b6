// The one visible table of modules: type, kind, one sentence, paper. Sorted by name within each kind.
#include "nn/catalogue.h"

#include <map>
#include <mutex>
#include <vector>

#include "nn/activation/exponential.h"
#include "nn/activation/gated.h"
#include "nn/activation/rectifiers.h"
#include "nn/activation/relu.h"
#include "nn/activation/smooth.h"
#include "nn/activation/softmax.h"
#include "nn/activation/trained.h"
#include "nn/analysis/hessian.h"
#include "nn/analysis/loss_landscape.h"
#include "nn/analysis/teacher_filter.h"
#include "nn/attention/multihead_attention.h"
#include "nn/attention/nag.h"
#include "nn/attention/nala.h"
#include "nn/attention/pre_rms.h"
#include "nn/attention/simple_attention.h"
#include "nn/attention/sinkhorn_attention.h"
#include "nn/attention/transformer.h"
#include "nn/bilinear.h"
#include "nn/container/lambda.h"
#include "nn/container/module_list.h"
#include "nn/container/parallel.h"
#include "nn/container/residual.h"
#include "nn/conv/conv.h"
#include "nn/conv/conv_transpose.h"
#include "nn/conv/gradient_filter_conv.h"
#include "nn/conv/lc_conv.h"
#include "nn/conv/tucker_conv.h"
#include "nn/conv/ws_conv.h"
#include "nn/diffusion/p2.h"
#include "nn/distance.h"
#include "nn/dropout/dropout.h"
#include "nn/embedding/embedding.h"
#include "nn/embedding/positional.h"
#include "nn/embedding/fix_norm_embedding.h"
#include "nn/filter/fmlp.h"
#include "nn/filter/iir_filter.h"
#include "nn/filter/spectral_pooling.h"
#include "nn/flatten.h"
#include "nn/flow/affine_coupling.h"
#include "nn/flow/cinc_conv.h"
#include "nn/flow/cnf.h"
#include "nn/flow/fair_flow.h"
#include "nn/flow/injective_flow.h"
#include "nn/flow/nano_flow.h"
#include "nn/flow/path_gradient.h"
#include "nn/flow/quad_coupling.h"
#include "nn/graph/pdf_conv.h"
#include "nn/graph/sg_conv.h"
#include "nn/image/xdog_effect.h"
#include "nn/flow/reverse_alignment.h"
#include "nn/flow/sim_flow.h"
#include "nn/linear.h"
#include "nn/linear_zero_mean.h"
#include "nn/loss/adaptive_log_softmax.h"
#include "nn/loss/calibration.h"
#include "nn/loss/cross_entropy.h"
#include "nn/loss/distance.h"
#include "nn/loss/linear_cross_entropy.h"
#include "nn/loss/policy_gradient.h"
#include "nn/loss/probability.h"
#include "nn/loss/triplet_with_distance.h"
#include "nn/norm/act_norm.h"
#include "nn/norm/adab2n.h"
#include "nn/norm/alpha_bn.h"
#include "nn/norm/attention_norms.h"
#include "nn/norm/batch_channel_norm.h"
#include "nn/norm/batch_instance_norm.h"
#include "nn/norm/batch_norm.h"
#include "nn/norm/batch_norm_variants.h"
#include "nn/norm/batch_renorm.h"
#include "nn/norm/channel_norms.h"
#include "nn/norm/conditional_norm.h"
#include "nn/norm/crms_norm.h"
#include "nn/norm/cs_norm.h"
#include "nn/norm/dyt.h"
#include "nn/norm/evonorm.h"
#include "nn/norm/feature_norm.h"
#include "nn/norm/filter_response_norm.h"
#include "nn/norm/frozen_batch_norm.h"
#include "nn/norm/gdn.h"
#include "nn/norm/generalized_gdn.h"
#include "nn/norm/ghost_batch_norm.h"
#include "nn/norm/graph_norm.h"
#include "nn/norm/group_norm.h"
#include "nn/norm/instance_norm.h"
#include "nn/norm/layer_norm.h"
#include "nn/norm/lie_bn.h"
#include "nn/norm/local_response_norm.h"
#include "nn/norm/mabn.h"
#include "nn/norm/mean_only_batch_norm.h"
#include "nn/norm/normalized_linear.h"
#include "nn/norm/online_norm.h"
#include "nn/norm/pc_norm.h"
#include "nn/norm/power_norm.h"
#include "nn/norm/region_norm.h"
#include "nn/norm/residual_norm.h"
#include "nn/norm/response_norms.h"
#include "nn/norm/rms_norm.h"
#include "nn/norm/scale_norm.h"
#include "nn/norm/switchable_norm.h"
#include "nn/norm/time_dependent_norm.h"
#include "nn/norm/uncentered_batch_norm.h"
#include "nn/norm/unified_norm.h"
#include "nn/norm/whitening.h"
#include "nn/pool/adaptive_pool.h"
#include "nn/pool/avg_pool.h"
#include "nn/pool/max_pool.h"
#include "nn/recurrent/cells.h"
#include "nn/recurrent/layer_norm_lstm.h"
#include "nn/recurrent/recurrent.h"
#include "nn/recurrent/vanishing_gradient.h"
#include "nn/reparam/autosparse.h"
#include "nn/reparam/bjorck.h"
#include "nn/reparam/circulant.h"
#include "nn/reparam/elementwise.h"
#include "nn/reparam/kronecker.h"
#include "nn/reparam/low_rank.h"
#include "nn/reparam/orthogonal.h"
#include "nn/reparam/spectral_norm.h"
#include "nn/reparam/unit_norm.h"
#include "nn/reparam/weight_compander.h"
#include "nn/reparam/weight_conditioning.h"
#include "nn/regularize/activity.h"
#include "nn/regularize/cauchy_schwarz.h"
#include "nn/regularize/error_modulation.h"
#include "nn/regularize/feature_flow.h"
#include "nn/regularize/group_orthogonalization.h"
#include "nn/regularize/input_gradient.h"
#include "nn/regularize/manifold_smoothness.h"
#include "nn/regularize/norm_loss.h"
#include "nn/regularize/orthogonality.h"
#include "nn/regularize/penalties.h"
#include "nn/regularize/spectral.h"
#include "nn/reparam/weight_norm.h"
#include "nn/reparam/weight_standardization.h"
#include "nn/reparam/zero_mean_output.h"
#include "nn/residual/fixup_block.h"
#include "nn/residual/nf_block.h"
#include "nn/residual/scaled_residual.h"
#include "nn/saliency/cam.h"
#include "nn/saliency/fullgrad.h"
#include "nn/saliency/moreau_grad.h"
#include "nn/saliency/normgrad.h"
#include "nn/saliency/smoothgrad.h"
#include "nn/sequential.h"
#include "nn/sgtm.h"
#include "nn/shape/fold.h"
#include "nn/shape/identity.h"
#include "nn/shape/pad.h"
#include "nn/shape/permute.h"
#include "nn/shape/shuffle.h"
#include "nn/shape/unflatten.h"
#include "nn/shape/upsample.h"
#include "nn/test_function.h"
#include "nn/theory/gradient_noise.h"
#include "nn/theory/tangent_kernel.h"
#include "nn/theory/two_layer_relu.h"
#include "nn/tract.h"
#include "nn/weighting/gradnorm.h"
#include "nn/weighting/storm.h"

namespace tare::nn {
namespace {

template <class M>
constexpr Row row(Kind kind, std::string_view description, std::string_view paper = "") {
  return {M::type, kind, &M::create, description, paper};
}

const Row kRows[] = {
    // ---- layers
    row<AdaptiveAvgPool1d>(Kind::layer, "Average pooling of (N, C, L) to a given length."),
    row<AdaptiveAvgPool2d>(Kind::layer, "Average pooling of (N, C, H, W) to a given size."),
    row<AdaptiveAvgPool3d>(Kind::layer, "Average pooling of (N, C, D, H, W) to a given size."),
    row<AdaptiveMaxPool1d>(Kind::layer, "Max pooling of (N, C, L) to a given length."),
    row<AdaptiveMaxPool2d>(Kind::layer, "Max pooling of (N, C, H, W) to a given size."),
    row<AdaptiveMaxPool3d>(Kind::layer, "Max pooling of (N, C, D, H, W) to a given size."),
    row<AlphaDropout>(Kind::layer, "Dropout that keeps mean 0 and variance 1 behind SELU."),
    row<AvgPool1d>(Kind::layer, "Averages of windows over (N, C, L)."),
    row<AvgPool2d>(Kind::layer, "Averages of windows over (N, C, H, W)."),
    row<AvgPool3d>(Kind::layer, "Averages of windows over (N, C, D, H, W)."),
    row<Bilinear>(Kind::layer, "x1^T W x2 + b."),
    row<ChannelShuffle>(Kind::layer, "Channels of groups interleaved."),
    row<CircularPad1d>(Kind::layer, "Padded with the other end: (N, C, L)."),
    row<CircularPad2d>(Kind::layer, "Padded with the other end: (N, C, H, W)."),
    row<CircularPad3d>(Kind::layer, "Padded with the other end: (N, C, D, H, W)."),
    row<ConstantPad1d>(Kind::layer, "Padded with a constant: (N, C, L)."),
    row<ConstantPad2d>(Kind::layer, "Padded with a constant: (N, C, H, W)."),
    row<ConstantPad3d>(Kind::layer, "Padded with a constant: (N, C, D, H, W)."),
    row<Conv1d>(Kind::layer, "Convolution over (N, C, L)."),
    row<Conv2d>(Kind::layer, "Convolution over (N, C, H, W)."),
    row<Conv3d>(Kind::layer, "Convolution over (N, C, D, H, W)."),
    row<ConvTranspose1d>(Kind::layer, "Transposed convolution over (N, C, L)."),
    row<ConvTranspose2d>(Kind::layer, "Transposed convolution over (N, C, H, W)."),
    row<ConvTranspose3d>(Kind::layer, "Transposed convolution over (N, C, D, H, W)."),
    row<CosineLinear>(Kind::layer, "Cosines of the angles between x and the rows of a matrix."),
    row<CosineSimilarity>(Kind::layer, "Cosine of the angle between corresponding vectors."),
    row<DropPath>(Kind::layer, "Whole samples set to 0 at random: stochastic depth."),
    row<Dropout>(Kind::layer, "Single numbers set to 0 at random in training."),
    row<Dropout1d>(Kind::layer, "Whole channels of (N, C, L) set to 0 at random."),
    row<Dropout2d>(Kind::layer, "Whole channels of (N, C, H, W) set to 0 at random."),
    row<Dropout3d>(Kind::layer, "Whole channels of (N, C, D, H, W) set to 0 at random."),
    row<Embedding>(Kind::layer, "Rows of a trained table by index."),
    row<EmbeddingBag>(Kind::layer, "Sums, means or maxima of bags of embeddings."),
    row<FeatureAlphaDropout>(Kind::layer, "AlphaDropout of whole channels."),
    row<FixNormEmbedding>(Kind::layer, "Rows of a trained table, all of one length.", "transformers_without_tears"),
    row<ErrorModulation>(Kind::layer, "The identity; gradients are rescaled to one size on the way back.", "orthonormality_modulation"),
    row<FMLPLayer>(Kind::layer, "A trained filter along the sequence and a feed-forward part.", "fmlp_rec"),
    row<FilterLayer>(Kind::layer, "A trained filter along the sequence, in frequencies, with residual and norm.", "fmlp_rec"),
    row<Flatten>(Kind::layer, "A range of axes made one."),
    row<Fold>(Kind::layer, "Columns added up into images."),
    row<GradientFilterConv2d>(Kind::layer, "Conv2d whose backward pass sees means over patches of the gradient.", "gradient_filtering"),
    row<GradNormWeighter>(Kind::layer, "Weights of tasks that balance their gradients.", "gradnorm"),
    row<IIRFilter>(Kind::layer, "A recursive digital filter with trained coefficients.", "diff_iir_filter"),
    row<Identity>(Kind::layer, "x as it is."),
    row<LCConv2d>(Kind::layer, "Frozen random filters and a 1 x 1 convolution that combines them.", "random_conv_combination"),
    row<LinearizedModel>(Kind::layer, "A network linearized about its start.", "benign_lazy"),
    row<LossRescaler>(Kind::layer, "Weights of samples from five features.", "meta_loss_rescaling"),
    row<LPPool1d>(Kind::layer, "p-norms of windows over (N, C, L)."),
    row<LPPool2d>(Kind::layer, "p-norms of windows over (N, C, H, W)."),
    row<LPPool3d>(Kind::layer, "p-norms of windows over (N, C, D, H, W)."),
    row<LayerScale>(Kind::layer, "A small trained factor for each channel."),
    row<Linear>(Kind::layer, "Affine map of the last axis: x W^T + b."),
    row<LinearZeroMeanOutput>(Kind::layer, "Affine map whose outputs sum to 0.", "pre_rmsnorm"),
    row<LearnedPositionalEmbedding>(Kind::layer, "A trained vector added at each position."),
    row<MaxPool1d>(Kind::layer, "Largest values of windows over (N, C, L)."),
    row<MaxPool2d>(Kind::layer, "Largest values of windows over (N, C, H, W)."),
    row<MaxPool3d>(Kind::layer, "Largest values of windows over (N, C, D, H, W)."),
    row<MaxUnpool1d>(Kind::layer, "Maxima back at their places in (N, C, L)."),
    row<MaxUnpool2d>(Kind::layer, "Maxima back at their places in (N, C, H, W)."),
    row<MaxUnpool3d>(Kind::layer, "Maxima back at their places in (N, C, D, H, W)."),
    row<NormPropLinear>(Kind::layer, "A linear map and rectifier that keep mean 0 and variance 1."),
    row<PDFConv>(Kind::layer, "Messages along the pairs of a graph, weighted by a net that sees several powers of it.", "graph_pdf"),
    row<PairwiseDistance>(Kind::layer, "p-norm distance of corresponding vectors."),
    row<Permute>(Kind::layer, "Axes in another order."),
    row<PixelShuffle>(Kind::layer, "Channels become pixels."),
    row<PixelUnshuffle>(Kind::layer, "Pixels become channels."),
    row<ReflectionPad1d>(Kind::layer, "Padded with the mirrored input: (N, C, L)."),
    row<ReflectionPad2d>(Kind::layer, "Padded with the mirrored input: (N, C, H, W)."),
    row<ReflectionPad3d>(Kind::layer, "Padded with the mirrored input: (N, C, D, H, W)."),
    row<ReplicationPad1d>(Kind::layer, "Padded with the outermost entries: (N, C, L)."),
    row<ReplicationPad2d>(Kind::layer, "Padded with the outermost entries: (N, C, H, W)."),
    row<ReplicationPad3d>(Kind::layer, "Padded with the outermost entries: (N, C, D, H, W)."),
    row<TestFunction>(Kind::layer, "A point and the value of Rosenbrock's function or a quadratic there: optimizers are tried on it."),
    row<TimeDependentParameter>(Kind::layer, "A vector between two trained ends, by a trained sigmoid of time.", "time_dependent_ln"),
    row<SGConv>(Kind::layer, "A linear map of features averaged k times over a graph.", "sgc"),
    row<SgtmMLP>(Kind::layer, "Two layers of which the last units can be forgotten.", "sgtm"),
    row<SgtmSelfAttention>(Kind::layer, "Self-attention of which the last heads can be forgotten.", "sgtm"),
    row<SpectralPoolingFilter>(Kind::layer, "Low frequencies of images weighted against high ones.", "spanet"),
    row<StormRescaler>(Kind::layer, "Weights of samples from features of several passes.", "meta_loss_rescaling"),
    row<TrActConv2d>(Kind::layer, "A first convolution whose weight follows its pre-activations.", "tract"),
    row<TrActLinear>(Kind::layer, "A first linear layer whose weight follows its pre-activations.", "tract"),
    row<RotaryEmbedding>(Kind::layer, "Queries and keys turned by their positions."),
    row<SinusoidalPositionalEncoding>(Kind::layer, "Sines and cosines of positions added."),
    row<TuckerConv2d>(Kind::layer, "Conv2d in Tucker form, whose ranks adapt.", "rank_adaptive_tucker"),
    row<TwoLayerReLU>(Kind::layer, "A ReLU network of one hidden layer and one output, without biases.", "relu_optimal_sets"),
    row<Unflatten>(Kind::layer, "One axis made several."),
    row<Unfold>(Kind::layer, "Windows of images as columns."),
    row<Upsample>(Kind::layer, "Interpolation to another size."),
    row<UpsamplingBilinear2d>(Kind::layer, "Bilinear interpolation with aligned corners."),
    row<UpsamplingNearest2d>(Kind::layer, "Pixels repeated."),
    row<WSConv2d>(Kind::layer, "Conv2d with standardized, scaled filters.", "nf_resnet_signal"),
    row<WSLinear>(Kind::layer, "Linear with standardized, scaled rows.", "nf_resnet_signal"),
    row<XDoGEffect>(Kind::layer, "Line drawings by an extended difference of Gaussians, with trained parameters.", "wise_stylization"),
    row<ZeroPad1d>(Kind::layer, "Padded with zeros: (N, C, L)."),
    row<ZeroPad2d>(Kind::layer, "Padded with zeros: (N, C, H, W)."),
    row<ZeroPad3d>(Kind::layer, "Padded with zeros: (N, C, D, H, W)."),
    // ---- recurrent layers
    row<GRU>(Kind::recurrent, "Gated recurrent units over sequences."),
    row<GRUCell>(Kind::recurrent, "One step of a GRU."),
    row<LSTM>(Kind::recurrent, "Long short-term memory over sequences."),
    row<LSTMCell>(Kind::recurrent, "One step of an LSTM."),
    row<LayerNormLSTM>(Kind::recurrent, "LSTM with layer normalization over sequences.", "layer_norm"),
    row<LayerNormLSTMCell>(Kind::recurrent, "One step of an LSTM with layer normalization.", "layer_norm"),
    row<RNN>(Kind::recurrent, "A simple recurrent network over sequences."),
    row<RNNCell>(Kind::recurrent, "One step of a simple recurrent network."),
    // ---- attention
    row<MultiheadAttention>(Kind::attention, "softmax(q k^T / sqrt(d)) v in several heads, projected."),
    row<NAGCrossAttention>(Kind::attention, "Attention to a prompt, led away from a negative one.", "nag_guidance"),
    row<NormAwareLinearAttention>(Kind::attention, "Linear attention among pixels that is sharper for longer queries.", "nalaformer"),
    row<PreCRMSEncoderLayer>(Kind::attention, "A pre-norm encoder layer on vectors whose last number is left out.", "pre_rmsnorm"),
    row<SPAM>(Kind::attention, "Features modulated by a map of balanced frequencies.", "spanet"),
    row<SPANetBlock>(Kind::attention, "SPAM and a feed-forward part, each with norm and residual.", "spanet"),
    row<SimpleAttention>(Kind::attention, "Attention between functions on a grid, without softmax: Galerkin's is linear in their length.", "galerkin_transformer"),
    row<SinkhornAttention>(Kind::attention, "Attention whose weights are normalized over queries and keys in turn.", "sinkformer"),
    row<Transformer>(Kind::attention, "Encoder and decoder stacks."),
    row<TransformerDecoder>(Kind::attention, "Copies of a decoder layer, one after another."),
    row<TransformerDecoderLayer>(Kind::attention, "Self-attention, attention to a memory, and a feed-forward part."),
    row<TransformerEncoder>(Kind::attention, "Copies of an encoder layer, one after another."),
    row<TransformerEncoderLayer>(Kind::attention, "Self-attention and a feed-forward part, each with a norm and a residual sum."),
    row<ZeroMeanEncoder>(Kind::attention, "An encoder of inputs whose mean is removed.", "pre_rmsnorm"),
    // ---- containers
    row<Lambda>(Kind::container, "A row of the table of functions as a layer."),
    row<ModuleDict>(Kind::container, "Modules by name."),
    row<ModuleList>(Kind::container, "Modules by number."),
    row<Parallel>(Kind::container, "The same input through several branches, joined."),
    row<FixupBasicBlock>(Kind::container, "Residual block of two 3 x 3 convolutions with scalars in place of normalization.", "fixup"),
    row<FixupMLPBlock>(Kind::container, "Residual block of two linear layers with scalars in place of normalization.", "fixup"),
    row<HybridNormResidual>(Kind::container, "n + f(n) of a normalised n."),
    row<NFResBlock>(Kind::container, "Bottleneck residual block without normalization.", "nf_resnet_signal"),
    row<PostNormResidual>(Kind::container, "N(x + f(x))."),
    row<PreNormResidual>(Kind::container, "x + f(N(x))."),
    row<ReZeroResidual>(Kind::container, "x + alpha f(x) with alpha trained from 0."),
    row<Residual>(Kind::container, "x plus a branch of x."),
    row<ResidualTower>(Kind::container, "Residual modules one after another, each scaled by lambda.", "residual_depth"),
    row<SandwichNormResidual>(Kind::container, "x + N(f(N(x)))."),
    row<ScaledResidual>(Kind::container, "x plus a fixed or trained multiple of a branch of x: SkipInit."),
    row<Sequential>(Kind::container, "Modules one after another."),
    row<SubLNFeedForward>(Kind::container, "A feed-forward part with layer norm before its second map."),
    // ---- flows
    row<AffineCouplingStack>(Kind::flow, "Half of the coordinates shifted and scaled, given the others, block by block.", "path_gradients"),
    row<CInCConv2d>(Kind::flow, "An invertible convolution, padded above and to the left alone.", "cinc_flow"),
    row<CNF>(Kind::flow, "A differential equation with a trained end time.", "to_flow"),
    row<CNFTemporalGradient>(Kind::flow, "A continuous flow's likelihood and its derivative with respect to the end time.", "to_flow"),
    row<FairFlowEncoder>(Kind::flow, "Masked couplings with perceptrons, from data to latents.", "fair_flow"),
    row<FairNormalizingFlow>(Kind::flow, "A flow for each of two groups, and how far apart their latents are.", "fair_flow"),
    row<InjectiveFlowLoss>(Kind::flow, "Encoder and decoder without constraints as an injective flow.", "injective_flow"),
    row<NanoFlow>(Kind::flow, "Coupling steps that share one network.", "nanoflow"),
    row<PathGradientLoss>(Kind::flow, "A flow against an energy, by gradients without the score's noise.", "path_gradients"),
    row<QuadCoupling>(Kind::flow, "Quarters of the channels shifted and scaled, each given those before it.", "cinc_flow"),
    row<ReverseAlignment>(Kind::flow, "Likelihood, and a flow's features aligned with a teacher's.", "flow_reverse_alignment"),
    row<SimFlow>(Kind::flow, "An autoencoder with fixed noise and its flow, trained together.", "simflow"),
    // ---- normalizations
    row<ActNorm1d>(Kind::norm, "Channels shifted and scaled to mean 0 and deviation 1 of the first batch: (N, C) or (N, C, L)."),
    row<ActNorm2d>(Kind::norm, "Channels shifted and scaled to mean 0 and deviation 1 of the first batch: (N, C, H, W)."),
    row<AdaB2N>(Kind::norm, "Batch normalization balanced over the tasks of continual learning.", "adab2n"),
    row<AdaLayerNorm>(Kind::norm, "Layer norm with scale and shift computed from a condition."),
    row<AdaNorm>(Kind::norm, "Layer norm with a scale that falls with the value itself."),
    row<AdaptiveInstanceNorm2d>(Kind::norm, "An image's channels with the mean and deviation of another's."),
    row<AdaptiveLayerInstanceNorm2d>(Kind::norm, "Instance and layer norm mixed by a gate, scale and shift given for each sample."),
    row<AlphaBN>(Kind::norm, "In evaluation a mixture of running and test-time batch statistics.", "alpha_bn"),
    row<BatchChannelNorm>(Kind::norm, "Batch statistics, or estimates of them, and then groups of channels.", "weight_standardization_bcn"),
    row<BatchInstanceNorm2d>(Kind::norm, "Batch and instance norm mixed by a trained gate."),
    row<BatchNorm1d>(Kind::norm, "Channels by mean and variance of the batch: (N, C) or (N, C, L).", "batch_norm"),
    row<BatchNorm2d>(Kind::norm, "Channels by mean and variance of the batch: (N, C, H, W).", "batch_norm"),
    row<BatchNorm3d>(Kind::norm, "Channels by mean and variance of the batch: (N, C, D, H, W).", "batch_norm"),
    row<BatchRenorm1d>(Kind::norm, "Batch norm corrected towards the running statistics: (N, C) or (N, C, L)."),
    row<BatchRenorm2d>(Kind::norm, "Batch norm corrected towards the running statistics: (N, C, H, W)."),
    row<CCNorm>(Kind::norm, "PCNorm with a trained share of the change of phase.", "pcnorm"),
    row<CRMSNorm>(Kind::norm, "RMSNorm of vectors with sum 0 whose last number is left out.", "pre_rmsnorm"),
    row<CSNorm>(Kind::norm, "Instance normalization of the channels that a gate picks.", "csnorm"),
    row<ConditionalBatchNorm2d>(Kind::norm, "Batch norm with a scale and shift for each class."),
    row<ConditionalInstanceNorm2d>(Kind::norm, "Instance norm with a scale and shift for each class."),
    row<CumulativeLayerNorm>(Kind::norm, "Each frame of a sequence by mean and variance of all up to it."),
    row<DecorrelatedBatchNorm>(Kind::norm, "Channels whitened together by the symmetric inverse root of their covariance."),
    row<DeepNormResidual>(Kind::norm, "Layer norm of a scaled x plus a branch: trains very deep transformers."),
    row<Derf>(Kind::norm, "A trained erf in place of a normalization."),
    row<DiffGroupNorm>(Kind::norm, "Nodes of a graph normalised in soft groups."),
    row<DivisiveNorm1d>(Kind::norm, "Features centred and divided by the activity of their neighbours."),
    row<DivisiveNorm2d>(Kind::norm, "Positions centred and divided by the activity around them."),
    row<DyISRU>(Kind::norm, "A trained x / sqrt(1 + x^2) in place of a normalization."),
    row<DyT>(Kind::norm, "A trained tanh in place of a normalization."),
    row<EstBatchNorm>(Kind::norm, "Channels by running estimates, in training too.", "weight_standardization_bcn"),
    row<EvoNormB0>(Kind::norm, "x over the larger of batch deviation and v x + instance deviation.", "evonorm"),
    row<EvoNormB1>(Kind::norm, "x over the larger of batch deviation and (x + 1) instance root mean square.", "evonorm"),
    row<EvoNormB2>(Kind::norm, "x over the larger of batch deviation and instance root mean square - x.", "evonorm"),
    row<EvoNormS0>(Kind::norm, "x sigmoid(v x) over the deviation of a sample's group of channels.", "evonorm"),
    row<EvoNormS1>(Kind::norm, "SiLU over the deviation of a sample's group of channels.", "evonorm"),
    row<EvoNormS2>(Kind::norm, "SiLU over the root mean square of a sample's group of channels.", "evonorm"),
    row<FeatureNorm>(Kind::norm, "Samples of length 1, or of the root of their dimension.", "federated_layer_norm"),
    row<FilterResponseNorm>(Kind::norm, "Channels divided by their root mean square over positions, cut off at a trained threshold."),
    row<FrozenBatchNorm2d>(Kind::norm, "Batch norm with everything fixed."),
    row<GDN>(Kind::norm, "Channels divided by the root of a weighted sum of all channels' squares.", "gdn"),
    row<GDN1>(Kind::norm, "Channels divided by a weighted sum of all channels' sizes.", "gdn"),
    row<GeneralizedGDN>(Kind::norm, "Divisive normalization with all exponents trained, and its log-determinant.", "gdn"),
    row<GhostBatchNorm1d>(Kind::norm, "Batch norm of parts of the batch: (N, C) or (N, C, L)."),
    row<GhostBatchNorm2d>(Kind::norm, "Batch norm of parts of the batch: (N, C, H, W)."),
    row<GlobalResponseNorm>(Kind::norm, "Channels scaled by their share of the activity."),
    row<GraphNorm>(Kind::norm, "Nodes by mean and deviation of their graph, the mean scaled by a trained factor."),
    row<GraphSizeNorm>(Kind::norm, "Nodes divided by the root of their graph's size."),
    row<GroupNorm>(Kind::norm, "Groups of channels by mean and variance of each sample."),
    row<ILMGroupNorm>(Kind::norm, "Group norm with scales and shifts predicted for each sample."),
    row<InstanceEnhancementBatchNorm2d>(Kind::norm, "Batch norm scaled by what each instance shows."),
    row<InstanceNorm1d>(Kind::norm, "Channels by mean and variance of each sample: (N, C, L)."),
    row<InstanceNorm2d>(Kind::norm, "Channels by mean and variance of each sample: (N, C, H, W)."),
    row<InstanceNorm3d>(Kind::norm, "Channels by mean and variance of each sample: (N, C, D, H, W)."),
    row<IterNorm>(Kind::norm, "Channels whitened together by Newton's iteration."),
    row<L1BatchNorm1d>(Kind::norm, "Batch norm by the mean absolute deviation: (N, C) or (N, C, L)."),
    row<L1BatchNorm2d>(Kind::norm, "Batch norm by the mean absolute deviation: (N, C, H, W)."),
    row<LayerInstanceNorm2d>(Kind::norm, "Instance and layer norm mixed by a trained gate."),
    row<LayerNorm>(Kind::norm, "Trailing dimensions by their mean and variance.", "layer_norm"),
    row<LayerNorm2d>(Kind::norm, "Channels at each position by their mean and variance."),
    row<LieBNSPD>(Kind::norm, "Symmetric positive definite matrices by their Riemannian mean and variance.", "lie_bn"),
    row<LocalResponseNorm>(Kind::norm, "Channels divided by the activity of their neighbours."),
    row<MABN2d>(Kind::norm, "Batch norm by moving averages of forward and backward statistics."),
    row<MeanOnlyBatchNorm>(Kind::norm, "Channels less their mean over the batch.", "weight_norm"),
    row<MeanSubtractionNorm>(Kind::norm, "Nodes minus their graph's mean."),
    row<MessageNorm>(Kind::norm, "Messages with the length of the node that receives them."),
    row<MultiheadRMSNorm>(Kind::norm, "Vectors of each head scaled to one root mean square."),
    row<NGPTResidual>(Kind::norm, "A step on the unit sphere towards a branch's output."),
    row<Normalize>(Kind::norm, "Vectors along an axis scaled to length 1."),
    row<OnlineNorm1d>(Kind::norm, "Samples by statistics of those before them: (N, C).", "online_norm"),
    row<OnlineNorm2d>(Kind::norm, "Samples by statistics of those before them: (N, C, H, W).", "online_norm"),
    row<PCNorm>(Kind::norm, "Amplitude of the batch-normalised map, phase of the map itself.", "pcnorm"),
    row<PairNorm>(Kind::norm, "Nodes centred and scaled so that the distances between them stay."),
    row<PixelNorm>(Kind::norm, "Channels at each position divided by their root mean square."),
    row<PositionalNorm>(Kind::norm, "Channels at each position by mean and deviation, which are outputs too."),
    row<PowerNorm>(Kind::norm, "Tokens by a running quadratic mean, with an approximate gradient.", "power_norm"),
    row<QKNorm>(Kind::norm, "Queries and keys normalised before their product."),
    row<RMSNorm>(Kind::norm, "Trailing dimensions divided by their root mean square, or by that of a part of them.", "rms_norm"),
    row<RMSNorm2d>(Kind::norm, "Channels at each position by their root mean square, with a weight."),
    row<RegionNorm>(Kind::norm, "Each region of a mask by its own statistics.", "region_norm"),
    row<RegionNormB>(Kind::norm, "Region normalization of a given mask, with an affine map for each region.", "region_norm"),
    row<RegionNormL>(Kind::norm, "Region normalization of a mask found by spatial attention.", "region_norm"),
    row<RepresentativeBatchNorm2d>(Kind::norm, "Batch norm with centre and scale calibrated for each instance."),
    row<SCNorm>(Kind::norm, "Phase of the map, amplitude between its own and the instance-normalised one.", "pcnorm"),
    row<SPADE>(Kind::norm, "Batch or instance norm with scale and shift computed from a map."),
    row<SandwichBatchNorm2d>(Kind::norm, "Batch norm with a common affine, then one for each class."),
    row<ScaleNorm>(Kind::norm, "Rows of one trained length.", "transformers_without_tears"),
    row<ScaledL2Norm>(Kind::norm, "Channels at each position scaled to a trained length."),
    row<SplitBatchNorm2d>(Kind::norm, "Parts of the batch, each with a batch norm of its own."),
    row<SwitchableNorm1d>(Kind::norm, "Layer and batch statistics mixed by trained weights: (N, C)."),
    row<SwitchableNorm2d>(Kind::norm, "Instance, layer and batch statistics mixed by trained weights: (N, C, H, W)."),
    row<SyncBatchNorm>(Kind::norm, "Batch norm over all processes, of which there is one."),
    row<TimeDependentLayerNorm>(Kind::norm, "LayerNorm whose weight and bias depend on time.", "time_dependent_ln"),
    row<TimeDependentRMSNorm>(Kind::norm, "RMSNorm whose weight depends on time.", "time_dependent_ln"),
    row<UncenteredBatchNorm1d>(Kind::norm, "Columns of one length over the batch.", "bn_without_explosion"),
    row<UnifiedNorm>(Kind::norm, "Tokens by a geometric mean of the last batches, without outliers.", "unified_norm"),
    row<VirtualBatchNorm2d>(Kind::norm, "Each sample by the statistics of a reference batch and itself."),
    // ---- activations
    row<CELU>(Kind::activation, "ELU that is smooth for every alpha."),
    row<ELU>(Kind::activation, "x, or alpha (e^x - 1) for negative x."),
    row<GEGLU>(Kind::activation, "gelu(a) b of the halves a, b of x."),
    row<GELU>(Kind::activation, "x times the normal distribution function of x."),
    row<GLU>(Kind::activation, "a sigmoid(b) of the halves a, b of x."),
    row<Hardshrink>(Kind::activation, "x, or 0 for small |x|."),
    row<Hardsigmoid>(Kind::activation, "(x + 3) / 6 limited to [0, 1]."),
    row<Hardswish>(Kind::activation, "x hardsigmoid(x)."),
    row<Hardtanh>(Kind::activation, "x limited to an interval."),
    row<LeakyReLU>(Kind::activation, "x, or a small slope times x for negative x."),
    row<LogSigmoid>(Kind::activation, "log sigmoid(x)."),
    row<LogSoftmax>(Kind::activation, "log softmax(x) along an axis."),
    row<Maxout>(Kind::activation, "The largest of groups of channels."),
    row<Mish>(Kind::activation, "x tanh(softplus(x))."),
    row<PReLU>(Kind::activation, "x, or a trained slope times x for negative x."),
    row<RReLU>(Kind::activation, "x, or a random slope times x for negative x."),
    row<ReLU>(Kind::activation, "max(x, 0)."),
    row<ReLU6>(Kind::activation, "max(x, 0) limited to 6."),
    row<SELU>(Kind::activation, "ELU with the constants that keep mean 0 and variance 1."),
    row<SiLU>(Kind::activation, "x sigmoid(x)."),
    row<Sigmoid>(Kind::activation, "1 / (1 + e^-x)."),
    row<Snake>(Kind::activation, "x + sin^2(alpha x) / alpha with a trained frequency."),
    row<Softmax>(Kind::activation, "e^x / sum e^x along an axis."),
    row<Softmax2d>(Kind::activation, "Softmax over the channels of images."),
    row<Softmin>(Kind::activation, "softmax(-x) along an axis."),
    row<Softplus>(Kind::activation, "log(1 + e^(beta x)) / beta."),
    row<Softshrink>(Kind::activation, "x moved towards 0."),
    row<Softsign>(Kind::activation, "x / (1 + |x|)."),
    row<SwiGLU>(Kind::activation, "silu(a) b of the halves a, b of x."),
    row<Tanh>(Kind::activation, "The hyperbolic tangent."),
    row<Tanhshrink>(Kind::activation, "x - tanh(x)."),
    row<Threshold>(Kind::activation, "x above a threshold, a constant below."),
    // ---- losses
    row<ACLSLoss>(Kind::loss, "Cross entropy with adaptive and conditional label smoothing.", "acls"),
    row<AdaptiveLogSoftmaxWithLoss>(Kind::loss, "Cross entropy over a short list and clusters of rare classes."),
    row<BCELoss>(Kind::loss, "Binary cross entropy of probabilities."),
    row<BCEWithLogitsLoss>(Kind::loss, "Binary cross entropy of logits."),
    row<CTCLoss>(Kind::loss, "-log of the probability of all alignments of a label sequence."),
    row<CosineEmbeddingLoss>(Kind::loss, "Cosine of pairs that belong together or not."),
    row<CrossEntropyLoss>(Kind::loss, "-log softmax of the true class, or against a distribution."),
    row<DiceLoss>(Kind::loss, "1 - overlap of two sets over their sizes."),
    row<FocalLoss>(Kind::loss, "Binary cross entropy that attends to what is still wrong."),
    row<GaussianNLLLoss>(Kind::loss, "-log of a normal density with predicted variance."),
    row<HingeEmbeddingLoss>(Kind::loss, "Distances small for pairs that belong together, beyond a margin otherwise."),
    row<HuberLoss>(Kind::loss, "Square near 0, linear beyond."),
    row<KLDivLoss>(Kind::loss, "Divergence of log-probabilities from a distribution."),
    row<L1Loss>(Kind::loss, "|x - y|."),
    row<LinearCrossEntropyLoss>(Kind::loss, "A linear classifier and its cross entropy."),
    row<LogitNormLoss>(Kind::loss, "Cross entropy of logits of one length."),
    row<LogitNormScore>(Kind::loss, "Confidence: the largest logit over the norm of the logits.", "logit_norm_selective"),
    row<LossAggregator>(Kind::loss, "Token losses of responses of different lengths, weighed into one.", "delta_l_norm"),
    row<MarginLabelSmoothingLoss>(Kind::loss, "Cross entropy, and logits kept within a margin of the largest."),
    row<MSELoss>(Kind::loss, "(x - y)^2."),
    row<MarginRankingLoss>(Kind::loss, "Which of two should be larger, with a margin."),
    row<MultiLabelMarginLoss>(Kind::loss, "Every listed class above every other by a margin."),
    row<MultiLabelSoftMarginLoss>(Kind::loss, "Mean binary cross entropy over labels."),
    row<MultiMarginLoss>(Kind::loss, "The true class above every other by a margin."),
    row<NLLLoss>(Kind::loss, "-log-probability of the true class."),
    row<P2Loss>(Kind::loss, "Squared errors of predicted noise that count less at low noise.", "p2_weighting"),
    row<PoissonNLLLoss>(Kind::loss, "-log of a Poisson density with predicted rate."),
    row<SmoothL1Loss>(Kind::loss, "Square near 0, |x - y| beyond."),
    row<SoftMarginLoss>(Kind::loss, "log(1 + e^(-t x))."),
    row<TripletMarginLoss>(Kind::loss, "Anchor nearer to the positive than to the negative by a margin."),
    row<TripletMarginWithDistanceLoss>(Kind::loss, "TripletMarginLoss over a distance of one's own."),
    // ---- regularizers
    row<ActivityPenalty>(Kind::regularizer, "Size of what chosen layers compute."),
    row<CauchySchwarzRegularizer>(Kind::regularizer, "Weights pulled to binary, ternary or orthogonal ones of any scale.", "cauchy_schwarz_reg"),
    row<ConfidencePenalty>(Kind::regularizer, "Negative entropy of the predictions."),
    row<ElasticNet>(Kind::regularizer, "Absolute values and squares."),
    row<FeatureFlowRegularizer>(Kind::regularizer, "Length and bending of the path of features through layers.", "feature_flow_reg"),
    row<GroupLasso>(Kind::regularizer, "Norms of rows or columns, so that whole units vanish."),
    row<GroupOrthogonalization>(Kind::regularizer, "Groups of filters pulled to orthonormality.", "group_orthogonalization"),
    row<JacobianPenalty>(Kind::regularizer, "Squared Frobenius norm of the Jacobian by the input."),
    row<L1>(Kind::regularizer, "Sum of absolute values."),
    row<L2>(Kind::regularizer, "Half the sum of squares."),
    row<ManifoldSmoothness>(Kind::regularizer, "The largest gradient along the data manifold, by weights a point.", "manifold_smoothness"),
    row<NormLoss>(Kind::regularizer, "Rows pulled to length 1.", "norm_loss"),
    row<OrthonormalityRegularizer>(Kind::regularizer, "Filters of a layer pulled to orthonormality.", "orthonormality_modulation"),
    row<R1Penalty>(Kind::regularizer, "Squared gradient of the output's sum by the input."),
    row<SoftOrthogonality>(Kind::regularizer, "Orthogonality by Frobenius norm, coherence or spectral norm."),
    row<SpectralNormPenalty>(Kind::regularizer, "Squared largest singular value."),
    row<SpectralRegularizer>(Kind::regularizer, "Largest singular values pulled to 1, biases to 0.", "spectral_regularization"),
    row<TotalVariation>(Kind::regularizer, "Differences between neighbouring positions."),
    row<VanishingGradientPenalty>(Kind::regularizer, "Recurrent weights pulled to carry the error signal at its length.", "rnn_gradient_clipping"),
    row<WassersteinInitRegularizer>(Kind::regularizer, "The distribution of weights pulled to that at the start.", "spectral_regularization"),
    // ---- saliency
    row<CFCAM>(Kind::saliency, "Grad-CAM with weights shared by clusters of channels.", "cf_cam"),
    row<FullGrad>(Kind::saliency, "Input times gradient and a map of each layer's bias: complete in the logit.", "fullgrad"),
    row<GradCAM>(Kind::saliency, "A layer's channels weighted by their mean gradients."),
    row<MetaSaliency>(Kind::saliency, "A method's map one gradient step away.", "normgrad"),
    row<MoreauGrad>(Kind::saliency, "The gradient of the Moreau envelope: smooth or sparse.", "moreaugrad"),
    row<NormGrad>(Kind::saliency, "Norms of each position's share of an identity layer's weight gradient.", "normgrad"),
    row<SimpleFullGrad>(Kind::saliency, "FullGrad without the factors of the biases.", "fullgrad"),
    row<SmoothGrad>(Kind::saliency, "The mean gradient over noisy copies.", "smoothgrad"),
    // ---- analyses
    row<ConvFilterLearnability>(Kind::analysis, "How one convolutional filter learns its teacher.", "conv_filter_learnability"),
    row<EmpiricalNTK>(Kind::analysis, "Inner products of a model's gradients at pairs of inputs.", "benign_lazy"),
    row<GradientNoise>(Kind::analysis, "Trace and mean of the covariance of a model's sample gradients.", "sgd_implicit_reg"),
    row<HessianEigenvalues>(Kind::analysis, "The largest eigenvalues of a loss's Hessian.", "hessian_landscape"),
    row<HessianSpectrum>(Kind::analysis, "Ritz values and weights of a loss's Hessian.", "hessian_landscape"),
    row<HessianTrace>(Kind::analysis, "The trace of a loss's Hessian.", "hessian_landscape"),
    row<HessianVectorProduct>(Kind::analysis, "A loss's Hessian times a vector.", "hessian_landscape"),
    row<LossCurve>(Kind::analysis, "The loss along a direction in weight space.", "loss_landscape"),
    row<LossSurface>(Kind::analysis, "The loss over a plane in weight space.", "loss_landscape"),
    // ---- reparameterizations
    row<AutoSparse>(Kind::reparam, "Soft thresholding with a trained threshold.", "autosparse"),
    row<Bjorck>(Kind::reparam, "The nearest orthogonal matrix, by iteration."),
    row<CenteredWeight>(Kind::reparam, "Filters with mean 0."),
    row<CenteredWeightNorm>(Kind::reparam, "A length times a direction with mean 0."),
    row<Circulant>(Kind::reparam, "Circulant blocks."),
    row<Kronecker>(Kind::reparam, "A sum of Kronecker products."),
    row<LoRA>(Kind::reparam, "The weight as it is plus a product of two thin matrices."),
    row<Masked>(Kind::reparam, "Some elements held at 0."),
    row<Orthogonal>(Kind::reparam, "Orthonormal columns by matrix exponential, Cayley map or Householder reflections."),
    row<Positive>(Kind::reparam, "softplus or exp of a raw weight."),
    row<QuantizedWeight>(Kind::reparam, "Rounded to few bits; the gradient goes straight through."),
    row<ScaledWeightStandardization>(Kind::reparam, "Filters with mean 0 and a trained length.", "nf_resnet_signal"),
    row<SpectralNorm>(Kind::reparam, "Divided by an estimate of the largest singular value.", "spectral_norm"),
    row<StableBiquad>(Kind::reparam, "The feedback of a filter of order 2, both poles inside of the unit circle.", "diff_iir_filter"),
    row<Symmetric>(Kind::reparam, "The symmetric part of a square matrix."),
    row<UnitNorm>(Kind::reparam, "Slices of norm 1."),
    row<WeightCompander>(Kind::reparam, "a atan(v / b): bounded, and steep at 0.", "weight_compander"),
    row<WeightConditioning>(Kind::reparam, "Rows, columns or both divided by their norms.", "weight_conditioning"),
    row<WeightNorm>(Kind::reparam, "A length times a direction: g v / ||v||.", "weight_norm"),
    row<WeightStandardization>(Kind::reparam, "Filters with mean 0 and deviation 1.", "weight_standardization_bcn"),
    row<ZeroMeanOutput>(Kind::reparam, "Outputs that sum to 0.", "pre_rmsnorm"),
};

struct Registered {
  std::mutex mutex;
  std::map<std::string, Row> rows;              // the key owns the name
  std::map<const void*, std::string_view> names;
};
Registered& registered() {
  static Registered* r = new Registered;
  return *r;
}

}  // namespace

std::vector<Row> catalogue() {
  std::vector<Row> rows(std::begin(kRows), std::end(kRows));
  std::lock_guard lock(registered().mutex);
  for (auto& [name, row] : registered().rows) rows.push_back(row);
  return rows;
}

const Row& find_row(std::string_view name, const std::string& path) {
  for (const Row& r : kRows)
    if (r.name == name) return r;
  std::lock_guard lock(registered().mutex);
  auto it = registered().rows.find(std::string(name));
  if (it != registered().rows.end()) return it->second;
  std::vector<std::string_view> names;
  for (const Row& r : kRows) names.push_back(r.name);
  std::string near = nearest(name, names.data(), names.size());
  throw ConfigError(text(path, ": unknown type \"", name, "\"", near.empty() ? "" : text("; did you mean \"", near, "\"?")));
}

namespace detail {
void add_registered(const void* type_key, std::string name, std::unique_ptr<Module> (*create)(const Json&, const std::string&)) {
  for (const Row& r : kRows) check<ConfigError>(r.name != name, "register_module: \"", name, "\" is the name of a module of the library");
  std::lock_guard lock(registered().mutex);
  auto [it, fresh] = registered().rows.try_emplace(name, Row{});
  check<ConfigError>(fresh || it->second.create == create, "register_module: \"", name, "\" is already registered for another type");
  it->second = Row{it->first, Kind::other, create, "Registered by the program.", ""};
  registered().names[type_key] = it->first;
}
}  // namespace detail

std::string_view registered_name(const void* type_key) {
  std::lock_guard lock(registered().mutex);
  auto it = registered().names.find(type_key);
  return it == registered().names.end() ? std::string_view("Module") : it->second;
}

}  // namespace tare::nn
