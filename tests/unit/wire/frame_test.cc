#include "zookernel/wire/frame.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/wire/bytes_text.h"

namespace zookernel::wire {
namespace {

using wire_test::bytes;
using Kind = ClientFrame::Kind;

constexpr uint32_t kMaxBuffer = 0xfffff;

ClientFrame handshake(Bytes in) {
  return next_client_frame(in, FramingState::kHandshake, kMaxBuffer);
}
ClientFrame serving(Bytes in) {
  return next_client_frame(in, FramingState::kServing, kMaxBuffer);
}

TEST_CASE("Client frame: a frame is given whole and without its length", "[wire][frame]") {
  const std::string in = bytes("00000009 000102030405060708 00000001");
  const ClientFrame frame = serving(in);

  CHECK(frame.kind == Kind::kFrame);
  CHECK(frame.payload == Bytes(in).substr(4, 9));
  CHECK(frame.payload.data() == in.data() + 4);
  CHECK(frame.consumed == 13);
}

TEST_CASE("Client frame: until it is whole, more is needed and how much is said", "[wire][frame]") {
  const std::string in = bytes("00000009 000102030405060708");
  for (size_t size = 0; size < in.size(); ++size) {
    INFO(size);
    for (FramingState state : {FramingState::kHandshake, FramingState::kServing}) {
      const ClientFrame frame = next_client_frame(Bytes(in).substr(0, size), state, kMaxBuffer);

      CHECK(frame.kind == Kind::kNeedMore);
      CHECK(frame.consumed == 0);
      CHECK(frame.wanted == (size < 4 ? 4 : 13));
    }
  }
}

TEST_CASE("Client frame: lengths out of range are bad before the payload comes", "[wire][frame]") {
  CHECK(std::string(serving(bytes("ffffffff")).problem) == "negative frame length");
  CHECK(std::string(handshake(bytes("80000000")).problem) == "negative frame length");
  CHECK(std::string(serving(bytes("00100000")).problem) == "frame length above jute.maxbuffer");
  CHECK(std::string(handshake(bytes("00100000")).problem) == "frame length above jute.maxbuffer");
  CHECK(serving(bytes("000fffff")).kind == Kind::kNeedMore);
}

TEST_CASE("Client frame: the handshake may be empty, a request not", "[wire][frame]") {
  CHECK(handshake(bytes("00000000")).kind == Kind::kFrame);
  CHECK(handshake(bytes("00000000")).consumed == 4);
  for (const char* length : {"00000000", "00000001", "00000007"}) {
    CHECK(std::string(serving(bytes(length)).problem) == "frame is too short for a request header");
  }
  CHECK(serving(bytes("00000008 0000000000000000")).kind == Kind::kFrame);
}

TEST_CASE("Client frame: the largest limit works", "[wire][frame]") {
  CHECK(next_client_frame(bytes("7fffffff"), FramingState::kServing, 0x7fffffff).kind ==
        Kind::kNeedMore);
  CHECK(next_client_frame(bytes("ffffffff"), FramingState::kServing, 0xffffffff).kind ==
        Kind::kBad);
}

TEST_CASE("Four-letter words: each is known before the handshake only", "[wire][frame]") {
  for (const char* word : {"conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "ruok", "srst",
                           "srvr", "stat", "wchc", "wchp", "wchs", "mntr", "isro", "hash"}) {
    INFO(word);
    const std::string in = std::string(word) + "\n";
    const ClientFrame frame = handshake(in);

    CHECK(frame.kind == Kind::kFourLetter);
    CHECK(frame.word == word);
    CHECK(frame.consumed == 4);
    CHECK(frame.payload.empty());
    CHECK(is_four_letter_word(word));
    CHECK(serving(in).kind == Kind::kBad);
    CHECK(handshake(Bytes(in).substr(0, 3)).kind == Kind::kNeedMore);
  }
  CHECK_FALSE(is_four_letter_word("quit"));
  CHECK_FALSE(is_four_letter_word("sta"));
}

TEST_CASE("Four-letter words: telnet's interrupt is one", "[wire][frame]") {
  const ClientFrame frame = handshake(bytes("fff4fffd 06"));

  CHECK(frame.kind == Kind::kFourLetter);
  CHECK(frame.word == kTelnetCloseWord);
  CHECK(serving(bytes("fff4fffd 06")).kind == Kind::kBad);
}

TEST_CASE("Four-letter words: stmk waits for its eight bytes", "[wire][frame]") {
  const std::string in = "stmk" + bytes("0000000000000102") + "x";
  for (size_t size = 4; size < 12; ++size) {
    const ClientFrame part = handshake(Bytes(in).substr(0, size));
    CHECK(part.kind == Kind::kNeedMore);
    CHECK(part.wanted == 12);
  }
  const ClientFrame frame = handshake(in);
  CHECK(frame.kind == Kind::kFourLetter);
  CHECK(frame.word == "stmk");
  CHECK(frame.payload == bytes("0000000000000102"));
  CHECK(frame.consumed == 12);
}

TEST_CASE("Client frame: foreign protocols are named before the handshake", "[wire][frame]") {
  struct Case {
    std::string in;
    std::string named;
  };
  const Case cases[] = {
      {bytes("16030100c8010000c40303"), "TLS"},
      {"GET / HTTP/1.1\r\n", "HTTP"},
      {"POST /commands", "HTTP"},
      {"HEAD / HTTP/1.0", "HTTP"},
      {"PUT /x", "HTTP"},
      {"OPTIONS *", "HTTP"},
      {"DELETE /x", "HTTP"},
      {"CONNECT a:1", "HTTP"},
      {"PATCH /x", "HTTP"},
      {"TRACE /", "HTTP"},
      {"PRI * HTTP/2.0\r\n", "HTTP/2"},
      {"SSH-2.0-OpenSSH_9", "SSH"},
      {"PROXY TCP4 1.1.1.1", "PROXY"},
      {"\r\n\r\n", "PROXY"},
      {"help\n", "no four-letter word"},
  };
  for (const Case& c : cases) {
    INFO(c.in);
    // Four bytes are enough to tell, and however large the limit is, they are no length.
    const ClientFrame frame =
        next_client_frame(Bytes(c.in).substr(0, 4), FramingState::kHandshake,
                          c.named == "no four-letter word" ? kMaxBuffer : 0x7fffffff);
    REQUIRE(frame.kind == Kind::kBad);
    CHECK(std::string(frame.problem).find(c.named) != std::string::npos);

    const ClientFrame later = serving(c.in);
    REQUIRE(later.kind == Kind::kBad);
    CHECK(std::string(later.problem) == "frame length above jute.maxbuffer");
  }
}

TEST_CASE("Client frame: many frames in one segment come one by one", "[wire][frame]") {
  const std::string one = bytes("00000008 0000000100000004");
  std::string in = one + one + one + "\0";
  Bytes left = in;
  int frames = 0;
  for (ClientFrame frame = serving(left); frame.kind == Kind::kFrame; frame = serving(left)) {
    left.remove_prefix(frame.consumed);
    ++frames;
  }
  CHECK(frames == 3);
}

TEST_CASE("Length frame: limits on both sides", "[wire][frame]") {
  using LengthKind = LengthFrame::Kind;
  CHECK(next_length_frame(bytes("0000"), 0, 10).wanted == 4);
  CHECK(next_length_frame(bytes("00000002 61"), 0, 10).wanted == 6);
  CHECK(next_length_frame(bytes("00000000"), 0, 10).kind == LengthKind::kFrame);
  CHECK(next_length_frame(bytes("00000000"), 1, 10).kind == LengthKind::kBad);
  CHECK(next_length_frame(bytes("0000000b"), 1, 10).kind == LengthKind::kBad);
  CHECK(next_length_frame(bytes("ffffffff"), 1, 0xffffffff).kind == LengthKind::kBad);
  const std::string in = bytes("00000002 6162 63");
  const LengthFrame frame = next_length_frame(in, 0, 2);
  CHECK(frame.kind == LengthKind::kFrame);
  CHECK(frame.payload == "ab");
  CHECK(frame.consumed == 6);
}

TEST_CASE("Frames: writing one fills in its length at the end", "[wire][frame]") {
  Buffer out;
  out.append("before");
  const size_t frame = begin_frame(out);
  out.append("payload");
  end_frame(out, frame);
  end_frame(out, begin_frame(out));

  CHECK(out.view() == "before" + bytes("00000007") + "payload" + bytes("00000000"));
}

}  // namespace
}  // namespace zookernel::wire
