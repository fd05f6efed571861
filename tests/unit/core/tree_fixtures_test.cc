// Directories that Apache servers wrote, recovered by the core alone: snapshot, then logs, then a
// comparison with what Java 3.9.5 serves from them. Files are chosen and cut as Java does it; what
// a careful server does with damaged ones is the storage plugin's to test.
#include <libdeflate.h>

#include <algorithm>
#include <boost/json/src.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kernel/core/data_tree.h"
#include "kernel/core/snapshot_decoder.h"
#include "zookernel/wire/records/persist.h"

using namespace zookernel;
using namespace zookernel::core;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

fs::path fixtures() {
  const char* root = std::getenv("ZOOKERNEL_SOURCE_DIR");
  return fs::path(root == nullptr ? fs::current_path() : fs::path(root)) / "tests/fixtures/data";
}

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The zxid in "snapshot.5a.gz"; -1 for other names.
int64_t zxid_of(const std::string& name, const std::string& prefix) {
  if (!name.starts_with(prefix + ".")) return -1;
  char* end = nullptr;
  const int64_t zxid = std::strtoll(name.c_str() + prefix.size() + 1, &end, 16);
  return *end == '\0' || *end == '.' ? zxid : -1;
}

std::vector<std::pair<int64_t, fs::path>> files(const fs::path& directory,
                                                const std::string& prefix) {
  std::vector<std::pair<int64_t, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const int64_t zxid = zxid_of(entry.path().filename().string(), prefix);
    if (zxid >= 0) found.emplace_back(zxid, entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string gunzip(const std::string& bytes) {
  std::string plain(16 << 20, '\0');
  size_t size = 0;
  libdeflate_decompressor* gz = libdeflate_alloc_decompressor();
  const libdeflate_result result =
      libdeflate_gzip_decompress(gz, bytes.data(), bytes.size(), plain.data(), plain.size(), &size);
  libdeflate_free_decompressor(gz);
  REQUIRE(result == LIBDEFLATE_SUCCESS);
  plain.resize(size);
  return plain;
}

void unsnappy_block(Bytes in, std::string& out) {
  size_t at = 0;
  while ((in[at++] & 0x80) != 0) {  // the length of what comes out
  }
  const auto byte = [&](size_t i) {
    return static_cast<size_t>(static_cast<unsigned char>(in[i]));
  };
  while (at < in.size()) {
    const size_t tag = byte(at++);
    size_t length = (tag >> 2) + 1;
    size_t offset = 0;
    switch (tag & 3) {
      case 0:
        if (length > 60) {
          const size_t extra = length - 60;
          length = 0;
          for (size_t i = 0; i < extra; ++i) length |= byte(at + i) << (8 * i);
          ++length;
          at += extra;
        }
        out.append(in.substr(at, length));
        at += length;
        continue;
      case 1:
        length = ((tag >> 2) & 7) + 4;
        offset = ((tag >> 5) << 8) | byte(at);
        at += 1;
        break;
      case 2:
        offset = byte(at) | byte(at + 1) << 8;
        at += 2;
        break;
      default:
        offset = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
        at += 4;
    }
    for (size_t i = 0; i < length; ++i) out.push_back(out[out.size() - offset]);
  }
}

std::string unsnappy(const std::string& bytes) {
  std::string plain;
  for (size_t at = 16; at + 4 <= bytes.size();) {
    const size_t size = load_be32(bytes.data() + at);
    unsnappy_block(Bytes(bytes).substr(at + 4, size), plain);
    at += 4 + size;
  }
  return plain;
}

struct Recovered {
  std::unique_ptr<DataTree> tree;
  std::map<int64_t, int32_t> sessions;
};

bool load_snapshot(const fs::path& path, int64_t zxid, Recovered& recovered) {
  std::string bytes = contents(path);
  if (path.extension() == ".gz") bytes = gunzip(bytes);
  if (path.extension() == ".snappy") {
    if (!bytes.starts_with("\x82SNAPPY")) return false;  // one of them is a listing of the real one
    bytes = unsnappy(bytes);
  }
  recovered = {std::make_unique<DataTree>(TreeOptions{true, true, 0}), {}};
  SnapshotDecoder::Sessions sessions;
  const Status status = SnapshotDecoder::load(
      Zxid{zxid},
      [&, at = size_t{0}](char* to, size_t count) mutable -> Result<size_t> {
        const size_t size = std::min(count, bytes.size() - at);
        std::memcpy(to, bytes.data() + at, size);
        at += size;
        return size;
      },
      *recovered.tree, sessions);
  for (const auto& [id, timeout] : sessions) recovered.sessions[id] = timeout;
  return status.ok();
}

// The records of one log, up to the first that is torn or ill.
std::vector<std::string> records(const fs::path& path) {
  const std::string bytes = contents(path);
  std::vector<std::string> found;
  size_t at = wire::kFileHeaderBytes;
  while (at + 12 <= bytes.size()) {
    const size_t size = load_be32(bytes.data() + at + 8);
    if (size == 0 || at + 12 + size + 1 > bytes.size() ||
        bytes[at + 12 + size] != wire::kTxnEndByte)
      break;
    found.push_back(bytes.substr(at + 12, size));
    at += 12 + size + 1;
  }
  return found;
}

Recovered recover(const fs::path& directory) {
  Recovered recovered;
  auto snapshots = files(directory, "snapshot");
  std::reverse(snapshots.begin(), snapshots.end());
  bool loaded = false;
  for (const auto& [zxid, path] : snapshots) {
    loaded = load_snapshot(path, zxid, recovered);
    if (loaded) break;
  }
  if (!loaded) {
    REQUIRE(snapshots.empty());  // made-by-3.4.14 and no-snapshot, trusted to be empty
    recovered = {std::make_unique<DataTree>(TreeOptions{true, true, 0}), {}};
  }
  const int64_t base = recovered.tree->last_zxid().value;
  auto logs = files(directory, "log");
  while (logs.size() > 1 && logs[1].first <= base + 1) logs.erase(logs.begin());
  Applied applied;
  bool begun = false;
  for (const auto& [name, path] : logs) {
    for (const std::string& record : records(path)) {
      const auto zxid = static_cast<int64_t>(load_be64(record.data() + 12));
      if (!begun && zxid <= base) continue;
      begun = true;
      const Status status = recovered.tree->apply(record, nullptr, applied);
      if (!status.ok()) FAIL(status.error().message);
      if (applied.session_created)
        recovered.sessions[applied.header.client_id] = applied.session_timeout_ms;
      if (applied.session_closed) recovered.sessions.erase(applied.header.client_id);
    }
  }
  return recovered;
}

int64_t number(const json::value& value) {
  if (value.is_int64()) return value.as_int64();
  return static_cast<int64_t>(std::strtoull(value.as_string().c_str(), nullptr, 16));
}

std::string from_base64(Bytes text) {
  constexpr Bytes kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(kDigits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
  }
  return bytes;
}

void compare_node(const DataTree& tree, const json::object& expected) {
  const std::string path(expected.at("path").as_string());
  INFO(path);
  const NodeId id = tree.nodes().find(path);
  REQUIRE(id != kNoNode);
  const auto of = [&](const char* key) { return number(expected.at(key)); };
  const wire::Stat stat{of("czxid"),
                        of("mzxid"),
                        of("ctime"),
                        of("mtime"),
                        static_cast<int32_t>(of("version")),
                        static_cast<int32_t>(of("cversion")),
                        static_cast<int32_t>(of("aversion")),
                        of("ephemeralOwner"),
                        static_cast<int32_t>(of("dataLength")),
                        static_cast<int32_t>(of("numChildren")),
                        of("pzxid")};
  CHECK(tree.client_stat(id) == stat);
  CHECK(tree.nodes().node(id).owner == of("rawEphemeralOwner"));
  const json::value& data = expected.at("data");
  CHECK(tree.nodes().data_is_null(id) == data.is_null());
  if (!data.is_null()) CHECK(tree.nodes().data(id) == from_base64(data.as_string()));
  std::vector<AclEntry> acl;
  for (const json::value& entry : expected.at("acl").as_array()) {
    const json::object& fields = entry.as_object();
    acl.push_back({static_cast<int32_t>(fields.at("perms").as_int64()),
                   std::string(fields.at("scheme").as_string()),
                   std::string(fields.at("id").as_string())});
  }
  CHECK(tree.acls().list(tree.nodes().node(id).acl) == acl);
}

void compare(const Recovered& recovered, const json::object& expected) {
  const DataTree& tree = *recovered.tree;
  CHECK(tree.last_zxid().value == number(expected.at("lastZxid")));
  CHECK(static_cast<int64_t>(tree.digest()) == number(expected.at("treeDigest")));
  CHECK(tree.digest_mismatches() == 0);
  CHECK_FALSE(tree.in_fuzzy_range());

  std::map<int64_t, int32_t> sessions;
  for (const json::value& session : expected.at("sessions").as_array()) {
    sessions[number(session.as_object().at("id"))] =
        static_cast<int32_t>(session.as_object().at("timeout").as_int64());
  }
  CHECK(recovered.sessions == sessions);

  size_t ephemerals = 0;
  for (const auto& [session, paths] : expected.at("ephemerals").as_object()) {
    std::vector<std::string> found, wanted;
    for (const NodeId id : tree.ephemerals(
             SessionId{static_cast<int64_t>(std::stoull(std::string(session), nullptr, 16))})) {
      found.push_back(tree.nodes().path_of(id));
    }
    for (const json::value& path : paths.as_array()) wanted.emplace_back(path.as_string());
    std::sort(found.begin(), found.end());
    std::sort(wanted.begin(), wanted.end());
    CHECK(found == wanted);
    ephemerals += wanted.size();
  }
  CHECK(tree.ephemeral_count() == ephemerals);

  CHECK(tree.nodes().size() == expected.at("nodes").as_array().size());
  for (const json::value& node : expected.at("nodes").as_array())
    compare_node(tree, node.as_object());
}

}  // namespace

TEST_CASE("DataTree: it recovers what Java recovers from its own directories",
          "[core][tree][fixtures]") {
  size_t compared = 0;
  for (const auto& entry : fs::directory_iterator(fixtures())) {
    for (const char* name : {"expected.json", "expected-trust-empty.json"}) {
      const fs::path file = entry.path() / name;
      if (!fs::exists(file)) continue;
      const json::value parsed = json::parse(contents(file));
      const json::object& expected = parsed.as_object();
      if (!expected.at("recovers").as_bool()) continue;
      INFO(file.string());
      const Recovered recovered = recover(entry.path() / "dataDir/version-2");
      compare(recovered, expected);
      ++compared;
    }
  }
  CHECK(compared >= 30);
}

TEST_CASE("Snapshot: Apache's damaged snapshots are refused", "[core][snapshot][fixtures]") {
  for (const char* name :
       {"snap-all-badcrc", "snap-newest-badcrc", "snap-newest-truncated", "snap-newest-empty"}) {
    INFO(name);
    const auto snapshots = files(fixtures() / name / "dataDir/version-2", "snapshot");
    REQUIRE_FALSE(snapshots.empty());
    Recovered recovered;
    CHECK_FALSE(load_snapshot(snapshots.back().second, snapshots.back().first, recovered));
  }
}
