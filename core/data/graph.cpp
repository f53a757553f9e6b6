#include "core/data/graph.h"

#include <algorithm>
#include <cmath>

namespace tare::data {
namespace {

// Members are numbered from 1, as in the paper.
constexpr uint8_t kFriendships[][2] = {
    {2, 1},   {3, 1},   {3, 2},   {4, 1},   {4, 2},   {4, 3},   {5, 1},   {6, 1},   {7, 1},   {7, 5},   {7, 6},   {8, 1},   {8, 2},   {8, 3},   {8, 4},   {9, 1},
    {9, 3},   {10, 3},  {11, 1},  {11, 5},  {11, 6},  {12, 1},  {13, 1},  {13, 4},  {14, 1},  {14, 2},  {14, 3},  {14, 4},  {17, 6},  {17, 7},  {18, 1},  {18, 2},
    {20, 1},  {20, 2},  {22, 1},  {22, 2},  {26, 24}, {26, 25}, {28, 3},  {28, 24}, {28, 25}, {29, 3},  {30, 24}, {30, 27}, {31, 2},  {31, 9},  {32, 1},  {32, 25},
    {32, 26}, {32, 29}, {33, 3},  {33, 9},  {33, 15}, {33, 16}, {33, 19}, {33, 21}, {33, 23}, {33, 24}, {33, 30}, {33, 31}, {33, 32}, {34, 9},  {34, 10}, {34, 14},
    {34, 15}, {34, 16}, {34, 19}, {34, 20}, {34, 21}, {34, 23}, {34, 24}, {34, 27}, {34, 28}, {34, 29}, {34, 30}, {34, 31}, {34, 32}, {34, 33},
};
constexpr uint8_t kInstructorsSide[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 17, 18, 20, 22};

}  // namespace

Graph undirected_graph(int64_t nodes, const std::vector<std::pair<int64_t, int64_t>>& edges) {
  Graph g;
  g.nodes = nodes;
  int64_t n = int64_t(edges.size());
  g.edges = empty({2, 2 * n}, DType::int64);
  int64_t *from = g.edges.mutable_data<int64_t>(), *to = from + 2 * n;
  for (auto [a, b] : edges) {
    for (int64_t node : {a, b}) check<IndexError>(node >= 0 && node < nodes, "undirected_graph: there is no node ", node, " among ", nodes);
    *from++ = a, *to++ = b;
    *from++ = b, *to++ = a;
  }
  return g;
}

Graph ring_graph(int64_t nodes, int64_t reach) {
  check<ValueError>(reach >= 1 && 2 * reach < nodes, "ring_graph: a node of ", nodes, " cannot have ", reach, " neighbours on either side");
  std::vector<std::pair<int64_t, int64_t>> edges;
  for (int64_t i = 0; i < nodes; i++)
    for (int64_t k = 1; k <= reach; k++) edges.emplace_back(i, (i + k) % nodes);
  return undirected_graph(nodes, edges);
}

Graph stochastic_block_model(const BlockModelOptions& o) {
  for (double p : {o.p_in, o.p_out}) check<ValueError>(p >= 0 && p <= 1, "stochastic_block_model: a probability lies in [0, 1], not ", p);
  std::vector<int64_t> block;
  for (size_t b = 0; b < o.sizes.size(); b++) {
    check<ValueError>(o.sizes[b] >= 0 && o.sizes[b] <= 1'000'000, "stochastic_block_model: a block cannot have ", o.sizes[b], " nodes");
    block.insert(block.end(), size_t(o.sizes[b]), int64_t(b));
  }
  int64_t n = int64_t(block.size());
  std::vector<std::pair<int64_t, int64_t>> edges;
  for (int64_t i = 0; i < n; i++) {
    Generator g = derive(uint64_t(o.seed), 0, uint64_t(i));
    for (int64_t j = 0; j < i; j++)
      if (g.uniform() < (block[size_t(i)] == block[size_t(j)] ? o.p_in : o.p_out)) edges.emplace_back(j, i);
  }
  Graph graph = undirected_graph(n, edges);
  graph.labels = empty({n}, DType::int64);
  std::copy(block.begin(), block.end(), graph.labels.mutable_data<int64_t>());
  return graph;
}

Graph karate_club() {
  std::vector<std::pair<int64_t, int64_t>> edges;
  for (const auto& f : kFriendships) edges.emplace_back(f[1] - 1, f[0] - 1);
  Graph g = undirected_graph(34, edges);
  g.labels = empty({34}, DType::int64);
  for (int64_t i = 0; i < 34; i++) g.labels.mutable_data<int64_t>()[i] = 1;
  for (uint8_t member : kInstructorsSide) g.labels.mutable_data<int64_t>()[member - 1] = 0;
  return g;
}

Tensor adjacency(const Graph& g, bool self_loops) {
  Tensor a = zeros_raw({g.nodes, g.nodes}, DType::float32);
  float* to = a.mutable_data<float>();
  int64_t n = g.edges.size(1);
  const int64_t* edges = g.edges.data<int64_t>();
  for (int64_t e = 0; e < n; e++) to[edges[e] * g.nodes + edges[n + e]] = 1;
  for (int64_t i = 0; self_loops && i < g.nodes; i++) to[i * g.nodes + i] = 1;
  return a;
}

Tensor normalized_adjacency(const Graph& g) {
  Tensor a = adjacency(g, true);
  float* to = a.mutable_data<float>();
  std::vector<double> scale(static_cast<size_t>(g.nodes));
  for (int64_t i = 0; i < g.nodes; i++) {
    double degree = 0;
    for (int64_t j = 0; j < g.nodes; j++) degree += to[i * g.nodes + j];
    scale[size_t(i)] = 1 / std::sqrt(degree);
  }
  for (int64_t i = 0; i < g.nodes; i++)
    for (int64_t j = 0; j < g.nodes; j++) to[i * g.nodes + j] = float(to[i * g.nodes + j] * scale[size_t(i)] * scale[size_t(j)]);
  return a;
}

}  // namespace tare::data
