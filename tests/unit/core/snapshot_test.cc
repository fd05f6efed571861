#include <libdeflate.h>

#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <random>

#include "kernel/core/snapshot_decoder.h"
#include "kernel/core/snapshot_encoder.h"
#include "tests/support/random_txns.h"
#include "tests/support/tree_picture.h"
#include "zookernel/wire/records/persist.h"

using namespace zookernel;
using namespace zookernel::core;
using namespace zookernel::test;

namespace {

using Sessions = SnapshotDecoder::Sessions;

constexpr TreeOptions kOptions{true, true, 0};

// Hands out bytes, `step` at a time.
SnapshotDecoder::ReadBytes reader_of(const std::string& bytes, size_t step = 1 << 20) {
  return [&bytes, step, at = size_t{0}](char* to, size_t count) mutable -> Result<size_t> {
    const size_t size = std::min({count, step, bytes.size() - at});
    std::memcpy(to, bytes.data() + at, size);
    at += size;
    return size;
  };
}

Status load(const std::string& bytes, DataTree& tree, Sessions& sessions, int64_t name = 0) {
  return SnapshotDecoder::load(Zxid{name}, reader_of(bytes), tree, sessions);
}

std::string encode_whole(DataTree& tree, const Sessions& sessions, size_t budget = 1000) {
  SnapshotEncoder encoder(tree, sessions);
  Buffer out;
  while (encoder.slice(budget, out)) {
  }
  return std::string(out.view());
}

void commit(DataTree& tree, const std::string& bytes) {
  Applied applied;
  const Status status = tree.apply(bytes, nullptr, applied);
  if (!status.ok()) FAIL(status.error().message);
  if (applied.digest_mismatch) FAIL("digest mismatch at " << applied.header.zxid);
}

int64_t zxid_of(const std::string& bytes) {
  return static_cast<int64_t>(load_be64(bytes.data() + 12));
}

// Replays what a snapshot may have missed. Java raises a parent's counters for a create of what
// exists only for type 1; our snapshots must not need it for the others.
void replay(DataTree& tree, const std::string& bytes) {
  wire::TxnView view;
  wire::Reader reader(bytes);
  REQUIRE(read(reader, view));
  const auto type = static_cast<wire::Opcode>(view.header.type);
  NodeId parent = kNoNode;
  int32_t before = 0;
  if (type == wire::Opcode::kCreate2 || type == wire::Opcode::kCreateContainer ||
      type == wire::Opcode::kCreateTtl) {
    wire::CreateTxnView txn;
    wire::Reader body(view.body);
    REQUIRE(read(body, type, txn));
    parent = tree.nodes().find(txn.path.bytes.substr(0, txn.path.bytes.rfind('/')));
    if (parent != kNoNode) before = tree.nodes().node(parent).cversion;
  }
  Applied applied;
  const Status status = tree.apply(bytes, nullptr, applied);
  if (!status.ok()) FAIL(status.error().message);
  if (applied.digest_mismatch) FAIL("digest mismatch at " << applied.header.zxid);
  if (parent != kNoNode && applied.error == wire::ErrorCode::kNodeExists) {
    CHECK(tree.nodes().node(parent).cversion == before);
  }
}

std::string small_snapshot() {
  DataTree tree(kOptions);
  commit(tree,
         record({1, 10, 0}, create(Create{"/a", "data", {{3, {"ip", "10.0.0.1"}}}, false, 1})));
  commit(tree, record({2, 11, 7}, create(Create{"/a/e", std::nullopt, world_acl(), true, 1})));
  commit(tree, record({3, 12, 0}, create_container("/c", 2)));
  return encode_whole(tree, {{7, 30000}, {8, 4000}});
}

}  // namespace

TEST_CASE("Snapshot: what is written is read back", "[core][snapshot]") {
  RandomTxns txns(1);
  DataTree tree(kOptions);
  for (const std::string& bytes : txns.quota("1")) commit(tree, bytes);
  for (int i = 0; i < 2000; ++i) commit(tree, txns.next());
  const Sessions sessions{{5, 1000}, {6, 2000}};

  const std::string bytes = encode_whole(tree, sessions);
  for (const size_t step : {size_t{1}, size_t{13}, size_t{1} << 20}) {
    DataTree copy(kOptions);
    Sessions read_sessions{{1, 1}};
    const Status status =
        SnapshotDecoder::load(tree.last_zxid(), reader_of(bytes, step), copy, read_sessions);
    if (!status.ok()) FAIL(status.error().message);
    CHECK(difference(tree, copy) == "");
    CHECK(read_sessions == sessions);
    CHECK_FALSE(copy.in_fuzzy_range());
    CHECK(copy.digest_mismatches() == 0);
  }
}

