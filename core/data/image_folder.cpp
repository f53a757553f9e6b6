#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/data/image_file.h"
#include "core/data/images.h"
#include "core/pack.h"

namespace tare::data {
namespace {

std::vector<std::string> sorted_entries(const std::string& folder) {
  DIR* listing = opendir(folder.c_str());
  check<FileError>(listing, "cannot read the folder ", folder, ": ", std::strerror(errno));
  std::vector<std::string> names;
  while (const dirent* entry = readdir(listing))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  closedir(listing);
  std::sort(names.begin(), names.end());
  return names;
}

bool is_folder(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_image_name(const std::string& name) {
  size_t dot = name.rfind('.');
  if (dot == name.npos) return false;
  std::string ending = name.substr(dot);
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending == ".png" || ending == ".pgm" || ending == ".ppm";
}

Tensor grey_image(const Tensor& colour) {
  if (colour.size(0) == 1) return colour;
  int64_t n = colour.size(1) * colour.size(2);
  Tensor out = empty({1, colour.size(1), colour.size(2)}, DType::uint8);
  const uint8_t* c = colour.data<uint8_t>();
  for (int64_t i = 0; i < n; i++) out.mutable_data<uint8_t>()[i] = uint8_t((299 * c[i] + 587 * c[n + i] + 114 * c[2 * n + i] + 500) / 1000);
  return out;
}

Dataset load_folder(const ImageFolderOptions& o) {
  check<ValueError>(!o.limit || *o.limit > 0, "ImageFolder: limit must be positive, not ", o.limit.value_or(0));
  std::vector<std::string> classes;
  std::vector<Tensor> images;
  std::vector<int64_t> labels;
  std::string first;
  for (const std::string& name : sorted_entries(o.root)) {
    std::string folder = o.root + "/" + name;
    if (!is_folder(folder)) continue;
    int64_t count = 0;
    for (const std::string& file : sorted_entries(folder)) {
      if (!is_image_name(file) || count == o.limit.value_or(INT64_MAX)) continue;
      std::string path = folder + "/" + file;
      Tensor image = read_image(path);
      if (o.grey) image = grey_image(image);
      if (images.empty()) first = path;
      check<FileError>(images.empty() || image.shape() == images[0].shape(), path, ": has the shape ", image.shape(), " but ", first, " has ",
                       images.empty() ? Shape{} : images[0].shape(), " (channels, height, width); all images must be of one size");
      images.push_back(image);
      labels.push_back(int64_t(classes.size()));
      count++;
    }
    classes.push_back(name);
  }
  check<FileError>(!images.empty(), o.root, ": has no PNG, PGM or PPM images in folders of classes");
  Tensor x = empty(Shape{int64_t(images.size())}.concat(images[0].shape()), DType::uint8), y = empty({int64_t(labels.size())}, DType::int64);
  size_t each = byte_size(images[0]);
  for (size_t i = 0; i < images.size(); i++) {
    std::memcpy(x.mutable_data<uint8_t>() + i * each, images[i].raw(), each);
    y.mutable_data<int64_t>()[i] = labels[i];
  }
  return byte_images(x, y, std::move(classes));
}

}  // namespace

void ImageFolderOptions::visit(Visitor& v) {
  v.option("root", root);
  v.option("grey", grey);
  v.option("limit", limit);
}
ImageFolder::ImageFolder(ImageFolderOptions o) : Dataset(load_folder(o)) {}

}  // namespace tare::data
