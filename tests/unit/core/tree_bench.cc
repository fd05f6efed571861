// What the tree costs on this machine: bytes a znode and time an operation. Not a test; run it by
// hand.
//
//   tree_bench [znodes]     1,000,000 by default; paths of about 30 bytes, 46 bytes of data, in
//   folders of 1,000
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "kernel/core/data_tree.h"
#include "kernel/core/snapshot_decoder.h"
#include "kernel/core/snapshot_encoder.h"
#include "tests/support/txn_builder.h"

using namespace zookernel;
using namespace zookernel::core;
using namespace zookernel::test;

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * 4096;
}

void print(const char* what, double seconds, size_t count) {
  std::printf("%-40s %8.0f ns   %.3f s CPU\n", what, seconds * 1e9 / static_cast<double>(count),
              seconds);
}

template <typename Work>
void measure(const char* what, size_t count, Work work) {
  const double begin = cpu_seconds();
  for (size_t i = 0; i < count; ++i) work(i);
  print(what, cpu_seconds() - begin, count);
}

std::string path_at(size_t i) {
  char text[64];
  std::snprintf(text, sizeof text, "/service%03zu/item-%010zu/n", i / 1000 % 1000, i);
  return std::string(text, std::strlen(text) - 2);
}

void run(size_t count) {
  DataTree tree(TreeOptions{});
  Applied applied;
  int64_t zxid = 0;
  const auto apply = [&](const std::string& bytes) {
    if (!tree.apply(bytes, nullptr, applied).ok() || applied.error != wire::ErrorCode::kOk)
      std::abort();
  };
  for (size_t i = 0; i < (count + 999) / 1000; ++i) {
    const std::string path = path_at(i * 1000);
    apply(record({++zxid, 1, 0},
                 create(Create{path.substr(0, path.rfind('/')), "", world_acl(), false, -1})));
  }
  std::vector<std::string> records;
  records.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    records.push_back(
        record({++zxid, 1, 0},
               create(Create{path_at(i), std::string(46, 'd'), world_acl(), false, -1}), 0));
  }
  const size_t before = resident_bytes();
  measure("create, 46 B of data", count, [&](size_t i) { apply(records[i]); });
  std::printf("%-40s %8.1f B    (%.1f B by its own account)\n", "resident, a znode",
              static_cast<double>(resident_bytes() - before) / static_cast<double>(count),
              static_cast<double>(tree.nodes().memory_bytes()) / static_cast<double>(count));
  records = {};

  std::mt19937_64 random(1);
  std::vector<std::string> paths;
  for (size_t i = 0; i < 1000000; ++i) paths.push_back(path_at(random() % count));
  size_t sum = 0;
  measure("find, anywhere", paths.size(), [&](size_t i) { sum += tree.nodes().find(paths[i]); });
  measure("find, the same 1,000", paths.size(),
          [&](size_t i) { sum += tree.nodes().find(paths[i % 1000]); });
  measure("client_stat and data, anywhere", paths.size(), [&](size_t i) {
    const NodeId id = tree.nodes().find(paths[i]);
    sum += static_cast<size_t>(tree.client_stat(id).version) + tree.nodes().data(id).size();
  });

  std::vector<std::string> writes;
  for (size_t i = 0; i < 1000; ++i) {
    writes.push_back(record({++zxid, 2, 0}, set_data(paths[i], std::string(1024, 'x'), 1), 0));
  }
  for (const std::string& bytes : writes) apply(bytes);
  measure("setData 1 KiB, 1,000 znodes", 1000000,
          [&](size_t i) { apply(writes[i % writes.size()]); });
  writes.clear();
  for (size_t i = 0; i < 200000; ++i) {
    writes.push_back(record({++zxid, 2, 0}, set_data(paths[i], std::string(100, 'x'), 1), 0));
  }
  measure("setData 100 B, anywhere", writes.size(), [&](size_t i) { apply(writes[i]); });

  SnapshotEncoder encoder(tree, {});
  std::string out;
  Buffer piece;
  double longest = 0;
  double encoding = 0;
  for (bool more = true; more;) {
    const double slice = cpu_seconds();
    more = encoder.slice(1000, piece);
    const double took = cpu_seconds() - slice;
    longest = std::max(longest, took);
    encoding += took;
    out += piece.view();
    piece.clear();
  }
  print("snapshot, a znode", encoding, tree.nodes().size());
  std::printf("%-40s %8.0f us, %.1f MB in all\n", "longest slice of 1,000", longest * 1e6,
              static_cast<double>(out.size()) * 1e-6);

  DataTree copy(TreeOptions{});
  SnapshotDecoder::Sessions sessions;
  const double load = cpu_seconds();
  const Status status = SnapshotDecoder::load(
      encoder.name(),
      [&, at = size_t{0}](char* to, size_t wanted) mutable -> Result<size_t> {
        const size_t size = std::min(wanted, out.size() - at);
        std::memcpy(to, out.data() + at, size);
        at += size;
        return size;
      },
      copy, sessions);
  print("load of that snapshot, a znode", cpu_seconds() - load, copy.nodes().size());
  if (!status.ok() || copy.digest() != tree.digest()) std::abort();

  std::vector<std::string> deletes;
  for (size_t i = 0; i < std::min<size_t>(count, 200000); ++i)
    deletes.push_back(record({++zxid, 2, 0}, erase(path_at(i)), 0));
  measure("delete", deletes.size(), [&](size_t i) { apply(deletes[i]); });
  if (sum == 0) std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  run(argc > 1 ? static_cast<size_t>(std::strtoull(argv[1], nullptr, 10)) : 1000000);
  return 0;
}
