// The one visible table of experiments. Each stands in a file of its own, in a namespace named after its slug, so that no two disagree about a name.
#include "examples/papers/catalogue.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"

namespace tare::papers {

namespace acls { void run(Experiment& e); }
namespace adab2n { void run(Experiment& e); }
namespace adamp { void run(Experiment& e); }
namespace adamw { void run(Experiment& e); }
namespace adaptive_guidance { void run(Experiment& e); }
namespace alpha_bn { void run(Experiment& e); }
namespace amp { void run(Experiment& e); }
namespace attention_norm_limits { void run(Experiment& e); }
namespace autosparse { void run(Experiment& e); }
namespace batch_norm { void run(Experiment& e); }
namespace benign_lazy { void run(Experiment& e); }
namespace bn_without_explosion { void run(Experiment& e); }
namespace categorical_lenses { void run(Experiment& e); }
namespace cauchy_schwarz_reg { void run(Experiment& e); }
namespace cf_cam { void run(Experiment& e); }
namespace cinc_flow { void run(Experiment& e); }
namespace class_imbalance_pcngd { void run(Experiment& e); }
namespace conv_filter_design { void run(Experiment& e); }
namespace conv_filter_learnability { void run(Experiment& e); }
namespace csnorm { void run(Experiment& e); }
namespace delta_l_norm { void run(Experiment& e); }
namespace dgfs { void run(Experiment& e); }
namespace diff_iir_filter { void run(Experiment& e); }
namespace diffgrad { void run(Experiment& e); }
namespace evonorm { void run(Experiment& e); }
namespace fair_flow { void run(Experiment& e); }
namespace feature_flow_reg { void run(Experiment& e); }
namespace federated_layer_norm { void run(Experiment& e); }
namespace fedtiny { void run(Experiment& e); }
namespace filter_robustness { void run(Experiment& e); }
namespace fixup { void run(Experiment& e); }
namespace flow_reverse_alignment { void run(Experiment& e); }
namespace fmlp_rec { void run(Experiment& e); }
namespace full_batch_training { void run(Experiment& e); }
namespace fullgrad { void run(Experiment& e); }
namespace galerkin_transformer { void run(Experiment& e); }
namespace gam { void run(Experiment& e); }
namespace gdn { void run(Experiment& e); }
namespace generalized_smooth_gd { void run(Experiment& e); }
namespace grad_normalized_smoothness { void run(Experiment& e); }
namespace gradient_filtering { void run(Experiment& e); }
namespace gradient_mask_tuning { void run(Experiment& e); }
namespace gradient_multi_norm { void run(Experiment& e); }
namespace gradient_regularization { void run(Experiment& e); }
namespace gradnorm { void run(Experiment& e); }
namespace graph_pdf { void run(Experiment& e); }
namespace group_orthogonalization { void run(Experiment& e); }
namespace hessian_landscape { void run(Experiment& e); }
namespace implicit_map_filter { void run(Experiment& e); }
namespace injective_flow { void run(Experiment& e); }
namespace irrelevant_weight_pruning { void run(Experiment& e); }
namespace l2_vs_norm { void run(Experiment& e); }
namespace lawn { void run(Experiment& e); }
namespace layer_norm { void run(Experiment& e); }
namespace lie_bn { void run(Experiment& e); }
namespace logit_norm_selective { void run(Experiment& e); }
namespace loss_landscape { void run(Experiment& e); }
namespace manifold_smoothness { void run(Experiment& e); }
namespace matrix_sensing { void run(Experiment& e); }
namespace meta_loss_rescaling { void run(Experiment& e); }
namespace moreaugrad { void run(Experiment& e); }
namespace nag_guidance { void run(Experiment& e); }
namespace nalaformer { void run(Experiment& e); }
namespace nanoflow { void run(Experiment& e); }
namespace nap { void run(Experiment& e); }
namespace nf_resnet_signal { void run(Experiment& e); }
namespace nfnet_agc { void run(Experiment& e); }
namespace ngp_private { void run(Experiment& e); }
namespace nongrad_three_ways { void run(Experiment& e); }
namespace norm_loss { void run(Experiment& e); }
namespace normalized_logistic_gd { void run(Experiment& e); }
namespace normgrad { void run(Experiment& e); }
namespace novograd { void run(Experiment& e); }
namespace online_norm { void run(Experiment& e); }
namespace orthonormality_modulation { void run(Experiment& e); }
namespace p2_weighting { void run(Experiment& e); }
namespace pa_da_nas { void run(Experiment& e); }
namespace path_gradients { void run(Experiment& e); }
namespace pcnorm { void run(Experiment& e); }
namespace power_norm { void run(Experiment& e); }
namespace pre_rmsnorm { void run(Experiment& e); }
namespace psgd { void run(Experiment& e); }
namespace random_conv_combination { void run(Experiment& e); }
namespace ranger21 { void run(Experiment& e); }
namespace rank_adaptive_tucker { void run(Experiment& e); }
namespace rcig_distillation { void run(Experiment& e); }
namespace reflected_flow_matching { void run(Experiment& e); }
namespace region_norm { void run(Experiment& e); }
namespace relu_optimal_sets { void run(Experiment& e); }
namespace residual_depth { void run(Experiment& e); }
namespace rl_general_utilities { void run(Experiment& e); }
namespace rms_norm { void run(Experiment& e); }
namespace rnn_gradient_clipping { void run(Experiment& e); }
namespace sam_on { void run(Experiment& e); }
namespace scaled_gd { void run(Experiment& e); }
namespace sgc { void run(Experiment& e); }
namespace sgd_implicit_reg { void run(Experiment& e); }
namespace sgtm { void run(Experiment& e); }
namespace shuffling_bn { void run(Experiment& e); }
namespace simflow { void run(Experiment& e); }
namespace sinkformer { void run(Experiment& e); }
namespace smoothgrad { void run(Experiment& e); }
namespace spanet { void run(Experiment& e); }
namespace spectral_norm { void run(Experiment& e); }
namespace spectral_regularization { void run(Experiment& e); }
namespace stochastic_rasterizer { void run(Experiment& e); }
namespace swan { void run(Experiment& e); }
namespace time_dependent_ln { void run(Experiment& e); }
namespace to_flow { void run(Experiment& e); }
namespace tract { void run(Experiment& e); }
namespace transformers_without_tears { void run(Experiment& e); }
namespace tubal_factorization { void run(Experiment& e); }
namespace unified_norm { void run(Experiment& e); }
namespace weight_compander { void run(Experiment& e); }
namespace weight_conditioning { void run(Experiment& e); }
namespace weight_norm { void run(Experiment& e); }
namespace weight_standardization_bcn { void run(Experiment& e); }
namespace wise_stylization { void run(Experiment& e); }
namespace zo_quantized_personalization { void run(Experiment& e); }

namespace {

const Paper kPapers[] = {
    {"acls", "ACLS: Adaptive and Conditional Label Smoothing for Network Calibration (Park et al., 2023, arXiv:2308.11911)",
     "Smoothing only logits that are out of a margin, the more the larger they are, calibrates a classifier without loss of accuracy.", acls::run},
    {"adab2n", "Overcoming Recency Bias of Normalization Statistics in Continual Learning: Balance and Adaptation (Lyu et al., 2023, arXiv:2310.08855)",
     "Statistics weighed by task, and averaged more and more evenly, do not favour the newest task.", adab2n::run},
    {"adamp", "AdamP: Slowing Down the Slowdown for Momentum Optimizers on Scale-invariant Weights (Heo et al., 2020, arXiv:2006.08217)",
     "Without the radial part of momentum's step, scale-invariant weights stop growing and keep their effective rate.", adamp::run},
    {"adamw", "Decoupled Weight Decay Regularization (Loshchilov, Hutter, 2017, arXiv:1711.05101)",
     "Decay beside the step shrinks all weights alike, where a penalty in the gradient spares those with large gradients, and generalises at least as well.", adamw::run},
    {"adaptive_guidance", "Adaptive Guidance: Training-free Acceleration of Conditional Diffusion Models (Castillo et al., 2023, arXiv:2312.12487)",
     "Once conditional and unconditional predictions point the same way, the second call can be left out: the same samples for a quarter fewer calls.", adaptive_guidance::run},
    {"alpha_bn", "Test-time Batch Statistics Calibration for Covariate Shift (You et al., 2021, arXiv:2110.04065)",
     "Under a shift a mixture of the training data's statistics and a small batch's own beats either.", alpha_bn::run},
    {"amp", "Regularizing Neural Networks via Adversarial Model Perturbation (Zheng et al., 2020, arXiv:2010.04925)",
     "The worst loss in a ball around each tensor as the objective leads to flatter minima that generalize better.", amp::run},
    {"attention_norm_limits", "Limitations of Normalization in Attention Mechanism (Mudarisov et al., 2025, arXiv:2508.17821)",
     "With bounded logits every weight vanishes like 1 / L and selected tokens cannot be told from others, while low temperatures make gradients grow like 1 / T.", attention_norm_limits::run},
    {"autosparse", "AUTOSPARSE: Towards Automated Sparse Training of Deep Neural Networks (Kundu et al., 2023, arXiv:2304.06941)",
     "Learned thresholds prune more where masked weights keep an annealed share of their gradient.", autosparse::run},
    {"batch_norm", "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift (Ioffe, Szegedy, 2015, arXiv:1502.03167)",
     "A net of sigmoids trains with a large step when its inputs are normalized by the batch, and what reaches its last layers keeps its place.", batch_norm::run},
    {"benign_lazy", "Benign Overfitting in Deep Neural Networks under Lazy Training (Zhu et al., 2023, arXiv:2305.19377)",
     "A wide network in the lazy regime fits noisy labels and predicts the clean ones, where the classes are well separated and only there.", benign_lazy::run},
    {"bn_without_explosion", "Towards Training Without Depth Limits: Batch Normalization Without Gradient Explosion (Meterez et al., 2023, arXiv:2310.02012)",
     "With orthogonal weights and linear activations batch normalization decorrelates samples at any depth and gradients stay bounded; a shrinking gain keeps that for tanh.", bn_without_explosion::run},
    {"categorical_lenses", "Categorical Foundations of Gradient-Based Learning (Cruttwell et al., 2021, arXiv:2103.01931)",
     "Training is a composite of lenses: the same function trains layers over the reals and boolean tables over Z2.", categorical_lenses::run},
    {"cauchy_schwarz_reg", "Cauchy-Schwarz Regularizers (Taner et al., 2025, arXiv:2503.01639)",
     "The gap in the Cauchy-Schwarz inequality finds binary vectors from few measurements, and weights that survive rounding to two levels.", cauchy_schwarz_reg::run},
    {"cf_cam", "CF-CAM: Cluster Filter Class Activation Mapping for Reliable Gradient-Based Interpretability (He, Pan, Yao, 2025, arXiv:2504.00060)",
     "Weights shared by clusters of channels give maps that noise on the gradient hardly moves, and that still point at what decides.", cf_cam::run},
    {"cinc_flow", "CInC Flow: Characterizable Invertible 3x3 Convolution (Nagar, Dufraisse, Varma, 2021, arXiv:2107.01358)",
     "One convolution padded on two sides is invertible, fits what a 1 x 1 convolution cannot, and needs the time of one, not of a pair.", cinc_flow::run},
    {"class_imbalance_pcngd", "A Theoretical Analysis of the Learning Dynamics under Class Imbalance (Francazi et al., 2022, arXiv:2207.00391)",
     "The minority's loss first rises under gradient descent, and falls from the start when each class's gradient is normalized.", class_imbalance_pcngd::run},
    {"conv_filter_design", "On filter design in deep convolutional neural network (Hirani, Abdulla, 2024, arXiv:2410.21644)",
     "Frozen filters learned from patches without labels are better features than random ones.", conv_filter_design::run},
    {"conv_filter_learnability", "When is a Convolutional Filter Easy To Learn? (Du, Lee, Tian, 2017, arXiv:1709.06129)",
     "Gradient descent finds the teacher's filter, sooner the closer the patches of an input are to each other.", conv_filter_learnability::run},
    {"csnorm", "Generalized Lightness Adaptation with Channel Selective Normalization (Yao et al., 2023, arXiv:2308.13783)",
     "Normalizing the channels a gate learned to pick makes a net work at a lightness it was not trained at.", csnorm::run},
    {"delta_l_norm", "Delta L Normalization: Rethink Loss Aggregation in RLVR (He et al., 2025, arXiv:2509.07558)",
     "Weights of inverse length make an unbiased gradient of least variance from responses of different lengths.", delta_l_norm::run},
    {"dgfs", "Diffusion Generative Flow Samplers: Improving learning signals through partial trajectory optimization (Zhang et al., 2023, arXiv:2310.02679)",
     "A steered diffusion learns to sample from every part of its trajectories, and from halves of them alone.", dgfs::run},
    {"diff_iir_filter", "Accelerating Automatic Differentiation of Direct Form Digital Filters (Yu et al., 2025)",
     "The gradient of a recursive filter is a filter run backwards: the same numbers, far faster than a tape of samples.", diff_iir_filter::run},
    {"diffgrad", "diffGrad: An Optimization Method for Convolutional Neural Networks (Dubey et al., 2019, arXiv:1909.11015)",
     "A friction where the gradient hardly changes keeps Adam from jumping over the first minimum.", diffgrad::run},
    {"evonorm", "Evolving Normalization-Activation Layers (Liu et al., 2020, arXiv:2004.02967)",
     "One evolved formula replaces a normalization and its ReLU at no loss, with statistics of the batch (B0) or of the sample (S0).", evonorm::run},
    {"fair_flow", "Fair Normalizing Flows (Balunovic, Ruoss, Vechev, 2021, arXiv:2106.05937)",
     "Two flows whose latents match leave no adversary much to find, within a bound that can be computed, and keep the label.", fair_flow::run},
    {"feature_flow_reg", "Feature Flow Regularization: Improving Structured Sparsity in Deep Neural Networks (Wu et al., 2021, arXiv:2106.02914)",
     "A short and straight path of features from layer to layer leaves many units idle at nearly no cost in accuracy.", feature_flow_reg::run},
    {"federated_layer_norm", "Normalization Is All You Need: Understanding Layer-Normalized Federated Learning under Extreme Label Shift (Zhang et al., 2023, arXiv:2308.09565)",
     "With one class a client, features of fixed length make federated averaging learn more, and most of LayerNorm's gain is its last layer's.", federated_layer_norm::run},
    {"fedtiny", "Distributed Pruning Towards Tiny Neural Networks in Federated Learning (Huang et al., 2022, arXiv:2212.01977)",
     "Masks chosen by clients' batch statistics and exchanged in training beat static ones at very low density.", fedtiny::run},
    {"filter_robustness", "Adversarial Robustness through the Lens of Convolutional Filters (Gavrikov, Keuper, 2022, arXiv:2204.02481)",
     "Adversarial training makes convolutions more orthogonal.", filter_robustness::run},
    {"fixup", "Fixup Initialization: Residual Learning Without Normalization (Zhang, Dauphin, Ma, 2019, arXiv:1901.09321)",
     "Scaled and zeroed starts make the first step change a residual net equally at any depth, and train it without normalization.", fixup::run},
    {"flow_reverse_alignment", "Flowing Backwards: Improving Normalizing Flows via Reverse Representation Alignment (Chen et al., 2025, arXiv:2511.22345)",
     "Features aligned with a teacher's on the way from z to x tell classes apart better, at no cost in likelihood.", flow_reverse_alignment::run},
    {"fmlp_rec", "Filter-enhanced MLP is All You Need for Sequential Recommendation (Zhou et al., 2022, arXiv:2202.13556)",
     "A trained filter over a noisy log does what attention does, and denoises it.", fmlp_rec::run},
    {"full_batch_training", "Stochastic Training is Not Necessary for Generalization (Geiping et al., 2021, arXiv:2109.14119)",
     "Gradient descent on all data reaches SGD's test accuracy, if it is given the time.", full_batch_training::run},
    {"fullgrad", "Full-Gradient Representation for Neural Network Visualization (Srinivas, Fleuret, 2019, arXiv:1905.00780)",
     "The pixels that FullGrad calls unimportant can be removed almost without a change of the output.", fullgrad::run},
    {"galerkin_transformer", "Choose a Transformer: Fourier or Galerkin (Cao, 2021, arXiv:2105.14995)",
     "Operators between functions are learned without softmax as well, at a cost linear in the grid.", galerkin_transformer::run},
    {"gam", "Gradient Norm Aware Minimization Seeks First-Order Flatness and Improves Generalization (Zhang et al., 2023, arXiv:2303.03108)",
     "A small gradient norm all around, not only at the minimum, makes minima flatter and classification better.", gam::run},
    {"gdn", "Density Modeling of Images using a Generalized Normalization Transformation (Balle, Laparra, Simoncelli, 2016, arXiv:1511.06281)",
     "Responses divided by a pooled activity become nearly Gaussian and independent where no linear map makes them so.", gdn::run},
    {"generalized_smooth_gd", "Generalized-Smooth Nonconvex Optimization is As Efficient As Smooth Nonconvex Optimization (Chen et al., 2023, arXiv:2303.02854)",
     "Steps divided by a power of the gradient's norm arrive where plain ones must be tiny.", generalized_smooth_gd::run},
    {"grad_normalized_smoothness", "Gradient-Normalized Smoothness for Optimization with Approximate Hessians (Semenov, Jaggi, Doikov, 2025, arXiv:2506.13710)",
     "Regularized by the gradient's norm, Newton's method converges fast with approximate Hessians too, where a first-order method does not.", grad_normalized_smoothness::run},
    {"gradient_filtering", "Efficient On-device Training via Gradient Filtering (Yang et al., 2023, arXiv:2301.00330)",
     "Fine-tuning with patch-wise gradients reaches what exact ones reach, at a fraction of the backward pass.", gradient_filtering::run},
    {"gradient_mask_tuning", "Gradient-Mask Tuning Elevates the Upper Limits of LLM Performance (Li et al., 2024, arXiv:2406.15330)",
     "Fine-tuning the entries of largest gradient alone loses nothing, and beats equally sparse updates chosen otherwise.", gradient_mask_tuning::run},
    {"gradient_multi_norm", "Gradient Multi-Normalization for Stateless and Scalable LLM Training (Scetbon et al., 2025, arXiv:2502.06742)",
     "Rescaling rows and columns of each gradient in turn does without state what Adam does, and far better than SGD.", gradient_multi_norm::run},
    {"gradient_regularization", "Understanding Gradient Regularization in Deep Learning: Efficient Finite-Difference Computation and Implicit Bias (Karakida et al., 2022, arXiv:2210.02720)",
     "A gradient penalty by a long forward difference biases towards the rich regime more than the exact one, by a backward difference less.", gradient_regularization::run},
    {"gradnorm", "GradNorm: Gradient Normalization for Adaptive Loss Balancing in Deep Multitask Networks (Chen et al., 2017, arXiv:1711.02257)",
     "Loss weights that make the tasks' gradients comparable serve tasks of very different sizes better than equal ones.", gradnorm::run},
    {"graph_pdf", "Towards Better Graph Representation Learning with Parameterized Decomposition & Filtering (Yang et al., 2023, arXiv:2305.06102)",
     "Learning the decomposition of a graph with the filter fits filters that a polynomial of one matrix cannot.", graph_pdf::run},
    {"group_orthogonalization", "Group Orthogonalization Regularization For Vision Models Adaptation and Robustness (Kurtz et al., 2023, arXiv:2306.10001)",
     "Filters become orthonormal in the groups that are asked for, at no cost in accuracy.", group_orthogonalization::run},
    {"hessian_landscape", "Investigating generalization capabilities of neural networks by means of loss landscapes and Hessian analysis (Gabdullin, 2024, arXiv:2412.10146)",
     "The negative part of the Hessian's spectrum against the positive one follows accuracy under shift; trace and largest eigenvalue do not.", hessian_landscape::run},
    {"implicit_map_filter", "Implicit Maximum a Posteriori Filtering via Adaptive Optimization (Bencomo et al., 2023, arXiv:2311.10580)",
     "A few steps of Adam on each measurement filter a nonlinear system better than an extended Kalman filter, without covariances.", implicit_map_filter::run},
    {"injective_flow", "Lifting Architectural Constraints of Injective Flows (Sorrenson et al., 2023, arXiv:2306.01843)",
     "Any autoencoder becomes an injective flow, if the encoder's Jacobian is taken at the data.", injective_flow::run},
    {"irrelevant_weight_pruning", "Regularization-based Pruning of Irrelevant Weights in Deep Neural Architectures (Bonetta et al., 2022, arXiv:2204.04977)",
     "Decay of the weights with small gradients alone leaves a net that far stronger pruning does not hurt.", irrelevant_weight_pruning::run},
    {"l2_vs_norm", "L2 Regularization versus Batch and Weight Normalization (van Laarhoven, 2017, arXiv:1706.05350)",
     "Under normalization L2 does not regularize the function: it sets the effective rate, by the product of rate and factor.", l2_vs_norm::run},
    {"lawn", "Logit Attenuating Weight Normalization (Gupta et al., 2021, arXiv:2108.05839)",
     "Weight norms frozen after some free steps keep logits small and the loss on held-out data low, at no cost in accuracy.", lawn::run},
    {"layer_norm", "Layer Normalization (Ba, Kiros, Hinton, 2016, arXiv:1607.06450)",
     "Statistics of a sample serve at any size of minibatch, those of the batch fail at small ones; and an LSTM learns faster with normalized gates.", layer_norm::run},
    {"lie_bn", "A Lie Group Approach to Riemannian Batch Normalization (Chen et al., 2024, arXiv:2403.11261)",
     "Normalized covariance matrices have the learned mean and dispersion, and statistics of another domain undo its shift.", lie_bn::run},
    {"logit_norm_selective", "Understanding Why Label Smoothing Degrades Selective Classification and How to Fix It (Xia et al., 2024, arXiv:2403.14715)",
     "Label smoothing spoils the ranking of predictions by confidence; dividing logits by their norm restores it.", logit_norm_selective::run},
    {"loss_landscape", "Visualizing the Loss Landscape of Neural Nets (Li et al., 2017, arXiv:1712.09913)",
     "Along filter-normalised random directions the loss of a deep net rises far less with skip connections than without.", loss_landscape::run},
    {"manifold_smoothness", "Learning Globally Smooth Functions on Manifolds (Cervino et al., 2022, arXiv:2210.00301)",
     "Weights that grow where a function is steep make its largest gradient along the data small, not its mean gradient alone.", manifold_smoothness::run},
    {"matrix_sensing", "Understanding Incremental Learning of Gradient Descent: A Fine-grained Analysis of Matrix Sensing (Jin et al., 2023, arXiv:2301.11500)",
     "From a tiny start, gradient descent learns a matrix rank by rank.", matrix_sensing::run},
    {"meta_loss_rescaling", "Learning from Noisy Labels via Self-Taught On-the-Fly Meta Loss Rescaling (Heck et al., 2024, arXiv:2412.12955)",
     "A network that weighs losses by the model's own signals learns from noisy data alone which labels are right, and keeps the accuracy up.", meta_loss_rescaling::run},
    {"moreaugrad", "MoreauGrad: Sparse and Robust Interpretation of Neural Networks via Moreau Envelope (Zhang, Farnia, 2023, arXiv:2302.05294)",
     "A penalty inside the Moreau envelope gives maps with exact zeros and their weight at what decides.", moreaugrad::run},
    {"nag_guidance", "Normalized Attention Guidance: Universal Negative Guidance for Diffusion Models (Chen et al., 2025, arXiv:2505.21179)",
     "Negative prompts work in one step when attention is guided with bounded norms, where guided outputs fall apart.", nag_guidance::run},
    {"nalaformer", "NaLaFormer: Norm-Aware Linear Attention for Transformer Models (Meng et al., 2025, arXiv:2506.21137)",
     "Linear attention that knows the length of a query sharpens with it, and retrieves better than without.", nalaformer::run},
    {"nanoflow", "NanoFlow: Scalable Normalizing Flows with Sublinear Parameter Complexity (Lee, Kim, Yoon, 2020, arXiv:2006.06280)",
     "Coupling steps that share a network come close to separate ones, if each has a projection, an embedding and a gate of its own.", nanoflow::run},
    {"nap", "Normalization and effective learning rates in reinforcement learning (Lyle et al., 2024, arXiv:2407.01800)",
     "Weights projected back to their initial norm go on learning new tasks at a rate at which growing norms have stopped the others.", nap::run},
    {"nf_resnet_signal", "Characterizing signal propagation to close the performance gap in unnormalized ResNets (Brock et al., 2021, arXiv:2101.08692)",
     "Scaled weight standardization keeps the variance of every block where it is predicted, and means near 0.", nf_resnet_signal::run},
    {"nfnet_agc", "High-Performance Large-Scale Image Recognition Without Normalization (Brock et al., 2021, arXiv:2102.06171)",
     "Clipping each unit's gradient by its weight's norm makes large learning rates stable without normalization.", nfnet_agc::run},
    {"ngp_private", "Sharper Utility Bounds for Differentially Private Models (Kang et al., 2022, arXiv:2204.10536)",
     "Normalized gradients need no Lipschitz constant, so less noise, and are more accurate at the same privacy.", ngp_private::run},
    {"nongrad_three_ways", "GD doesn't make the cut: Three ways that non-differentiability affects neural network training (Kumar, 2024, arXiv:2401.08426)",
     "Steps along subgradients do not converge at a constant rate, make no zeros and under an L1 penalty larger weights, and have no edge of stability.", nongrad_three_ways::run},
    {"norm_loss", "Norm Loss: An efficient yet effective regularization method for deep neural networks (Georgiou et al., 2021, arXiv:2103.06583)",
     "A pull of rows to length one is as good as weight decay, and far less sensitive to its factor.", norm_loss::run},
    {"normalized_logistic_gd", "From Logistic Regression to the Perceptron Algorithm: Exploring Gradient Descent with Large Step Sizes (Tyurin, 2024, arXiv:2412.08424)",
     "Large steps separate sooner though the loss rises; dividing by the misclassified weight removes the factor n.", normalized_logistic_gd::run},
    {"normgrad", "There and Back Again: Revisiting Backpropagation Saliency Methods (Rebuffi et al., 2020, arXiv:2004.02866)",
     "A step on the class's loss makes maps class-sensitive, and the product of several layers' maps localises best.", normgrad::run},
    {"novograd", "Stochastic Gradient Methods with Layer-wise Adaptive Moments for Training of Deep Networks (Ginsburg et al., 2019, arXiv:1905.11286)",
     "One second moment a layer suffices for a wide range of rates, from a bad start too.", novograd::run},
    {"online_norm", "Online Normalization for Training Neural Networks (Chiley et al., 2019, arXiv:1905.05894)",
     "Statistics of the samples before, with controllers for the gradient, normalize without batches.", online_norm::run},
    {"orthonormality_modulation", "All You Need is Beyond a Good Init (Xie, Xiong, Pu, 2017, arXiv:1703.01827)",
     "Orthonormal weights and errors of one size on their way back train a deep plain network better than a good start alone.", orthonormality_modulation::run},
    {"p2_weighting", "Perception Prioritized Training of Diffusion Models (Choi et al., 2022, arXiv:2204.00227)",
     "Weighting the loss by (1 + SNR)^-gamma moves capacity from nearly clean pictures to noisy ones.", p2_weighting::run},
    {"pa_da_nas", "PA&DA: Jointly Sampling PAth and DAta for Consistent NAS (Lu et al., 2023, arXiv:2302.14772)",
     "Drawing samples by a cheap score of their gradient norm makes the variance of the stochastic gradient small.", pa_da_nas::run},
    {"path_gradients", "Fast and Unified Path Gradient Estimators for Normalizing Flows (Vaitl et al., 2024, arXiv:2403.15881)",
     "Without the score term gradients have several times less variance, and training ends at a better sampler.", path_gradients::run},
    {"pcnorm", "Decompose, Adjust, Compose: Effective Normalization by Playing with Frequency for Domain Generalization (Lee et al., 2023, arXiv:2303.02328)",
     "Normalizing amplitudes and keeping phases keeps the content, so that a network is right more often in a domain it was not trained on.", pcnorm::run},
    {"power_norm", "PowerNorm: Rethinking Batch Normalization in Transformers (Shen et al., 2020, arXiv:2003.07845)",
     "A running quadratic mean with an approximate gradient trains where the batch's own statistics fluctuate.", power_norm::run},
    {"pre_rmsnorm", "Pre-RMSNorm and Pre-CRMSNorm Transformers: Equivalent and Efficient Pre-LN Transformers (Jiang et al., 2023, arXiv:2305.14858)",
     "A Pre-LN Transformer whose main branch is centred computes and learns the same with RMSNorm, and with one number less in CRMSNorm.", pre_rmsnorm::run},
    {"psgd", "Curvature-Informed SGD via General Purpose Lie-Group Preconditioners (Pooladzandi, Li, 2024, arXiv:2402.04553)",
     "A preconditioner learned from Hessian products beats first-order methods on badly conditioned problems.", psgd::run},
    {"random_conv_combination", "The Power of Linear Combinations: Learning with Random Convolutions (Gavrikov, Keuper, 2023, arXiv:2301.11360)",
     "Frozen random filters are nearly as good as trained ones when each output combines several of them.", random_conv_combination::run},
    {"ranger21", "Ranger21: a synergistic deep learning optimizer (Wright, Demeure, 2021, arXiv:2106.13731)",
     "It trains deep networks without normalization at a rate at which AdamW stays stuck.", ranger21::run},
    {"rank_adaptive_tucker", "Rank-adaptive spectral pruning of convolutional layers during training (Zangrando et al., 2023, arXiv:2305.19059)",
     "Convolutions in Tucker form, their ranks adapted while they train, lose most of their numbers and little accuracy.", rank_adaptive_tucker::run},
    {"rcig_distillation", "Dataset Distillation with Convexified Implicit Gradients (Loo et al., 2023, arXiv:2302.06755)",
     "Images learned by implicit gradients train fresh networks better than real images and class means do.", rcig_distillation::run},
    {"reflected_flow_matching", "Reflected Flow Matching (Xie et al., 2024, arXiv:2405.16577)",
     "Reflection at the walls keeps samples inside and comes nearer to the data than clipping.", reflected_flow_matching::run},
    {"region_norm", "Region Normalization for Image Inpainting (Yu et al., 2020, arXiv:1911.10507)",
     "Normalized by region, valid pixels are not moved by the hole beside them, and holes are filled better.", region_norm::run},
    {"relu_optimal_sets", "Optimal Sets and Solution Paths of ReLU Networks (Mishkin, Pilanci, 2023, arXiv:2306.00119)",
     "Two-layer ReLU networks can be pruned to as many neurons as samples without changing fit or objective.", relu_optimal_sets::run},
    {"residual_depth", "On residual network depth (Dherin, Munn, 2025, arXiv:2510.03470)",
     "Residual towers are ensembles of all paths: unscaled they explode with depth, with a small factor on each module they do not.", residual_depth::run},
    {"rl_general_utilities", "Reinforcement Learning with General Utilities: Simpler Variance Reduction and Large State-Action Space (Barakat et al., 2023, arXiv:2306.01854)",
     "Variance-reduced estimates from one trajectory a step explore better than plain normalized policy gradient.", rl_general_utilities::run},
    {"rms_norm", "Root Mean Square Layer Normalization (Zhang, Sennrich, 2019, arXiv:1910.07467)",
     "Dividing by the root mean square trains a deep net as well as LayerNorm does: the mean need not be removed.", rms_norm::run},
    {"rnn_gradient_clipping", "On the difficulty of training Recurrent Neural Networks (Pascanu, Mikolov, Bengio, 2012, arXiv:1211.5063)",
     "Clipping the norm of the gradient keeps training from exploding, and a penalty on the Jacobians keeps the error from vanishing.", rnn_gradient_clipping::run},
    {"sam_on", "Normalization Layers Are All That Sharpness-Aware Minimization Needs (Mueller et al., 2023, arXiv:2306.04226)",
     "An ascent step of scales and shifts of normalization layers alone does what SAM's of all weights does.", sam_on::run},
    {"scaled_gd", "The Power of Preconditioning in Overparameterized Low-Rank Matrix Sensing (Xu et al., 2023, arXiv:2302.01186)",
     "With the factor's own Gram matrix as preconditioner the number of steps does not depend on the condition number.", scaled_gd::run},
    {"sgc", "Simplifying Graph Convolutional Networks (Wu et al., 2019, arXiv:1902.07153)",
     "Without nonlinearities between its layers a graph network is as accurate, and much faster.", sgc::run},
    {"sgd_implicit_reg", "SGD Implicitly Regularizes Generalization Error (Roberts, 2021, arXiv:2104.04874)",
     "A step widens the generalization gap by the trace of the gradients' covariance, and minibatches pull against it.", sgd_implicit_reg::run},
    {"sgtm", "Beyond Data Filtering: Knowledge Localization for Capability Removal in LLMs (Shilov et al., 2025, arXiv:2512.05648)",
     "A capability trained into reserved units can be cut out afterwards, also where its data were labelled imperfectly and filtering fails.", sgtm::run},
    {"shuffling_bn", "On the Training Instability of Shuffling SGD with Batch Normalization (Wu, Yun, Sra, 2023, arXiv:2302.12444)",
     "With batch normalization one fixed permutation converges to a distorted optimum; reshuffling averages the distortion away.", shuffling_bn::run},
    {"simflow", "SimFlow: Simplified and End-to-End Training of Latent Normalizing Flows (Zhao et al., 2025, arXiv:2512.04084)",
     "A fixed deviation on the latents lets autoencoder and flow train together; without noise the latents collapse.", simflow::run},
    {"sinkformer", "Sinkformers: Transformers with Doubly Stochastic Attention (Sander et al., 2021, arXiv:2110.11773)",
     "Doubly stochastic self-attention is a step of a gradient flow, softmax attention is not.", sinkformer::run},
    {"smoothgrad", "SmoothGrad: removing noise by adding noise (Smilkov et al., 2017, arXiv:1706.03825)",
     "The mean gradient over noisy copies has more of its weight at what decides than the plain gradient.", smoothgrad::run},
    {"spanet", "SPANet: Frequency-balancing Token Mixer using Spectral Pooling Aggregation Modulation (Yun et al., 2023, arXiv:2308.11568)",
     "Features modulated by a map of balanced frequencies make a better mixer than a convolution alone.", spanet::run},
    {"spectral_norm", "Spectral Normalization for Generative Adversarial Networks (Miyato et al., 2018, arXiv:1802.05957)",
     "A critic whose layers have the spectral norm 1 stays smooth, and its generator ends nearer to the data.", spectral_norm::run},
    {"spectral_regularization", "Learning Continually by Spectral Regularization (Lewandowski et al., 2024, arXiv:2406.06811)",
     "Largest singular values kept near one keep a network able to learn, task after task.", spectral_regularization::run},
    {"stochastic_rasterizer", "Transforming a Non-Differentiable Rasterizer into a Differentiable One with Stochastic Gradient Estimation (Deliot, Heitz, Belcour, 2024, arXiv:2404.09758)",
     "Random perturbations fit a scene through a hard rasterizer when each primitive looks at the pixels it owns.", stochastic_rasterizer::run},
    {"swan", "SWAN: SGD with Normalization and Whitening Enables Stateless LLM Training (Ma et al., 2024, arXiv:2412.13148)",
     "Row normalization and whitening of each gradient do without state what Adam does.", swan::run},
    {"time_dependent_ln", "Alleviating Distortion in Image Generation via Multi-Resolution Diffusion Models (Liu et al., 2024, arXiv:2406.09416)",
     "LayerNorm whose parameters go between two ends by a sigmoid of time gets most of adaLN's gain for a small part of its parameters.", time_dependent_ln::run},
    {"to_flow", "TO-FLOW: Efficient Continuous Normalizing Flows with Temporal Optimization adjoint with Moving Speed (Du et al., 2022, arXiv:2203.10335)",
     "A trained end time needs fewer evaluations at nearly the same likelihood.", to_flow::run},
    {"tract", "TrAct: Making First-layer Pre-Activations Trainable (Petersen, Borgelt, Ermon, 2024, arXiv:2410.23970)",
     "A first layer whose step moves its outputs as their gradient asks trains faster.", tract::run},
    {"transformers_without_tears", "Transformers without Tears: Improving the Normalization of Self-Attention (Nguyen, Salazar, 2019, arXiv:1910.05895)",
     "PreNorm, one length a norm and word vectors on a sphere train without warm-up, where PostNorm does not.", transformers_without_tears::run},
    {"tubal_factorization", "Implicit Regularization for Tubal Tensor Factorizations via Gradient Descent (Karnik et al., 2024, arXiv:2410.16247)",
     "From a tiny start, gradient descent on a wide factorization finds the tensor of low tubal rank.", tubal_factorization::run},
    {"unified_norm", "Unified Normalization for Accelerating and Stabilizing Transformers (Yang et al., 2022, arXiv:2208.01313)",
     "A window of past batches makes batch statistics usable with two samples a batch, and a filter keeps abnormal ones out.", unified_norm::run},
    {"weight_compander", "Weight Compander: A Simple Weight Reparameterization for Regularization (Cakaj, Mehnert, Yang, 2023, arXiv:2306.16993)",
     "Weights through an arctangent are bounded and spread evenly, and training bears larger rates.", weight_compander::run},
    {"weight_conditioning", "Weight Conditioning for Smooth Optimization of Neural Networks (Saratchandran, Wang, Lucey, 2024, arXiv:2409.03424)",
     "Rows of weights divided by their lengths make the loss smoother: descent is faster with them.", weight_conditioning::run},
    {"weight_norm", "Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural Networks (Salimans, Kingma, 2016, arXiv:1602.07868)",
     "Weights as lengths and directions, started from one minibatch, train faster, and where the plain start vanishes at all.", weight_norm::run},
    {"weight_standardization_bcn", "Micro-Batch Training with Batch-Channel Normalization and Weight Standardization (Qiao et al., 2019, arXiv:1903.10520)",
     "Standardized weights, and batch statistics estimated over time, make training with one image at a time work.", weight_standardization_bcn::run},
    {"wise_stylization", "WISE: Whitebox Image Stylization by Example-based Learning (Loetzsch et al., 2022, arXiv:2207.14606)",
     "Gradients through a stylization filter recover its parameters from a picture, and maps of them what numbers cannot.", wise_stylization::run},
    {"zo_quantized_personalization", "Efficient Personalization of Quantized Diffusion Model without Backpropagation (Seo et al., 2025, arXiv:2503.14868)",
     "A token of a quantized network is learned by forward passes alone, in the subspace in which it moves.", zo_quantized_personalization::run},
};

}  // namespace

std::span<const Paper> catalogue() { return kPapers; }

const Paper& find_paper(std::string_view slug) {
  std::vector<std::string_view> names;
  std::string near;
  for (const Paper& p : kPapers) {
    if (p.slug == slug) return p;
    names.push_back(p.slug);
    if (slug.size() >= 3 && p.slug.find(slug) != std::string_view::npos) near += text(near.empty() ? "" : ", ", p.slug);
  }
  if (near.empty()) near = nearest(slug, names.data(), names.size());
  throw ConfigError(text("there is no experiment \"", slug, "\"", near.empty() ? "; tare papers list tells what there is" : text("; did you mean ", near, "?")));
}

}  // namespace tare::papers
