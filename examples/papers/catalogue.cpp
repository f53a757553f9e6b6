// The one visible table of experiments. Each stands in a file of its own, in a namespace named after its slug, so that no two disagree about a name.
#include "examples/papers/catalogue.h"

#include <algorithm>
#include <string>
#include <vector>

#include "core/error.h"

namespace tare::papers {

namespace cf_cam { void run(Experiment& e); }
namespace cinc_flow { void run(Experiment& e); }
namespace conv_filter_design { void run(Experiment& e); }
namespace conv_filter_learnability { void run(Experiment& e); }
namespace filter_robustness { void run(Experiment& e); }
namespace fullgrad { void run(Experiment& e); }
namespace gradient_filtering { void run(Experiment& e); }
namespace hessian_landscape { void run(Experiment& e); }
namespace loss_landscape { void run(Experiment& e); }
namespace moreaugrad { void run(Experiment& e); }
namespace normgrad { void run(Experiment& e); }
namespace pa_da_nas { void run(Experiment& e); }
namespace smoothgrad { void run(Experiment& e); }

namespace {

const Paper kPapers[] = {
    {"cf_cam", "CF-CAM: Cluster Filter Class Activation Mapping for Reliable Gradient-Based Interpretability (He, Pan, Yao, 2025, arXiv:2504.00060)",
     "Weights shared by clusters of channels give maps that noise on the gradient hardly moves, and that still point at what decides.", cf_cam::run},
    {"cinc_flow", "CInC Flow: Characterizable Invertible 3x3 Convolution (Nagar, Dufraisse, Varma, 2021, arXiv:2107.01358)",
     "One convolution padded on two sides is invertible, fits what a 1 x 1 convolution cannot, and needs the time of one, not of a pair.", cinc_flow::run},
    {"conv_filter_design", "On filter design in deep convolutional neural network (Hirani, Abdulla, 2024, arXiv:2410.21644)",
     "Frozen filters learned from patches without labels are better features than random ones.", conv_filter_design::run},
    {"conv_filter_learnability", "When is a Convolutional Filter Easy To Learn? (Du, Lee, Tian, 2017, arXiv:1709.06129)",
     "Gradient descent finds the teacher's filter, sooner the closer the patches of an input are to each other.", conv_filter_learnability::run},
    {"filter_robustness", "Adversarial Robustness through the Lens of Convolutional Filters (Gavrikov, Keuper, 2022, arXiv:2204.02481)",
     "Adversarial training makes convolutions more orthogonal.", filter_robustness::run},
    {"fullgrad", "Full-Gradient Representation for Neural Network Visualization (Srinivas, Fleuret, 2019, arXiv:1905.00780)",
     "The pixels that FullGrad calls unimportant can be removed almost without a change of the output.", fullgrad::run},
    {"gradient_filtering", "Efficient On-device Training via Gradient Filtering (Yang et al., 2023, arXiv:2301.00330)",
     "Fine-tuning with patch-wise gradients reaches what exact ones reach, at a fraction of the backward pass.", gradient_filtering::run},
    {"hessian_landscape", "Investigating generalization capabilities of neural networks by means of loss landscapes and Hessian analysis (Gabdullin, 2024, arXiv:2412.10146)",
     "The negative part of the Hessian's spectrum against the positive one follows accuracy under shift; trace and largest eigenvalue do not.", hessian_landscape::run},
    {"loss_landscape", "Visualizing the Loss Landscape of Neural Nets (Li et al., 2017, arXiv:1712.09913)",
     "Along filter-normalised random directions the loss of a deep net rises far less with skip connections than without.", loss_landscape::run},
    {"moreaugrad", "MoreauGrad: Sparse and Robust Interpretation of Neural Networks via Moreau Envelope (Zhang, Farnia, 2023, arXiv:2302.05294)",
     "A penalty inside the Moreau envelope gives maps with exact zeros and their weight at what decides.", moreaugrad::run},
    {"normgrad", "There and Back Again: Revisiting Backpropagation Saliency Methods (Rebuffi et al., 2020, arXiv:2004.02866)",
     "A step on the class's loss makes maps class-sensitive, and the product of several layers' maps localises best.", normgrad::run},
    {"pa_da_nas", "PA&DA: Jointly Sampling PAth and DAta for Consistent NAS (Lu et al., 2023, arXiv:2302.14772)",
     "Drawing samples by a cheap score of their gradient norm makes the variance of the stochastic gradient small.", pa_da_nas::run},
    {"smoothgrad", "SmoothGrad: removing noise by adding noise (Smilkov et al., 2017, arXiv:1706.03825)",
     "The mean gradient over noisy copies has more of its weight at what decides than the plain gradient.", smoothgrad::run},
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
