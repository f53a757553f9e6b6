#include "nn/image/xdog_effect.h"

#include "autograd/ops/factory.h"
#include "nn/image/filters.h"

namespace tare::nn {

void XDoGEffectOptions::visit(Visitor& v) {
  v.option("mode", mode);
  v.option("height", height);
  v.option("width", width);
  v.option("start", start);
  v.option("radius", radius);
  v.option("k", k);
  v.option("p_scale", p_scale);
  v.option("phi_scale", phi_scale);
}

XDoGEffect::XDoGEffect(Options o) : options(std::move(o)) {
  bool local = options.mode == "local";
  check<ConfigError>(local || options.mode == "global", "XDoGEffect: mode must be \"global\" or \"local\", not \"", options.mode, "\"");
  check<ConfigError>(!local || (options.height >= 1 && options.width >= 1), "XDoGEffect: local maps need height and width, not ", options.height, " and ", options.width);
  check<ConfigError>(options.start.size() == 4, "XDoGEffect: expected four numbers (sigma, p, eps, phi) as start but found ", options.start.size());
  check<ConfigError>(options.radius >= 0, "XDoGEffect: radius must be at least 0, not ", options.radius);
  Shape shape = local ? Shape{1, 1, options.height, options.width} : Shape{1};
  Parameter* all[] = {&sigma, &p, &eps, &phi};
  for (size_t i = 0; i < 4; i++) *all[i] = Parameter(full(shape, options.start[i], default_dtype()));
}

void XDoGEffect::visit(Visitor& v) {
  v.parameter("sigma", sigma);
  v.parameter("p", p);
  v.parameter("eps", eps);
  v.parameter("phi", phi);
}

Tensor XDoGEffect::forward(const Tensor& x) {
  return xdog(x, sigma(), p(), eps(), phi(), {.radius = options.radius, .k = options.k, .p_scale = options.p_scale, .phi_scale = options.phi_scale});
}

template class Layer<XDoGEffect>;

}  // namespace tare::nn
