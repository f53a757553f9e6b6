// Amplitude and phase of feature maps in frequency space: what PCNorm, CCNorm, SCNorm and the lightness perturbation of CSNorm work on.
//
// Maps are real: one half of the spectrum, rfft2's, is the whole of it. Amplitudes and phases of conjugate frequencies go together, so that what is put
// together again is real.
#pragma once

#include "core/tensor.h"

namespace tare::nn {

/// Half spectrum of a map: amplitude, and the phase as its cosine and sine, each (*, H, W / 2 + 1).
struct Spectrum {
  Tensor amplitude, cosine, sine;
};

/// F = rfft2(x) over the last two axes: amplitude sqrt(d(Re^2 + Im^2)), phase atan2(Im, d(Re)), where d puts +1e-5 in the place of numbers smaller than 1e-5 in
/// size, which then get no gradient: the phase's derivative would have no bound there. `with_phase` = false leaves cosine and sine undefined.
Spectrum decompose(const Tensor& x, bool with_phase = true);
/// The real map (*, H, W) with this phase and amplitude.
Tensor compose(const Spectrum& phase, const Tensor& amplitude, int64_t height, int64_t width);

/// The image with the phase of x and the amplitude lam |F(x)| + (1 - lam) |F(y)|, (*, H, W): Generalized Lightness Adaptation with Channel Selective
/// Normalization (Yao et al., 2023, arXiv:2308.13783), whose training draws lam = min(2 U[0, 1], 1/2). Throws ShapeError unless x and y have one shape.
Tensor amplitude_mix(const Tensor& x, const Tensor& y, double lam);

}  // namespace tare::nn
