// Image filters and the stochastic rasterizer, in the table of functions.
#include "autograd/functions.h"

#include "autograd/samples.h"
#include "nn/image/filters.h"
#include "nn/image/rasterizer.h"

namespace tare::nn::tables {
namespace {

using samples::spread;
using samples::with;
using Samples = std::vector<FunctionSample>;

XDoGConstants xdog_constants(Keywords& o) {
  return {.radius = o.integer("radius"), .k = o.real("k", 1.6), .p_scale = o.real("p_scale", 100), .phi_scale = o.real("phi_scale", 100)};
}
Tensor picture(const Shape& shape) { return spread(shape, 0, 1); }
Tensor positive_map(const Shape& shape) { return spread(shape, 0.6, 1.4, 1); }

Samples xdog_samples() {
  Json soft = with({{"radius", 2}, {"p_scale", 1.0}, {"phi_scale", 1.0}});
  return {{{picture({1, 1, 4, 3}), positive_map({1}), positive_map({1}), spread({1}, 0.5, 0.6), positive_map({1})}, soft},
          {{picture({2, 1, 3, 3}), positive_map({2, 1, 3, 3}), positive_map({2}), spread({1, 1, 3, 3}, 0.4, 0.7, 2), positive_map({1})}, soft}};
}

const Function kImage[] = {
    {"bilateral_filter", [](const Inputs& x, Keywords& o) -> Tensors { return {bilateral_filter(x[0], x[1], x[2], o.integer("radius"))}; },
     [] { return Samples{{{picture({2, 2, 3, 3}), positive_map({2}), spread({2, 1, 3, 3}, 0.3, 0.6)}, with({{"radius", 1}})}}; }, Gradient::exact,
     "Means over near pixels of like colour.", "wise_stylization"},
    {"dog", [](const Inputs& x, Keywords& o) -> Tensors { return {dog(x[0], x[1], x[2], xdog_constants(o))}; }, nullptr, Gradient::exact, "A difference of Gaussians, sharpened.",
     "wise_stylization"},
    {"gaussian_blur2d", [](const Inputs& x, Keywords& o) -> Tensors { return {gaussian_blur2d(x[0], x[1], o.integer("radius"))}; },
     [] { return Samples{{{picture({2, 2, 3, 4}), positive_map({2})}, with({{"radius", 2}})}, {{picture({2, 1, 3, 3}), positive_map({2, 1, 3, 3})}, with({{"radius", 1}})}}; },
     Gradient::exact, "Images blurred by Gaussians, one an image or one a pixel.", "wise_stylization"},
    {"per_pixel_gradient", [](const Inputs& x, Keywords&) -> Tensors { return {per_pixel_gradient(x[0], x[1], x[2], x[3], x[4])}; }, nullptr, Gradient::none,
     "Differences of pixel losses by the primitives that own them.", "stochastic_rasterizer"},
    {"rasterize_triangles",
     [](const Inputs& x, Keywords& o) -> Tensors {
       Rendering r = rasterize_triangles(x[0], x[1], o.integer("height"), o.integer("width"), o.real("background", 0));
       return {r.image, r.ids};
     },
     nullptr, Gradient::none, "An image of flat triangles and who owns its pixels.", "stochastic_rasterizer"},
    {"stochastic_raster_gradient",
     [](const Inputs& x, Keywords& o) -> Tensors {
       int64_t height = o.integer("height", x[2].size(0)), width = o.integer("width", x[2].size(1));
       check<ShapeError>(x[2].dim() == 3 && x[2].size(0) == height && x[2].size(1) == width, "stochastic_raster_gradient: the target is ", x[2].shape(), " but the image ", height,
                         " x ", width);
       RasterGradient g = stochastic_raster_gradient(x[0], x[1], x[2], x[3], x[4], o.flag("per_pixel", true), o.real("background", 0));
       return {g.vertices, g.colors};
     },
     nullptr, Gradient::none, "A gradient of an image's error by triangles, from two renderings.", "stochastic_rasterizer"},
    {"structure_tensor", [](const Inputs& x, Keywords&) -> Tensors { return {structure_tensor(x[0])}; }, [] { return Samples{{{picture({2, 2, 3, 4})}}}; }, Gradient::exact,
     "Squares and product of an image's slopes.", "wise_stylization"},
    {"tangent_flow", [](const Inputs& x, Keywords&) -> Tensors { return {tangent_flow(x[0])}; }, [] { return Samples{{{spread({1, 3, 2, 3}, 0.1, 1)}}}; }, Gradient::exact,
     "The direction along edges.", "wise_stylization"},
    {"xdog", [](const Inputs& x, Keywords& o) -> Tensors { return {xdog(x[0], x[1], x[2], x[3], x[4], xdog_constants(o))}; }, xdog_samples, Gradient::exact,
     "A line drawing by an extended difference of Gaussians.", "wise_stylization"},
};

}  // namespace

std::span<const Function> image() { return kImage; }

}  // namespace tare::nn::tables
