// Attention of one head, in tiles: what the parallel loops of attention.cpp call.
#pragma once

#include <cstdint>

namespace tare::kernels {

/// Rows of one head: row i starts at data + i * stride; its numbers are contiguous.
template <class T>
struct HeadRows {
  T* data;
  int64_t stride;
};

/// One head's part of the mask: element (i, j) is at i * query + j * key; null: none.
struct HeadMask {
  const void* data = nullptr;
  bool boolean = false;
  int64_t query = 0, key = 0;
};

template <class T>
struct AttentionHead {
  int64_t queries, keys, size, value_size;
  HeadRows<const T> q, k, v;
  HeadMask mask;
  bool causal;  // query i sees keys j <= i only
  T scale;
  T* logsumexp;  // of each query: written forward, read backward
};

/// Numbers of T that the functions below need as workspace, 64-byte aligned, for this shape.
int64_t attention_workspace(int64_t queries, int64_t size, int64_t value_size);

/// out and logsumexp of the queries [begin, end), at most kQueryBlock of them.
constexpr int64_t kQueryBlock = 128;
void attention_queries(const AttentionHead<float>& head, HeadRows<float> out, int64_t begin, int64_t end, float* workspace);
void attention_queries(const AttentionHead<double>& head, HeadRows<double> out, int64_t begin, int64_t end, double* workspace);

/// Gradients from queries [query_begin, query_end) and keys [key_begin, key_end): dq over these keys, dk and dv over these queries,
/// each overwritten; null: not wanted.
template <class T>
struct AttentionHeadGradients {
  HeadRows<const T> grad, out;
  HeadRows<T> dq, dk, dv;
  int64_t query_begin, query_end, key_begin, key_end;
};
void attention_gradients(const AttentionHead<float>& head, const AttentionHeadGradients<float>& g, float* workspace);
void attention_gradients(const AttentionHead<double>& head, const AttentionHeadGradients<double>& g, double* workspace);

}  // namespace tare::kernels
