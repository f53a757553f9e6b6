// Options to JSON, from JSON and to text: three visitors over the one list of fields that an options struct has.
#include "core/options.h"

#include <algorithm>

#include "core/context.h"

namespace tare {
namespace {

std::string join(const std::string& path, std::string_view key) { return path.empty() ? std::string(key) : text(path, ".", key); }

// ---- to JSON

class OptionWriter : public Visitor {
 public:
  Json out = Json::object();

  void option(std::string_view name, bool& v) override { out.set(name, v); }
  void option(std::string_view name, int64_t& v) override { out.set(name, v); }
  void option(std::string_view name, double& v) override { out.set(name, v); }
  void option(std::string_view name, std::string& v) override { out.set(name, v); }
  void option(std::string_view name, Shape& v) override { list(name, v); }
  void option(std::string_view name, Tensor& v) override { out.set(name, v.defined() ? Json(v) : Json()); }
  void option(std::string_view name, std::vector<int64_t>& v) override { list(name, v); }
  void option(std::string_view name, std::vector<double>& v) override { list(name, v); }
  void option(std::string_view name, std::vector<std::string>& v) override { list(name, v); }
  void option(std::string_view name, std::optional<bool>& v) override { maybe(name, v); }
  void option(std::string_view name, std::optional<int64_t>& v) override { maybe(name, v); }
  void option(std::string_view name, std::optional<double>& v) override { maybe(name, v); }
  void option(std::string_view name, std::optional<std::string>& v) override { maybe(name, v); }
  void option(std::string_view name, Box& v) override { out.set(name, v.empty() ? Json() : v.to_json()); }
  void option(std::string_view name, BoxList& v) override {
    Json::Array items;
    for (size_t i = 0; i < v.size(); i++) items.push_back(v.at(i).empty() ? Json() : v.at(i).to_json());
    out.set(name, std::move(items));
  }
  void enumerated(std::string_view name, int& v, EnumNames names) override {
    check<ConfigError>(v >= 0 && size_t(v) < names.count, name, ": the value ", v, " is none of this option's ", names.count);
    out.set(name, names.names[v]);
  }

 private:
  template <class T>
  void maybe(std::string_view name, const std::optional<T>& v) {
    out.set(name, v ? Json(*v) : Json());
  }
  template <class L>
  void list(std::string_view name, const L& v) {
    Json::Array items;
    for (const auto& item : v) items.push_back(Json(item));
    out.set(name, std::move(items));
  }
};

// ---- which keys there are

class OptionNames : public Visitor {
 public:
  std::vector<std::string> names;
  std::vector<std::pair<std::string, std::string>> others;  // an option and another key for it

  void option(std::string_view name, bool&) override { add(name); }
  void option(std::string_view name, int64_t&) override { add(name); }
  void option(std::string_view name, double&) override { add(name); }
  void option(std::string_view name, std::string&) override { add(name); }
  void option(std::string_view name, Shape&) override { add(name); }
  void option(std::string_view name, Tensor&) override { add(name); }
  void option(std::string_view name, std::vector<int64_t>&) override { add(name); }
  void option(std::string_view name, std::vector<double>&) override { add(name); }
  void option(std::string_view name, std::vector<std::string>&) override { add(name); }
  void option(std::string_view name, std::optional<bool>&) override { add(name); }
  void option(std::string_view name, std::optional<int64_t>&) override { add(name); }
  void option(std::string_view name, std::optional<double>&) override { add(name); }
  void option(std::string_view name, std::optional<std::string>&) override { add(name); }
  void option(std::string_view name, Box&) override { add(name); }
  void option(std::string_view name, BoxList&) override { add(name); }
  void enumerated(std::string_view name, int&, EnumNames) override { add(name); }
  void alternative(std::string_view name, std::string_view also) override { others.emplace_back(name, also); }

 private:
  void add(std::string_view name) { names.emplace_back(name); }
};

// ---- from JSON

void read(bool& v, const Json& json, const std::string& path) { v = json.as_bool(path); }
void read(int64_t& v, const Json& json, const std::string& path) { v = json.as_int(path); }
void read(double& v, const Json& json, const std::string& path) { v = json.as_double(path); }
void read(std::string& v, const Json& json, const std::string& path) { v = json.as_string(path); }
void read(Tensor& v, const Json& json, const std::string& path) {
  if (json.is_null()) {
    v = Tensor();
  } else if (json.is_array()) {  // written by hand: [1, 2, 3]
    v = empty({int64_t(json.size())}, default_dtype());
    for (size_t i = 0; i < json.size(); i++) {
      double x = json.as_array()[i].as_double(text(path, ".", i));
      if (v.dtype() == DType::float32) v.mutable_data<float>()[i] = static_cast<float>(x);
      else v.mutable_data<double>()[i] = x;
    }
  } else {
    v = json.as_tensor(path);
  }
}
template <class T>
void read(std::optional<T>& v, const Json& json, const std::string& path) {
  if (json.is_null()) return v.reset();
  T value{};
  read(value, json, path);
  v = std::move(value);
}
template <class T>
void read(std::vector<T>& v, const Json& json, const std::string& path) {
  std::vector<T> values;
  if (json.is_number()) {  // one number stands for a list of one
    read(values.emplace_back(), json, path);
  } else {
    const Json::Array& items = json.as_array(path);
    for (size_t i = 0; i < items.size(); i++) read(values.emplace_back(), items[i], text(path, ".", i));
  }
  v = std::move(values);
}
void read(Shape& v, const Json& json, const std::string& path) {
  std::vector<int64_t> values;
  read(values, json, path);
  check<ConfigError>(values.size() <= size_t(Shape::max_rank), path, ": expected at most ", int(Shape::max_rank), " integers but found ", values.size());
  v = Shape(std::span<const int64_t>(values));
}
void read(Box& v, const Json& json, const std::string& path) { v.from_json(json, path); }
void read(Visitor::BoxList& v, const Json& json, const std::string& path) {
  const Json::Array& items = json.as_array(path);
  v.resize(items.size());
  for (size_t i = 0; i < items.size(); i++) v.at(i).from_json(items[i], text(path, ".", i));
}

class OptionReader : public Visitor {
 public:
  OptionReader(const Json& json, const std::string& path, const OptionNames& known) : json_(json), path_(path), known_(known) {}

