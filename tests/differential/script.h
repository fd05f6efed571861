// A conversation with one server: what is sent on which connection, and where to wait for answers.
//
// Steps run one after the other, and each waits until its requests are answered. Hence what the
// connections see does not depend on how fast a server is: requests of one connection are
// pipelined within a step, those of several connections are interleaved step by step.
//
// As text (see script_text.cc) a script is a file that a person can read and replay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace zookernel::differential {

// A place in a frame whose bytes only the running server knows.
struct Patch {
  enum class Kind : uint8_t {
    kSessionId,  // 8 bytes: the session that the connection `argument` was given
    kPassword,   // 16 bytes: its password
    kZxid,       // 8 bytes: the zxid before the script began, plus `argument`
  };

  uint32_t offset = 0;
  Kind kind = Kind::kSessionId;
  int32_t argument = 0;

  bool operator==(const Patch&) const = default;
};

// One frame as it goes over the wire, length included. It may be damaged in every way.
struct Frame {
  std::string bytes;
  std::vector<Patch> patches;
  bool answered = true;  // false: the server owes no reply to it

  bool operator==(const Frame&) const = default;
};

struct Step {
  enum class Kind : uint8_t {
    kConnect,  // a new TCP connection; the first frame is the ConnectRequest
    kSend,
    kDrop,  // the client closes the TCP connection; the session stays
  };

  Kind kind = Kind::kSend;
  int32_t connection = 0;  // a number of the script's own, not used twice
  std::vector<Frame> frames;
  bool closes = false;      // the server is expected to close the connection after this step
  uint32_t chunk_size = 0;  // bytes per system call; 0 sends all in one

  bool operator==(const Step&) const = default;
};

using Script = std::vector<Step>;

// Request type of a frame, or 0 if it is too short to have one. Not for ConnectRequests.
[[nodiscard]] int32_t frame_opcode(const Frame& frame);
[[nodiscard]] int32_t frame_xid(const Frame& frame);

// Requests in all steps, handshakes included.
[[nodiscard]] size_t request_count(const Script& script);

// --- Text --------------------------------------------------------------------------------------
//
//   script   := { step }
//   step     := ("connect" | "send" | "drop") " c" NUMBER [" closes"] [" chunk " BYTES] NEWLINE
//               { frame }
//   frame    := ("  > " | "  ! ") HEX { "{" token "}" HEX } [" # " comment] NEWLINE
//   token    := "session:" NUMBER | "password:" NUMBER | "zxid:" NUMBER
//
// "!" marks a frame that is owed no reply. Lines that begin with "#" and empty lines are skipped.

[[nodiscard]] std::string to_text(const Script& script);

// Parses the text of a script. On failure returns false and says in `problem` which line is wrong.
[[nodiscard]] bool from_text(const std::string& text, Script& script, std::string& problem);

}  // namespace zookernel::differential
