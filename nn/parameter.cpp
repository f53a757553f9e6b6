#include "nn/parameter.h"

#include "autograd/ops/elementwise.h"
#include "autograd/tape.h"
#include "kernels/elementwise.h"
#include "nn/reparam/reparameterization.h"

namespace tare::nn {
namespace {

std::unique_ptr<Reparameterization> clone_reparam(const std::unique_ptr<Reparameterization>& r) {
  if (!r) return nullptr;
  return std::unique_ptr<Reparameterization>(static_cast<Reparameterization*>(r->clone().release()));
}

Tensor clone_leaf(const Tensor& leaf) {
  if (!leaf.defined()) return {};
  Tensor t = kernels::copy(leaf);
  if (leaf.requires_grad()) t.set_requires_grad();
  return t;
}

}  // namespace

Parameter::Parameter() = default;

Parameter::Parameter(Tensor value) {
  if (!value.defined()) return;
  bool ours = value.handle().use_count() == 1 && value.storage().use_count() == 1 && value.is_contiguous() && !value.requires_grad();
  leaf_ = ours ? std::move(value) : kernels::copy(value);
  leaf_.set_requires_grad();
}

Parameter::Parameter(const Parameter& o) : manifold(o.manifold), leaf_(clone_leaf(o.leaf_)), reparam_(clone_reparam(o.reparam_)) {}

Parameter::Parameter(Parameter&& o) noexcept : manifold(std::move(o.manifold)), leaf_(std::move(o.leaf_)), reparam_(std::move(o.reparam_)) {
  o.leaf_ = {};
}

Parameter::~Parameter() { retire(); }

void Parameter::retire() {
  if (leaf_.defined() && leaf_.handle().use_count() > 1) leaf_.impl().retired = true;
}

Parameter& Parameter::operator=(const Parameter& o) {
  if (this == &o) return *this;
  if (leaf_.defined() && o.leaf_.defined() && leaf_.shape() == o.leaf_.shape() && leaf_.dtype() == o.leaf_.dtype()) {
    NoGrad off;
    write_guard("Parameter", leaf_);
    kernels::copy_into(leaf_, o.leaf_);
  } else if (reparam_ && o.reparam_ && reparam_->assign(*o.reparam_)) {
    // The same kind of reparameterization: its raw slots and buffers were assigned one by one.
  } else {
    retire();
    leaf_ = clone_leaf(o.leaf_);
    reparam_ = clone_reparam(o.reparam_);
  }
  manifold = o.manifold;
  return *this;
}

Parameter& Parameter::operator=(Parameter&& o) {
  if (this == &o) return *this;
  if (defined() && o.defined() && shape() == o.shape()) return *this = static_cast<const Parameter&>(o);
  retire();
  leaf_ = std::move(o.leaf_);
  o.leaf_ = {};
  reparam_ = std::move(o.reparam_);
  manifold = std::move(o.manifold);
  return *this;
}

Parameter& Parameter::operator=(Tensor value) { return *this = Parameter(std::move(value)); }

Tensor Parameter::operator()() const { return reparam_ ? reparam_->weight() : leaf_; }

Shape Parameter::shape() const {
  if (!reparam_) return leaf_.shape();
  NoGrad off;
  FrozenStatistics frozen;
  return reparam_->weight().shape();
}

DType Parameter::dtype() const {
  if (!reparam_) return leaf_.dtype();
  NoGrad off;
  FrozenStatistics frozen;
  return reparam_->weight().dtype();
}

void Parameter::reparametrize(std::unique_ptr<Reparameterization> reparam, std::string_view path) {
  check<ConfigError>(defined(), reparam->type_name(), ": ", path, " is an empty slot (bias = false?); there is no weight to reparameterize");
  check<ConfigError>(!reparam_ || reparam->base() != nullptr, reparam->type_name(), ": ", path, " already has ",
                     reparam_ ? reparam_->type_name() : std::string_view(), ", and ", reparam->type_name(), " cannot be stacked on another reparameterization");
  NoGrad off;
  FrozenStatistics frozen;
  Tensor present = kernels::copy((*this)());
  if (context().no_init) kernels::fill(present, 1);  // a weight that every method can look at
  reparam->initialize(present, path);
  if (reparam_) {
    // The outer one may want another base than the weight (the logarithm of it, say).
    Parameter* base = reparam->base();
    if (!context().no_init && !equal(base->leaf_, present)) reparam_->initialize(base->leaf_, path);
    base->retire();
    base->leaf_ = {};
    base->reparam_ = std::move(reparam_);
  } else {
    retire();
    leaf_ = {};
  }
  reparam_ = std::move(reparam);
}

void Parameter::start(const Tensor& w, std::string_view path) {
  NoGrad off;
  if (reparam_) {
    check<ShapeError>(w.shape() == shape(), path, ": expected a weight of shape ", shape(), " to start from, not ", w.shape());
    reparam_->initialize(w, path);
  } else if (leaf_.defined() && leaf_.shape() == w.shape() && leaf_.dtype() == w.dtype()) {
    write_guard("Parameter", leaf_);
    kernels::copy_into(leaf_, w);
  } else {
    *this = Parameter(kernels::copy(w));
  }
}

void Parameter::remove_reparameterization() {
  if (!reparam_) return;
  Tensor baked;
  {
    NoGrad off;
    FrozenStatistics frozen;
    baked = kernels::copy((*this)());
  }
  reparam_.reset();
  leaf_ = baked.set_requires_grad();
}

Tensor Parameter::exchange(Tensor t) { return std::exchange(leaf_, std::move(t)); }

Buffer::Buffer(const Buffer& o) : value_(o.value_.defined() ? kernels::copy(o.value_) : Tensor()) {}

Buffer& Buffer::operator=(const Buffer& o) {
  if (this == &o) return *this;
  if (value_.defined() && o.value_.defined() && value_.shape() == o.value_.shape() && value_.dtype() == o.value_.dtype()) return *this = o.value_;
  value_ = o.value_.defined() ? kernels::copy(o.value_) : Tensor();
  return *this;
}

Buffer& Buffer::operator=(Buffer&& o) {
  if (this == &o) return *this;
  if (value_.defined() && o.value_.defined() && value_.shape() == o.value_.shape()) return *this = static_cast<const Buffer&>(o);
  value_ = std::exchange(o.value_, Tensor());
  return *this;
}

Buffer& Buffer::operator=(const Tensor& t) {
  if (!value_.defined()) {
    value_ = kernels::copy(t);
    return *this;
  }
  check<ShapeError>(t.shape() == value_.shape(), "Buffer: expected shape ", value_.shape(), " but the new value has ", t.shape());
  NoGrad off;
  write_guard("Buffer", value_);
  kernels::copy_into(value_, t);
  return *this;
}

void Buffer::update(const Tensor& t) const {
  if (context().frozen_statistics) return;
  NoGrad off;
  check<ShapeError>(t.shape() == value_.shape(), "Buffer: expected shape ", value_.shape(), " but the new value has ", t.shape());
  write_guard("Buffer", value_);
  kernels::copy_into(value_, t);
}

}  // namespace tare::nn
