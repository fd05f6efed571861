// What watches cost on this machine: bytes a watch and time an operation. Not a test; run it by
// hand.
//
//   watch_bench [watches]     1,000,000 by default
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "kernel/core/watch_table.h"

using namespace zookernel;
using namespace zookernel::core;

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

template <typename Work>
void measure(const char* what, size_t count, Work work) {
  if (count == 0) return;
  const double begin = cpu_seconds();
  for (size_t i = 0; i < count; ++i) work(i);
  const double seconds = cpu_seconds() - begin;
  std::printf("  %-38s %8.0f ns   %.3f s CPU\n", what, seconds * 1e9 / static_cast<double>(count),
              seconds);
}

// Sets `count` watches by set(table, i) and says what they take and what they cost.
template <typename Set>
void run(const char* what, size_t count, const NodeTable& nodes, const std::vector<NodeId>& ids,
         size_t connections, Set set) {
  std::printf("%s\n", what);
  const size_t before = heap_bytes();
  WatchTable table(nodes);
  measure("add", count, [&](size_t i) { set(table, i); });
  std::printf("  %-38s %8.1f B    (%.1f B by its own account)\n", "heap, a watch",
              static_cast<double>(heap_bytes() - before) / static_cast<double>(count),
              static_cast<double>(table.memory_bytes()) / static_cast<double>(count));
  measure("add again", count, [&](size_t i) { set(table, i); });
  WatchTable::Position at;
  size_t rows = 0;
  measure("pass all, 1,000 at once", (count + 999) / 1000,
          [&](size_t) { table.visit_data(at, 1000, [&](Bytes, ConnId) { ++rows; }); });
  std::vector<ConnId> fired;
  measure("take", ids.size(), [&](size_t i) {
    fired.clear();
    table.take({ids[i], nodes.node(ids[i]).parent}, WatchList::kData, WatchTable::Told::kNobody,
               fired);
  });
  measure("add once more", count, [&](size_t i) { set(table, i); });
  measure("remove a connection", connections,
          [&](size_t i) { table.remove_connection(ConnId{i + 1}); });
  if (table.totals(WatchList::kData).watches != 0) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  const size_t count =
      argc > 1 ? static_cast<size_t>(std::strtoull(argv[1], nullptr, 10)) : 1000000;
  NodeTable nodes;
  std::vector<NodeId> ids;
  NodeId folder = kNoNode;
  for (size_t i = 0; i < count; ++i) {
    if (i % 1000 == 0) folder = nodes.create(kRoot, "service" + std::to_string(i));
    ids.push_back(nodes.create(folder, "item" + std::to_string(i)));
  }

  run("1 watch on each znode, of 10,000 connections", count, nodes, ids, 10000,
      [&](WatchTable& table, size_t i) {
        table.add(ConnId{i % 10000 + 1}, {{}, ids[i]}, WatchList::kData, kOneShot);
      });
  run("1 watch on each znode, of one connection", count, nodes, ids, 1,
      [&](WatchTable& table, size_t i) {
        table.add(ConnId{1}, {{}, ids[i]}, WatchList::kData, kOneShot);
      });
  const std::vector<NodeId> thousand(ids.begin(), ids.begin() + 1000);
  run("1,000 connections on the same 1,000 znodes", count, nodes, thousand, 1000,
      [&](WatchTable& table, size_t i) {
        table.add(ConnId{i / 1000 % 1000 + 1}, {{}, thousand[i % 1000]}, WatchList::kData,
                  kOneShot);
      });
  const std::vector<NodeId> one(ids.begin(), ids.begin() + 1);
  run("10,000 connections on one znode", 10000, nodes, one, 10000,
      [&](WatchTable& table, size_t i) {
        table.add(ConnId{i + 1}, {{}, one[0]}, WatchList::kData, kOneShot);
      });
  std::vector<std::string> missing;
  for (size_t i = 0; i < count; ++i) missing.push_back("/service/missing" + std::to_string(i));
  run("1 watch on each missing path of 24 bytes", count, nodes, {}, 10000,
      [&](WatchTable& table, size_t i) {
        table.add(ConnId{i % 10000 + 1}, {missing[i], kNoNode}, WatchList::kData, kOneShot);
      });
  return 0;
}