TEST_CASE("Snapshot: the size of slices does not show in the bytes", "[core][snapshot]") {
  RandomTxns txns(2);
  DataTree tree(kOptions);
  for (int i = 0; i < 500; ++i) commit(tree, txns.next());

  const std::string whole = encode_whole(tree, {}, 1000000);
  CHECK(encode_whole(tree, {}, 1) == whole);
  CHECK(encode_whole(tree, {}, 0) == whole);
  CHECK(encode_whole(tree, {}, 7) == whole);
}

TEST_CASE("Snapshot: a fresh tree is written byte for byte as Apache does", "[core][snapshot]") {
  DataTree tree(kOptions);
  const std::string bytes = encode_whole(tree, {});

  // Of the fixture "empty", but for the order of the two children of /zookeeper and the number of
  // the ACL.
  CHECK(bytes.substr(0, 28) ==
        std::string("ZKSN\0\0\0\2\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\1\0\0\0\0", 28));
  CHECK(bytes.ends_with(std::string("\0\0\0\1/", 5)));
  CHECK(bytes.size() ==
        16 + 4 + 4 + 8 + 27 + 4 * 76 + 0 + 10 + 16 + 17 + 5 + 13 + 20 + 13 + 8 + 13);
  const std::string digest("\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0\0\x51\xc6\xd6\x60", 20);
  CHECK(bytes.find(digest) == bytes.size() - 54);
}

TEST_CASE("Snapshot: changes between slices are made good by replay", "[core][snapshot]") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    RandomTxns txns(seed);
    std::mt19937_64 random(seed + 1000);
    DataTree tree(kOptions);
    std::vector<std::string> log;
    const auto go_on = [&] {
      log.push_back(txns.next());
      commit(tree, log.back());
    };
    for (const std::string& bytes : txns.quota("0")) commit(tree, bytes);
    for (const std::string& bytes : txns.quota("2")) commit(tree, bytes);
    const uint64_t before = random() % 400;
    for (uint64_t i = 0; i < before; ++i) go_on();

    const Sessions sessions{{1, 2}};
    Zxid name;
    Buffer out;
    {
      SnapshotEncoder encoder(tree, sessions);
      name = encoder.name();
      CHECK(name == tree.last_zxid());
      const uint64_t per_slice = random() % 12;
      while (encoder.slice(1 + random() % 6, out)) {
        for (uint64_t i = 0; i < per_slice; ++i) go_on();
      }
    }
    const Zxid end = tree.last_zxid();
    const uint64_t after = random() % 30;
    for (uint64_t i = 0; i < after; ++i) go_on();
    REQUIRE(difference(tree, txns.truth()) == "");

    DataTree copy(kOptions);
    Sessions read_sessions;
    const Status status = load(std::string(out.view()), copy, read_sessions, name.value);
    if (!status.ok()) FAIL(status.error().message);
    CHECK(read_sessions == sessions);
    CHECK(copy.in_fuzzy_range() == (end > name));
    for (const std::string& bytes : log) {
      if (zxid_of(bytes) > name.value) replay(copy, bytes);
    }
    CHECK_FALSE(copy.in_fuzzy_range());
    CHECK(copy.digest_mismatches() == 0);
    REQUIRE(difference(tree, copy) == "");
  }
}

TEST_CASE("Snapshot: an ACL that was new while it was written is missing until replay",
          "[core][snapshot]") {
  DataTree tree(kOptions);
  const std::string first = record({1, 10, 0}, create(Create{"/a", "", world_acl(1), false, 1}));
  const std::string second = record({2, 11, 0}, set_acl("/a", {{31, {"digest", "new"}}}, 1));
  commit(tree, first);
  Buffer out;
  SnapshotEncoder encoder(tree, {});
  REQUIRE(encoder.slice(1, out));
  commit(tree, second);
  while (encoder.slice(1, out)) {
  }

  DataTree copy(kOptions);
  Sessions sessions;
  REQUIRE(load(std::string(out.view()), copy, sessions, 1).ok());
  CHECK(copy.nodes().node(copy.nodes().find("/a")).acl == kMissingAcl);
  commit(copy, second);
  CHECK(difference(tree, copy) == "");
}

