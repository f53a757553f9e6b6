#include "nn/sizes.h"

namespace tare::nn {

Json Sizes::to_json() const {
  if (!word.empty()) return word;
  if (values.size() == 1 && values[0] != -1) return values[0];
  Json::Array items;
  for (int64_t v : values) items.push_back(v == -1 ? Json() : Json(v));
  return items;
}

void Sizes::from_json(const Json& json, const std::string& path) {
  word.clear();
  values = Shape();
  if (json.is_string()) word = json.as_string();
  else if (json.is_array()) {
    const Json::Array& items = json.as_array();
    check<ConfigError>(!items.empty() && items.size() <= size_t(Shape::max_rank), path, ": expected 1 to ", int(Shape::max_rank), " integers but found ", items.size());
    for (size_t i = 0; i < items.size(); i++) values.push_back(items[i].is_null() ? -1 : items[i].as_int(text(path, ".", i)));
  } else if (!json.is_null()) {
    values = Shape{json.as_int(path)};
  }
}

Shape Sizes::for_axes(std::string_view what, std::string_view option, int axes, int64_t least) const {
  check<ConfigError>(word.empty(), what, ": ", option, " cannot be \"", word, "\"");
  check<ConfigError>(values.size() == 1 || values.size() == axes, what, ": expected ", option, " to be one integer", axes > 1 ? text(" or ", axes) : std::string(), ", not ",
                     values);
  Shape all = values.size() == axes ? values : Shape(axes, values[0]);
  for (int64_t v : all) check<ConfigError>(v >= least, what, ": expected ", option, " of at least ", least, ", not ", values);
  return all;
}

}  // namespace tare::nn
