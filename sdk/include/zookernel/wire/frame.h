// Where a message ends in a stream of bytes. Pure functions: they look at what has arrived and
// answer; nothing is kept between calls, nothing is copied. The caller drops `consumed` bytes and
// asks again. [any]
#pragma once

#include <cstdint>
#include <string_view>

#include "zookernel/bytes.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/records/quorum.h"

namespace zookernel::wire {

// --- Client port -------------------------------------------------------------------------------
//
//   frame := int length (0 .. max_payload) | payload
//
// Until the handshake was accepted the first four bytes may be a command word instead. After it
// they are a length whatever they spell.

enum class FramingState {
  kHandshake,  // no ConnectRequest was accepted yet
  kServing,
};

struct ClientFrame {
  enum class Kind { kNeedMore, kFrame, kFourLetter, kBad };

  Kind kind = Kind::kNeedMore;
  Bytes payload = {};   // kFrame: borrowed from `in`. kFourLetter: the argument (stmk: 8 bytes)
  size_t consumed = 0;  // kFrame, kFourLetter: bytes of `in` that are used up
  std::string_view word = {};     // kFourLetter: the four bytes, borrowed from a constant
  const char* problem = nullptr;  // kBad: a constant text for the log; close the connection
  size_t wanted = 0;  // kNeedMore: bytes of `in`, as far as known, that the whole message takes
};

// Telnet's interrupt sequence, which counts as a command word: the connection is closed.
inline constexpr std::string_view kTelnetCloseWord = "\xff\xf4\xff\xfd";

// True for the words that Apache knows, the telnet sequence included.
[[nodiscard]] bool is_four_letter_word(Bytes word);

// The first message in `in`. kBad: a length that is negative, above `max_payload` or, when serving,
// too short for a RequestHeader; before the handshake also a foreign protocol, which `problem` then
// names (TLS, HTTP, SSH).
[[nodiscard]] ClientFrame next_client_frame(Bytes in, FramingState state, uint32_t max_payload);

// --- Length-prefixed frames --------------------------------------------------------------------

struct LengthFrame {
  enum class Kind { kNeedMore, kFrame, kBad };

  Kind kind = Kind::kNeedMore;
  Bytes payload = {};  // kFrame: borrowed from `in`
  size_t consumed = 0;
  const char* problem = nullptr;  // kBad: a constant text
  size_t wanted = 0;              // as in ClientFrame
};

// int length (min_payload .. max_payload) | payload: what a client gets from a server.
[[nodiscard]] LengthFrame next_length_frame(Bytes in, uint32_t min_payload, uint32_t max_payload);

// An election message: length 1 .. kElectionMessageBytesMax. The payload is for read_notification.
[[nodiscard]] LengthFrame next_election_frame(Bytes in);

// Writes a frame whose length is known only at its end:
//   size_t frame = begin_frame(out);  ... append the payload ...  end_frame(out, frame);
[[nodiscard]] size_t begin_frame(Buffer& out);
void end_frame(Buffer& out, size_t frame);

// --- Between servers ---------------------------------------------------------------------------

struct QuorumFrame {
  enum class Kind { kNeedMore, kPacket, kBad };

  Kind kind = Kind::kNeedMore;
  size_t consumed = 0;            // kPacket
  const char* problem = nullptr;  // kBad: a constant text
  size_t wanted = 0;              // as in ClientFrame
};

// A QuorumPacket has no length before it: it is read until it is whole. `packet` borrows from `in`
// and is valid when kPacket; keep it between calls to reuse its memory. No field may be longer than
// `max_field` bytes, the whole packet not longer than twice that and 64 KiB.
[[nodiscard]] QuorumFrame next_quorum_packet(Bytes in, uint32_t max_field,
                                             QuorumPacketView& packet);

// A SASL packet on either port. kBad also if the bytes do not begin with kQuorumAuthMagic.
struct QuorumAuthFrame {
  QuorumFrame::Kind kind = QuorumFrame::Kind::kNeedMore;
  int32_t status = 0;  // a QuorumAuthStatus
  OptBytes token;      // borrowed from `in`
  size_t consumed = 0;
  const char* problem = nullptr;
  size_t wanted = 0;
};
[[nodiscard]] QuorumAuthFrame next_quorum_auth(Bytes in, uint32_t max_field);

enum class AuthProbe { kNeedMore, kAuth, kPlain };
// Does a connection begin with SASL? Plain as soon as one byte differs from the magic.
[[nodiscard]] AuthProbe probe_quorum_auth(Bytes in);

// The first message on an election connection.
struct HelloFrame {
  LengthFrame::Kind kind = LengthFrame::Kind::kNeedMore;
  int64_t protocol = 0;  // 0 from 3.4
  int64_t server_id = 0;
  Bytes addresses = {};  // borrowed from `in`
  size_t consumed = 0;
  const char* problem = nullptr;
  size_t wanted = 0;
};
[[nodiscard]] HelloFrame next_hello(Bytes in);

}  // namespace zookernel::wire