TEST_CASE("Snapshot: a digest that does not fit is counted", "[core][snapshot]") {
  std::string bytes = small_snapshot();
  DataTree tree(kOptions);
  Sessions sessions;
  // The digest is the 8 bytes before its seal; both seals behind it must fit again.
  const size_t digest = bytes.size() - 54 + 12;
  bytes[digest + 7] = static_cast<char>(bytes[digest + 7] ^ 1);
  const auto reseal = [&](size_t at) {
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < at; ++i) {
      a = (a + static_cast<unsigned char>(bytes[i])) % 65521;
      b = (b + a) % 65521;
    }
    store_be64(bytes.data() + at, (uint64_t{b} << 16) | a);
  };
  reseal(bytes.size() - 54 + 20);
  reseal(bytes.size() - 13);

  REQUIRE(load(bytes, tree, sessions, 3).ok());
  CHECK(tree.digest_mismatches() == 1);
  // A name behind the digest's zxid: the digest is of no use.
  REQUIRE(load(bytes, tree, sessions, 4).ok());
  CHECK(tree.digest_mismatches() == 1);
}

TEST_CASE("Snapshot: the sections of every release are told apart by their lengths",
          "[core][snapshot]") {
  const std::string both = small_snapshot();
  const std::string none = both.substr(0, both.size() - 54);
  const std::string digest_only = both.substr(0, both.size() - 21);
  std::string zxid_only;
  {
    DataTree tree(TreeOptions{true, false, 0});
    Sessions sessions;
    REQUIRE(load(both, tree, sessions, 3).ok());
    zxid_only = encode_whole(tree, sessions);
  }
  CHECK(zxid_only.size() == none.size() + 21);
  DataTree whole(kOptions);
  Sessions sessions;
  REQUIRE(load(both, whole, sessions, 3).ok());
  for (const std::string& bytes : {none, digest_only, zxid_only}) {
    DataTree tree(kOptions);
    REQUIRE(load(bytes, tree, sessions, 3).ok());
    CHECK(difference(whole, tree) == "");
    CHECK(sessions == Sessions{{7, 30000}, {8, 4000}});
  }
}

TEST_CASE("Snapshot: a file that ends anywhere else is refused", "[core][snapshot]") {
  const std::string whole = small_snapshot();
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size == whole.size() - 54 || size == whole.size() - 21)
      continue;  // older releases end there
    DataTree tree(kOptions);
    Sessions sessions;
    const Status status = load(whole.substr(0, size), tree, sessions);
    INFO(size);
    CHECK_FALSE(status.ok());
    if (!status.ok()) CHECK(status.error().message.find("at byte ") != std::string::npos);
  }
  DataTree tree(kOptions);
  Sessions sessions;
  CHECK_FALSE(load(whole + "x", tree, sessions).ok());
}

TEST_CASE("Snapshot: no flipped bit goes unnoticed", "[core][snapshot]") {
  const std::string whole = small_snapshot();
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      DataTree tree(kOptions);
      Sessions sessions;
      INFO(at << " bit " << bit);
      CHECK_FALSE(load(bytes, tree, sessions).ok());
    }
  }
}

TEST_CASE("Snapshot: nonsense of any kind is refused without harm", "[core][snapshot]") {
  const std::string whole = small_snapshot();
  std::mt19937_64 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes = whole.substr(0, random() % (whole.size() + 1));
    for (uint64_t i = random() % 8; i > 0; --i) {
      if (bytes.empty()) break;
      const size_t at = random() % bytes.size();
      const uint64_t kind = random() % 3;
      if (kind == 0) bytes[at] = static_cast<char>(random());
      if (kind == 1 && at + 4 < bytes.size())
        store_be32(bytes.data() + at, static_cast<uint32_t>(random() % 2 == 0 ? -2 : 0x7fffffff));
      if (kind == 2) bytes.insert(at, bytes.substr(at / 2, random() % 64));
    }
    DataTree tree(kOptions);
    Sessions sessions;
    if (load(bytes, tree, sessions).ok()) CHECK(bytes.size() <= whole.size());
  }
}

