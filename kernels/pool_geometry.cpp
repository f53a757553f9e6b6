#include "kernels/pool_geometry.h"

namespace tare::kernels {
namespace {

int64_t pool_entry(const Shape& list, int axis, int64_t otherwise) {
  if (list.empty()) return otherwise;
  return list.size() == 1 ? list[0] : list[axis];
}

}  // namespace

PoolGeometry pool_geometry(std::string_view what, const Shape& input, const PoolParams& p) {
  int axes = p.kernel.size(), lead = input.size() - axes;
  check<ShapeError>(axes >= 1 && axes <= 3, what, ": expected a kernel of one to three sizes but got ", p.kernel);
  check<ShapeError>(lead >= 0, what, ": expected an input with at least ", axes, " axes for the kernel ", p.kernel, " but its shape is ", input);
  auto check_list = [&](const char* name, const Shape& list, int64_t least) {
    check<ShapeError>(list.size() <= 1 || list.size() == axes, what, ": expected one ", name, " for each of the ", axes, " pooled axes but got ", list);
    for (int64_t v : list) check<ValueError>(v >= least, what, ": expected every ", name, " to be at least ", least, " but got ", list);
  };
  check_list("kernel size", p.kernel, 1);
  check_list("stride", p.stride, 1);
  check_list("padding", p.padding, 0);
  check_list("dilation", p.dilation, 1);
  PoolGeometry g;
  g.planes = input.slice(0, lead).numel();
  for (int i = 0; i < axes; i++) {
    int at = 3 - axes + i;
    g.in[at] = input[lead + i];
    g.kernel[at] = p.kernel[i];
    g.stride[at] = pool_entry(p.stride, i, p.kernel[i]);
    g.padding[at] = pool_entry(p.padding, i, 0);
    g.dilation[at] = pool_entry(p.dilation, i, 1);
    check<ValueError>(2 * g.padding[at] <= g.kernel[at], what, ": expected paddings of at most half the kernel ", p.kernel, " but got ", p.padding);
    int64_t room = g.in[at] + 2 * g.padding[at] - g.dilation[at] * (g.kernel[at] - 1) - 1;
    // ceil_mode adds a last window that hangs over the end, but only one that starts inside the input or the left padding.
    if (room >= 0) {
      g.out[at] = (room + (p.ceil_mode ? g.stride[at] - 1 : 0)) / g.stride[at] + 1;
      if (p.ceil_mode && (g.out[at] - 1) * g.stride[at] >= g.in[at] + g.padding[at]) g.out[at]--;
    } else {
      g.out[at] = p.ceil_mode && room + g.stride[at] - 1 >= 0 ? 1 : 0;
    }
    check<ShapeError>(g.out[at] >= 1, what, ": the kernel ", p.kernel, " does not fit into the input ", input, " along pooled axis ", i,
                      "; enlarge the input or the padding");
  }
  return g;
}

PoolGeometry adaptive_geometry(std::string_view what, const Shape& input, const Shape& output_size) {
  int axes = output_size.size(), lead = input.size() - axes;
  check<ShapeError>(axes >= 1 && axes <= 3, what, ": expected an output size of one to three axes but got ", output_size);
  check<ShapeError>(lead >= 0, what, ": expected an input with at least ", axes, " axes but its shape is ", input);
  PoolGeometry g;
  g.planes = input.slice(0, lead).numel();
  for (int i = 0; i < axes; i++) {
    g.in[3 - axes + i] = input[lead + i];
    g.out[3 - axes + i] = output_size[i];
    check<ValueError>(output_size[i] >= 0, what, ": expected output sizes of at least 0 but got ", output_size);
    check<ShapeError>(input[lead + i] > 0, what, ": expected pooled axes that are not empty but the input is ", input);
  }
  return g;
}

Shape pool_result_shape(const PoolGeometry& g, const Shape& input, int axes) {
  Shape out = input.slice(0, input.size() - axes);
  for (int i = 3 - axes; i < 3; i++) out.push_back(g.out[i]);
  return out;
}

Shape pool_output_shape(std::string_view what, const Shape& input, const PoolParams& p) {
  return pool_result_shape(pool_geometry(what, input, p), input, p.kernel.size());
}

}  // namespace tare::kernels
