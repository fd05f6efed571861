#include "kernel/shell/backup_stream.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

using namespace zookernel;
using namespace zookernel::shell;

namespace {

const BackupHead kHead{Zxid{0x100000005}, Zxid{0x100000009}, {std::nullopt, 1}};

std::string stream() {
  BackupEncoder encoder;
  std::string bytes = encoder.head(kHead);
  encoder.block(BackupBlock::kSnapshot, "some bytes", bytes);
  encoder.block(BackupBlock::kSnapshot, "and some more", bytes);
  encoder.block(BackupBlock::kTransactions, "records", bytes);
  encoder.block(BackupBlock::kEnd, std::string(16, '\0'), bytes);
  return bytes;
}

// `step` bytes at a time.
BackupDecoder::Read reading(const std::string& bytes, size_t step) {
  return [&bytes, step, at = size_t{0}](char* to, size_t count) mutable -> Result<size_t> {
    const size_t given = std::min({count, step, bytes.size() - at});
    std::copy_n(bytes.data() + at, given, to);
    at += given;
    return given;
  };
}

// What is read until the end: kinds and bytes; or the error.
std::string decoded(const std::string& bytes, size_t step = SIZE_MAX) {
  BackupDecoder decoder(reading(bytes, step));
  auto head = decoder.head();
  if (!head) return "refused: " + head.error().message;
  std::string all = std::to_string(head->snapshot.value) + " " + std::to_string(head->last.value) +
                    " " + std::to_string(head->epochs.accepted.value_or(-7)) + " " +
                    std::to_string(head->epochs.current.value_or(-7));
  for (;;) {
    auto block = decoder.next();
    if (!block) return "refused: " + block.error().message;
    all += std::string(" ") + static_cast<char>(block->kind) + ":" + std::string(block->bytes);
    if (block->kind == BackupBlock::kEnd) return all;
  }
}

}  // namespace

TEST_CASE("backup stream: what was written is read, in pieces of any size", "[shell]") {
  const std::string bytes = stream();
  const std::string expected =
      "4294967301 4294967305 -7 1 S:some bytes S:and some more T:records E:" +
      std::string(16, '\0');
  for (const size_t step : {size_t{1}, size_t{3}, size_t{17}, SIZE_MAX}) {
    CHECK(decoded(bytes, step) == expected);
  }
}

TEST_CASE("backup stream: every flipped bit and every early end is an error", "[shell]") {
  const std::string bytes = stream();
  for (size_t byte = 0; byte < bytes.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      INFO("byte " << byte << ", bit " << bit);
      REQUIRE(decoded(flipped).starts_with("refused"));
    }
    REQUIRE(decoded(bytes.substr(0, byte)).starts_with("refused"));
  }
}

TEST_CASE("backup stream: blocks cannot be lost, doubled or swapped", "[shell]") {
  BackupEncoder encoder;
  const std::string head = encoder.head(kHead);
  std::vector<std::string> blocks(3);
  encoder.block(BackupBlock::kSnapshot, "a", blocks[0]);
  encoder.block(BackupBlock::kSnapshot, "b", blocks[1]);
  encoder.block(BackupBlock::kEnd, std::string(16, '\0'), blocks[2]);
  REQUIRE_FALSE(decoded(head + blocks[0] + blocks[1] + blocks[2]).starts_with("refused"));
  for (const std::string& bad :
       {blocks[1] + blocks[2], blocks[0] + blocks[2], blocks[0] + blocks[0] + blocks[1] + blocks[2],
        blocks[1] + blocks[0] + blocks[2]}) {
    CHECK(decoded(head + bad).find("a checksum does not match") != std::string::npos);
  }
}

TEST_CASE("backup stream: what the server says instead is told", "[shell]") {
  CHECK(decoded("snap is not executed because it is not in the whitelist.\n") ==
        "refused: the server answers: snap is not executed because it is not in the whitelist.");
  CHECK(decoded("").find("ended the connection") != std::string::npos);

  BackupEncoder encoder;
  std::string bytes = encoder.head(kHead);
  encoder.block(BackupBlock::kFailed, "the disk is gone", bytes);
  CHECK(decoded(bytes) == "refused: the server gave up: the disk is gone");
}