  void option(std::string_view name, bool& v) override { take(name, v); }
  void option(std::string_view name, int64_t& v) override { take(name, v); }
  void option(std::string_view name, double& v) override { take(name, v); }
  void option(std::string_view name, std::string& v) override { take(name, v); }
  void option(std::string_view name, Shape& v) override { take(name, v); }
  void option(std::string_view name, Tensor& v) override { take(name, v); }
  void option(std::string_view name, std::vector<int64_t>& v) override { take(name, v); }
  void option(std::string_view name, std::vector<double>& v) override { take(name, v); }
  void option(std::string_view name, std::vector<std::string>& v) override { take(name, v); }
  void option(std::string_view name, std::optional<bool>& v) override { take(name, v); }
  void option(std::string_view name, std::optional<int64_t>& v) override { take(name, v); }
  void option(std::string_view name, std::optional<double>& v) override { take(name, v); }
  void option(std::string_view name, std::optional<std::string>& v) override { take(name, v); }
  void option(std::string_view name, Box& v) override { take(name, v); }
  void option(std::string_view name, BoxList& v) override { take(name, v); }
  void enumerated(std::string_view name, int& v, EnumNames names) override {
    std::string key;
    const Json* json = find(name, key);
    if (!json) return;
    std::string accepted;
    for (size_t i = 0; i < names.count; i++) {
      if (json->is_string() && json->as_string() == names.names[i]) {
        v = static_cast<int>(i);
        return;
      }
      accepted += text(i ? ", \"" : "\"", names.names[i], "\"");
    }
    std::string found = json->is_string() ? text('"', json->as_string(), '"') : std::string(json->kind());
    throw ConfigError(text(join(path_, key), ": expected one of ", accepted, " but found ", found));
  }

 private:
  const Json* find(std::string_view name, std::string& key) const {
    const Json* found = json_.find(name);
    key = name;
    for (const auto& [option, also] : known_.others) {
      if (option != name) continue;
      const Json* other = json_.find(also);
      check<ConfigError>(!found || !other, join(path_, key), ": \"", key, "\" and \"", also, "\" are the same option; give one of them");
      if (other) found = other, key = also;
    }
    return found;
  }
  template <class T>
  void take(std::string_view name, T& v) {
    std::string key;
    if (const Json* json = find(name, key)) read(v, *json, join(path_, key));
  }

  const Json& json_;
  const std::string& path_;
  const OptionNames& known_;
};

// ---- to text

void put_text(std::string& out, const Json& v) {
  if (v.is_tensor()) {
    out += describe(v.as_tensor());
  } else if (v.is_array()) {
    out += '[';
    for (size_t i = 0; i < v.size(); i++) {
      if (i) out += ", ";
      put_text(out, v.as_array()[i]);
    }
    out += ']';
  } else if (v.is_object()) {  // a part: Type(option=value, ...)
    const Json* type = v.find("type");
    if (type && type->is_string()) out += type->as_string();
    out += '(';
    bool first = true;
    for (const Json::Member& member : v.as_object()) {
      if (&member.second == type) continue;
      out += text(first ? "" : ", ", member.first, "=");
      first = false;
      put_text(out, member.second);
    }
    out += ')';
  } else if (v.is_number() && !v.is_int()) {
    detail::append(out, v.as_double());
  } else {
    out += v.dump(-1);
  }
}

}  // namespace

void unknown_key(const std::string& path, std::string_view key, const std::vector<std::string>& known) {
  std::vector<std::string_view> names(known.begin(), known.end());
  std::string near = nearest(key, names.data(), names.size());
  std::string message = text(join(path, key), ": unknown option");
  if (!near.empty()) message += text("; did you mean \"", near, "\"?");
  if (known.empty()) message += "; there are none";
  for (size_t i = 0; i < names.size(); i++) message += text(i ? ", " : near.empty() ? "; there are " : " (there are ", names[i]);
  if (!near.empty()) message += ')';
  throw ConfigError(message);
}

Json options_to_json(VisitFunction visit, void* options) {
  OptionWriter writer;
  visit(options, writer);
  return std::move(writer.out);
}

void options_from_json(VisitFunction visit, void* options, const Json& json, const std::string& path, std::initializer_list<std::string_view> ignore) {
  OptionNames known;
  visit(options, known);
  for (const Json::Member& member : json.as_object(path)) {
    const std::string& key = member.first;
    bool fits = std::find(ignore.begin(), ignore.end(), key) != ignore.end() || std::find(known.names.begin(), known.names.end(), key) != known.names.end();
    for (const auto& other : known.others) fits = fits || other.second == key;
    if (!fits) unknown_key(path, key, known.names);
  }
  OptionReader reader(json, path, known);
  visit(options, reader);
}

std::string options_to_string(VisitFunction visit, void* options) {
  std::string out;
  Json values = options_to_json(visit, options);
  for (const Json::Member& member : values.as_object()) {
    out += text(out.empty() ? "" : ", ", member.first, "=");
    put_text(out, member.second);
  }
  return out;
}

}  // namespace tare
