#include "tests/differential/script.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "tests/differential/generator.h"
#include "tests/differential/shrink.h"
#include "tests/differential/transcript.h"
#include "zookernel/bytes.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::differential {
namespace {

TEST_CASE("Generator: equal seeds make equal scripts, other seeds others", "[differential]") {
  CHECK(generate(7, {}) == generate(7, {}));
  CHECK(generate(7, {}) != generate(8, {}));
}

TEST_CASE("Generator: opcodes that are switched off do not occur, the others do",
          "[differential]") {
  GeneratorOptions options;
  options.without = {static_cast<int32_t>(wire::Opcode::kAddWatch)};
  std::set<int32_t> seen;

  for (uint64_t seed = 1; seed <= 100; ++seed) {
    for (const Step& step : generate(seed, options)) {
      size_t first = step.kind == Step::Kind::kConnect ? 1 : 0;
      for (size_t i = first; i < step.frames.size(); ++i) seen.insert(frame_opcode(step.frames[i]));
    }
  }

  CHECK_FALSE(seen.contains(static_cast<int32_t>(wire::Opcode::kAddWatch)));
  for (int32_t opcode : {1,  2,  3,  4,  5,  6,   7,   8,   9,   11,  12,  14,  15, 16,
                         17, 18, 19, 21, 22, 100, 101, 102, 103, 104, 105, 107, -11}) {
    INFO(opcode);
    CHECK(seen.contains(opcode));
  }
  // A client's deleteContainer and createSession are defects of Java's.
  CHECK_FALSE(seen.contains(20));
  CHECK_FALSE(seen.contains(-10));
}

TEST_CASE("Script: its text is read back as the same script", "[differential]") {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Script script = generate(seed, {});
    Script read;
    std::string problem;

    INFO(seed);
    REQUIRE(from_text(to_text(script), read, problem));
    CHECK(read == script);
  }
}

TEST_CASE("Script: text that is none is refused with its line", "[differential]") {
  for (const char* text : {"connect\n", "send c0\n  > 0g\n", "send c0\n  > 00{zxid}\n", "wait c0\n",
                           "  > 00\n", "send c0 quickly\n"}) {
    Script script;
    std::string problem;

    INFO(text);
    CHECK_FALSE(from_text(text, script, problem));
    CHECK(problem.starts_with("line "));
  }
}

TEST_CASE("Shrink: what is not needed for the failure goes, what is needed stays",
          "[differential]") {
  // Fails where c0 still has a request with xid 1 and one with xid 3.
  auto fails = [](const Script& script) {
    std::set<int32_t> xids;
    for (const Step& step : script) {
      if (step.connection != 0 || step.kind != Step::Kind::kSend) continue;
      for (const Frame& frame : step.frames) xids.insert(frame_xid(frame));
    }
    return xids.contains(1) && xids.contains(3);
  };
  Script script;
  for (int32_t i = 0; i < 40; ++i) {
    Step step;
    step.connection = i % 3 == 0 ? 0 : 1;
    step.chunk_size = 5;
    for (int32_t xid = 0; xid < 4; ++xid) {
      Frame frame{std::string(12, '\0'), {}, true};
      store_be32(frame.bytes.data() + 4, static_cast<uint32_t>(xid));
      step.frames.push_back(frame);
    }
    script.push_back(step);
  }
  REQUIRE(fails(script));

  Script smallest = shrink(script, fails, 10000);

  CHECK(fails(smallest));
  CHECK(smallest.size() == 1);
  CHECK(request_count(smallest) == 2);
  CHECK(smallest.front().chunk_size == 0);
}

// A connection that sent one request, with what the server answered.
struct OneReply {
  Frame hello{std::string(49, '\0'), {}, true};
  Frame request;
  Recording recording;

  OneReply(int32_t opcode, std::string_view reply) {
    request.bytes = std::string(16, '\0');
    store_be32(request.bytes.data() + 4, 1);
    store_be32(request.bytes.data() + 8, static_cast<uint32_t>(opcode));
    recording.baseline.zxid = 100;
    auto& connection = recording.connections[0];
    connection.requests = {&hello, &request};
    connection.frames = {std::string(36, '\0'), std::string(reply)};
  }
};

std::string header(int32_t xid, int64_t zxid, int32_t error) {
  std::string bytes(16, '\0');
  store_be32(bytes.data(), static_cast<uint32_t>(xid));
  store_be64(bytes.data() + 4, static_cast<uint64_t>(zxid));
  store_be32(bytes.data() + 12, static_cast<uint32_t>(error));
  return bytes;
}

bool alike(const OneReply& a, const OneReply& b) {
  return transcript(a.recording) == transcript(b.recording);
}

TEST_CASE("Transcript: an error, an xid, a zxid and a byte too many are seen", "[differential]") {
  const int32_t set_watches = static_cast<int32_t>(wire::Opcode::kSetWatches);
  OneReply good(set_watches, header(1, 103, 0));

  CHECK(alike(good, OneReply(set_watches, header(1, 103, 0))));
  CHECK_FALSE(alike(good, OneReply(set_watches, header(1, 103, -5))));
  CHECK_FALSE(alike(good, OneReply(set_watches, header(2, 103, 0))));
  CHECK_FALSE(alike(good, OneReply(set_watches, header(1, 104, 0))));
  CHECK_FALSE(alike(good, OneReply(set_watches, header(1, 103, 0) + "x")));
}

TEST_CASE("Transcript: zxids count from the baseline", "[differential]") {
  const int32_t ping = static_cast<int32_t>(wire::Opcode::kPing);
  OneReply early(ping, header(-2, 103, 0));
  OneReply late(ping, header(-2, 1003, 0));
  late.recording.baseline.zxid = 1000;

  CHECK(alike(early, late));
}

TEST_CASE("Transcript: children are a set", "[differential]") {
  const int32_t get_children = static_cast<int32_t>(wire::Opcode::kGetChildren);
  auto list = [](const char* first, const char* second) {
    std::string bytes("\0\0\0\2", 4);
    for (const char* name : {first, second}) bytes += std::string("\0\0\0\1", 4) + name;
    return header(1, 103, 0) + bytes;
  };

  CHECK(alike(OneReply(get_children, list("a", "b")), OneReply(get_children, list("b", "a"))));
  CHECK_FALSE(
      alike(OneReply(get_children, list("a", "b")), OneReply(get_children, list("a", "a"))));
}

TEST_CASE("Transcript: a connection that ends otherwise is seen", "[differential]") {
  const int32_t ping = static_cast<int32_t>(wire::Opcode::kPing);
  OneReply open(ping, header(-2, 103, 0));
  OneReply closed(ping, header(-2, 103, 0));
  closed.recording.connections[0].end = Recording::End::kClosed;

  CHECK_FALSE(alike(open, closed));
}

}  // namespace
}  // namespace zookernel::differential