TEST_CASE("Snapshot: errors say what and where", "[core][snapshot]") {
  const auto message = [](const std::string& bytes) {
    DataTree tree(kOptions);
    Sessions sessions;
    const Status status = load(bytes, tree, sessions);
    return status.ok() ? "no error" : status.error().message;
  };
  CHECK(message("ZKLG\0\0\0\2 and more of it") ==
        "snapshot: the file ends inside the header at byte 0");
  CHECK(message(std::string(64, 'x')) ==
        "snapshot: this is no snapshot (it does not begin with ZKSN) at byte 0");

  Buffer out;
  wire::Writer writer(out);
  write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, wire::kSnapshotDbId});
  writer.write_count(0);
  writer.write_count(0);
  const auto add = [&](Bytes path) {
    writer.write_string(path);
    writer.write_null();
    writer.write_long(-1);
    write(writer, wire::StatPersisted{});
  };
  const std::string head(out.view());
  add("/a");
  CHECK(message(std::string(out.view())) == "snapshot: a znode stands before the root at byte 24");
  out.clear();
  out.append(head);
  add("");
  const std::string rooted(out.view());
  add("");
  CHECK(message(std::string(out.view())) == "snapshot: a second root znode at byte 100");
  const auto with = [&](std::initializer_list<Bytes> paths) {
    out.clear();
    out.append(rooted);
    for (const Bytes path : paths) add(path);
    writer.write_string("/");
    return message(std::string(out.view()));
  };
  CHECK(with({"/a/b"}) == "snapshot: the parent of a znode does not stand before it at byte 100");
  CHECK(with({"/a", "/b", "/a"}) == "snapshot: two znodes have the path /a, noticed at byte 339");
  CHECK(with({"/b", "/a", "/a", "/c/d"}) ==
        "snapshot: two znodes have the path /a, noticed at byte 334");
  CHECK(with({"a"}) == "snapshot: the path of a znode is malformed at byte 100");
  CHECK(with({"/a", "/a/"}) == "snapshot: the path of a znode is malformed at byte 178");
}

TEST_CASE("Snapshot: owners of znodes that cannot go do no harm", "[core][snapshot]") {
  constexpr int64_t kOwner = 77;
  Buffer out;
  wire::Writer writer(out);
  write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, wire::kSnapshotDbId});
  writer.write_count(0);
  writer.write_count(0);
  for (const Bytes path : {"", "/zookeeper", "/zookeeper/quota", "/a", "/a/b"}) {
    writer.write_string(path);
    writer.write_null();
    writer.write_long(-1);
    wire::StatPersisted stat;
    stat.ephemeral_owner = kOwner;
    write(writer, stat);
  }
  writer.write_string("/");
  writer.write_long(libdeflate_adler32(1, out.data(), out.size()));
  writer.write_string("/");
  DataTree tree(kOptions);
  Sessions sessions;
  REQUIRE(load(std::string(out.view()), tree, sessions).ok());

  commit(tree, record({1, 1, kOwner}, Body{wire::Opcode::kCloseSession, ""}));
  CHECK(tree.nodes().size() == 1);
  CHECK(tree.ephemeral_count() == 0);
  commit(tree, record({2, 2, 0}, create("/x")));
}

TEST_CASE("Snapshot: an error of reading is handed on", "[core][snapshot]") {
  DataTree tree(kOptions);
  Sessions sessions;
  const Status status = SnapshotDecoder::load(
      Zxid{0},
      [](char*, size_t) -> Result<size_t> {
        return Error{Errc::kIo, "read /d/snapshot.0: disk on fire"};
      },
      tree, sessions);

  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message == "read /d/snapshot.0: disk on fire");
  CHECK(status.error().code == Errc::kIo);
}

TEST_CASE("Snapshot: a length that lies costs no memory", "[core][snapshot]") {
  Buffer out;
  wire::Writer writer(out);
  write(writer, wire::FileHeader{wire::kSnapshotMagic, wire::kFileVersion, wire::kSnapshotDbId});
  writer.write_count(0);
  writer.write_count(0);
  writer.write_string("");
  writer.write_int(0x7fffffff);
  size_t asked = 0;
  const std::string bytes(out.view());
  auto read = reader_of(bytes);
  DataTree tree(kOptions);
  Sessions sessions;
  const Status status = SnapshotDecoder::load(
      Zxid{0},
      [&](char* to, size_t count) {
        asked = std::max(asked, count);
        return read(to, count);
      },
      tree, sessions);

  CHECK_FALSE(status.ok());
  CHECK(asked <= 1 << 20);
}
