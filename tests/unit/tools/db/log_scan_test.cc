#include "tools/db/log_scan.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "tests/unit/tools/db/data_directory.h"

using namespace zookernel;
using namespace zookernel::db_tool;
using namespace zookernel::db_tool::test;

namespace {

const std::string kLog = "/data/version-2/log.1";

struct Seen {
  LogPiece::Kind kind;
  uint64_t begin, end;
  Zxid zxid;
  std::string why;
};

std::vector<Seen> scan_all(FileSystem& files, const std::string& path) {
  auto scan = LogScan::open(files, path);
  REQUIRE(scan.ok());
  std::vector<Seen> seen;
  for (;;) {
    auto piece = scan->next();
    REQUIRE(piece.ok());
    if (!*piece) return seen;
    seen.push_back({(*piece)->kind, (*piece)->begin, (*piece)->end, (*piece)->zxid, (*piece)->why});
  }
}

}  // namespace

TEST_CASE("LogScan: the pieces of a whole log follow one another to its last byte", "[tools][db]") {
  auto disk = disk_of_fixture("rich");

  const auto seen = scan_all(*disk, kLog);

  uint64_t at = 0;
  size_t records = 0;
  for (const Seen& piece : seen) {
    CHECK(piece.begin == at);
    CHECK(piece.end > piece.begin);
    CHECK(piece.kind != LogPiece::Kind::kUnreadable);
    at = piece.end;
    records += piece.kind == LogPiece::Kind::kRecord ? 1 : 0;
  }
  CHECK(at == read_file(*disk, kLog).size());
  CHECK(records == 0x5a);
  CHECK(seen.front().kind == LogPiece::Kind::kHeader);
  CHECK(seen.back().kind == LogPiece::Kind::kPadding);
}

TEST_CASE("LogScan: every single flipped bit of a log is told or cannot matter", "[tools][db]") {
  auto good = disk_of_fixture("rich");
  std::string content = read_file(*good, kLog);
  const auto whole = scan_all(*good, kLog);
  // The first ten records and the last one with some padding are of every kind that matters.
  const uint64_t head_end = whole[10].end;
  content.resize(static_cast<size_t>(whole.back().begin) + 64);

  for (size_t byte = 0; byte < content.size(); ++byte) {
    if (byte >= head_end && byte + 256 < content.size()) continue;
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = content;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      write_file(*good, kLog, flipped);
      auto scan = LogScan::open(*good, kLog);
      REQUIRE(scan.ok());
      bool told = false;
      uint64_t at = 0;
      for (;;) {
        auto piece = scan->next();
        REQUIRE(piece.ok());
        if (!*piece) break;
        REQUIRE((*piece)->begin == at);
        at = (*piece)->end;
        told = told || (*piece)->kind == LogPiece::Kind::kUnreadable || (*piece)->out_of_order ||
               !(*piece)->why.empty();
      }
      REQUIRE(at == flipped.size());
      INFO("byte " << byte << ", bit " << bit);
      // 16 is the mark of a file of ours whose records were not yet known to be durable: it vouches
      // for nothing.
      if (load_be64(flipped.data() + file_storage::kDurableEndOffset) == 16) continue;
      REQUIRE((told || !scan->durable_end_is_an_end()));
    }
  }
}

TEST_CASE("LogScan: behind a damaged record the next good one is found", "[tools][db]") {
  auto disk = disk_of_fixture("corrupt-middle-payload");

  const auto seen = scan_all(*disk, kLog);

  size_t damaged = 0;
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].kind != LogPiece::Kind::kUnreadable) continue;
    ++damaged;
    REQUIRE(i + 1 < seen.size());
    CHECK(seen[i + 1].kind == LogPiece::Kind::kRecord);
    CHECK(seen[i + 1].zxid == Zxid{seen[i - 1].zxid.value + 2});
    CHECK(seen[i].why.find("checksum") != std::string::npos);
  }
  CHECK(damaged == 1);
}

TEST_CASE("LogScan: a file that is no log is one unreadable piece", "[tools][db]") {
  auto disk = disk_of_fixture("log-bad-magic");
  std::string bad = "log.1";
  const auto names = disk->list("/data/version-2");
  REQUIRE(names.ok());
  for (const std::string& found : *names) {
    if (found.starts_with("log.") && read_file(*disk, "/data/version-2/" + found)[0] != 'Z') {
      bad = found;
    }
  }

  const auto seen = scan_all(*disk, "/data/version-2/" + bad);

  REQUIRE(seen.size() == 1);
  CHECK(seen[0].kind == LogPiece::Kind::kUnreadable);
  CHECK(seen[0].why.find("ZKLG") != std::string::npos);
}
