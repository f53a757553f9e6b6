#include "kernels/conv_geometry.h"

namespace tare::kernels {
namespace {

// Entry `axis` of a parameter list: empty means `otherwise`, one entry holds for every axis.
int64_t conv_entry(const Shape& list, int axis, int64_t otherwise) {
  if (list.empty()) return otherwise;
  return list.size() == 1 ? list[0] : list[axis];
}

}  // namespace

ConvGeometry conv_geometry(const Shape& input, const Shape& weight, const ConvParams& p) {
  ConvGeometry g;
  int spatial = input.size() - 2;
  g.n = input[0];
  g.c = input[1];
  g.o = weight[0];
  g.groups = p.groups;
  for (int i = 0; i < spatial; i++) {
    int at = 3 - spatial + i;
    g.in[at] = input[2 + i];
    g.kernel[at] = weight[2 + i];
    g.stride[at] = conv_entry(p.stride, i, 1);
    g.padding[at] = conv_entry(p.padding, i, 0);
    g.dilation[at] = conv_entry(p.dilation, i, 1);
    g.out[at] = (g.in[at] + 2 * g.padding[at] - g.dilation[at] * (g.kernel[at] - 1) - 1) / g.stride[at] + 1;
  }
  return g;
}

Shape conv_output_shape(const Shape& input, const Shape& weight, const ConvParams& p) {
  check_conv("conv", input, weight, nullptr, p);
  ConvGeometry g = conv_geometry(input, weight, p);
  Shape out{g.n, g.o};
  for (int i = 5 - input.size(); i < 3; i++) out.push_back(g.out[i]);
  return out;
}

void check_conv(std::string_view what, const Shape& input, const Shape& weight, const Shape* bias, const ConvParams& p) {
  int spatial = input.size() - 2;
  check<ShapeError>(spatial >= 1 && spatial <= 3, what, ": expected an input (N, C, length), (N, C, height, width) or (N, C, depth, height, width) but its shape is ",
                    input);
  check<ShapeError>(weight.size() == input.size(), what, ": expected weights with as many axes as the input but the shapes are ", weight, " and ", input);
  auto check_list = [&](const char* name, const Shape& list, int64_t least) {
    check<ShapeError>(list.size() <= 1 || list.size() == spatial, what, ": expected one ", name, " for each of the ", spatial, " spatial axes but got ", list);
    for (int64_t v : list) check<ValueError>(v >= least, what, ": expected every ", name, " to be at least ", least, " but got ", list);
  };
  check_list("stride", p.stride, 1);
  check_list("padding", p.padding, 0);
  check_list("dilation", p.dilation, 1);
  check<ValueError>(p.groups >= 1, what, ": expected at least one group, not ", p.groups);
  check<ShapeError>(input[1] % p.groups == 0 && weight[0] % p.groups == 0, what, ": ", p.groups, " groups do not divide the ", input[1],
                    " input channels and ", weight[0], " output channels");
  check<ShapeError>(weight[1] == input[1] / p.groups, what, ": expected weights over ", input[1] / p.groups, " input channels (", input[1], " channels in ",
                    p.groups, " groups) but the weights are ", weight, " and the input is ", input);
  check<ShapeError>(!bias || *bias == Shape{weight[0]}, what, ": expected a bias of shape ", Shape{weight[0]}, " but it is ", bias ? *bias : Shape{});
  for (int i = 0; i < spatial; i++) {
    int64_t padded = input[2 + i] + 2 * conv_entry(p.padding, i, 0), reach = conv_entry(p.dilation, i, 1) * (weight[2 + i] - 1) + 1;
    check<ShapeError>(weight[2 + i] >= 1 && padded >= reach, what, ": the kernel ", weight.slice(2), " (dilated: ", reach, " along spatial axis ", i,
                      ") does not fit into the padded input, ", padded, " long there; the input is ", input);
  }
}

}  // namespace tare::kernels
