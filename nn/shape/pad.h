// Padding layers: more entries at both ends of the last axes.
//
//   zero 0 0 a b c 0 0    reflection c b a b c b a    replication a a a b c c c    circular b c a b c a b
#pragma once

#include "nn/layer.h"
#include "nn/sizes.h"

namespace tare::nn {

enum class PadKind { constant, zero, reflect, replicate, circular };

struct PadOptions {
  Sizes padding{};  ///< one number for every side, or pairs (before, after) from the last axis backwards: (left, right, top, bottom, ...); negative ones crop
  void visit(Visitor& v);
};
struct ConstantPadOptions {
  Sizes padding{};
  double value = 0;
  void visit(Visitor& v);
};

// Outside of the class: Clang does not take a member of a class template as a constant within it.
inline constexpr std::string_view kPadNames[][3] = {{"ConstantPad1d", "ConstantPad2d", "ConstantPad3d"},
                                                    {"ZeroPad1d", "ZeroPad2d", "ZeroPad3d"},
                                                    {"ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d"},
                                                    {"ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d"},
                                                    {"CircularPad1d", "CircularPad2d", "CircularPad3d"}};

/// ConstantPad1d, ZeroPad2d, ReflectionPad3d ...: pads the last D axes of (N, C, *) or (C, *) (constants: of any input with D axes or more).
template <PadKind K, int D>
class PadNd : public Layer<PadNd<K, D>> {
 public:
  static constexpr std::string_view type = kPadNames[int(K)][D - 1];
  using Options = std::conditional_t<K == PadKind::constant, ConstantPadOptions, PadOptions>;
  explicit PadNd(Options options);
  Tensor forward(const Tensor& x);

  Options options;
};
using ConstantPad1d = PadNd<PadKind::constant, 1>;
using ConstantPad2d = PadNd<PadKind::constant, 2>;
using ConstantPad3d = PadNd<PadKind::constant, 3>;
using ZeroPad1d = PadNd<PadKind::zero, 1>;
using ZeroPad2d = PadNd<PadKind::zero, 2>;
using ZeroPad3d = PadNd<PadKind::zero, 3>;
using ReflectionPad1d = PadNd<PadKind::reflect, 1>;
using ReflectionPad2d = PadNd<PadKind::reflect, 2>;
using ReflectionPad3d = PadNd<PadKind::reflect, 3>;
using ReplicationPad1d = PadNd<PadKind::replicate, 1>;
using ReplicationPad2d = PadNd<PadKind::replicate, 2>;
using ReplicationPad3d = PadNd<PadKind::replicate, 3>;
using CircularPad1d = PadNd<PadKind::circular, 1>;
using CircularPad2d = PadNd<PadKind::circular, 2>;
using CircularPad3d = PadNd<PadKind::circular, 3>;

extern template class Layer<ConstantPad1d>;
extern template class Layer<ConstantPad2d>;
extern template class Layer<ConstantPad3d>;
extern template class Layer<ZeroPad1d>;
extern template class Layer<ZeroPad2d>;
extern template class Layer<ZeroPad3d>;
extern template class Layer<ReflectionPad1d>;
extern template class Layer<ReflectionPad2d>;
extern template class Layer<ReflectionPad3d>;
extern template class Layer<ReplicationPad1d>;
extern template class Layer<ReplicationPad2d>;
extern template class Layer<ReplicationPad3d>;
extern template class Layer<CircularPad1d>;
extern template class Layer<CircularPad2d>;
extern template class Layer<CircularPad3d>;

}  // namespace tare::nn
