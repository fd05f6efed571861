#include "zookernel/wire/frame.h"

#include <algorithm>
#include <array>

#include "zookernel/wire/records/client.h"

namespace zookernel::wire {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr size_t kWordBytes = 4;
constexpr size_t kTraceMaskBytes = 8;  // the argument of stmk

constexpr std::array<std::string_view, 20> kWords = {
    "conf", "cons", "crst", "dirs", "dump", "envi", "gtmk", "ruok", "stmk", "srst", "srvr", "stat",
    "wchc", "wchp", "wchs", "mntr", "isro", "hash", kTelnetCloseWord,
    // Not one of Apache's: the stream of a backup.
    "snap"};

struct Foreign {
  std::string_view begins;  // at most four bytes
  const char* problem;
};

constexpr const char* kHttp =
    "HTTP request on the client port (the admin server listens on admin.serverPort)";
constexpr Foreign kForeign[] = {
    {"\x16\x03",
     "TLS handshake on a port without TLS (use secureClientPort or client.portUnification)"},
    {"GET ", kHttp},
    {"HEAD", kHttp},
    {"POST", kHttp},
    {"PUT ", kHttp},
    {"DELE", kHttp},
    {"OPTI", kHttp},
    {"PATC", kHttp},
    {"CONN", kHttp},
    {"TRAC", kHttp},
    {"PRI ", "HTTP/2 preface on the client port (the admin server listens on admin.serverPort)"},
    {"SSH-", "SSH banner on the client port"},
    {"PROX", "PROXY protocol header on the client port (it is not supported)"},
    {"\r\n\r\n", "PROXY protocol header on the client port (it is not supported)"},
};

std::string_view find_word(Bytes four) {
  for (std::string_view word : kWords) {
    if (word == four) return word;
  }
  return {};
}

bool is_text(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

ClientFrame bad(const char* problem) {
  return {.kind = ClientFrame::Kind::kBad, .problem = problem};
}

ClientFrame need_more(size_t wanted) {
  return {.kind = ClientFrame::Kind::kNeedMore, .wanted = wanted};
}

ClientFrame four_letter(std::string_view word, Bytes in) {
  // Apache closes the connection when the mask comes in a later segment; here it is waited for.
  const size_t argument = word == "stmk" ? kTraceMaskBytes : 0;
  if (in.size() < kWordBytes + argument) return need_more(kWordBytes + argument);
  return {.kind = ClientFrame::Kind::kFourLetter,
          .payload = in.substr(kWordBytes, argument),
          .consumed = kWordBytes + argument,
          .word = word};
}

}  // namespace

bool is_four_letter_word(Bytes word) {
  return !find_word(word).empty();
}

ClientFrame next_client_frame(Bytes in, FramingState state, uint32_t max_payload) {
  if (in.size() < kLengthBytes) return need_more(kLengthBytes);
  const Bytes head = in.substr(0, kLengthBytes);
  if (state == FramingState::kHandshake) [[unlikely]] {
    if (std::string_view word = find_word(head); !word.empty()) return four_letter(word, in);
    for (const Foreign& foreign : kForeign) {
      if (head.starts_with(foreign.begins)) return bad(foreign.problem);
    }
  }

  const uint32_t length = load_be32(in.data());
  if (length > 0x7fffffff) [[unlikely]]
    return bad("negative frame length");
  if (length > max_payload) [[unlikely]] {
    if (state == FramingState::kHandshake && is_text(head)) {
      return bad("text on the client port that is no four-letter word");
    }
    return bad("frame length above jute.maxbuffer");
  }
  if (state == FramingState::kServing && length < kRequestHeaderBytes) [[unlikely]] {
    return bad("frame is too short for a request header");
  }
  if (in.size() - kLengthBytes < length) return need_more(kLengthBytes + length);
  return {.kind = ClientFrame::Kind::kFrame,
          .payload = in.substr(kLengthBytes, length),
          .consumed = kLengthBytes + length};
}

LengthFrame next_length_frame(Bytes in, uint32_t min_payload, uint32_t max_payload) {
  LengthFrame frame;
  if (in.size() < kLengthBytes) {
    frame.wanted = kLengthBytes;
    return frame;
  }
  const uint32_t length = load_be32(in.data());
  if (length > 0x7fffffff || length < min_payload || length > max_payload) {
    frame.kind = LengthFrame::Kind::kBad;
    frame.problem = length > 0x7fffffff    ? "negative frame length"
                    : length < min_payload ? "frame length below the least allowed"
                                           : "frame length above the limit";
    return frame;
  }
  if (in.size() - kLengthBytes < length) {
    frame.wanted = kLengthBytes + length;
    return frame;
  }
  frame.kind = LengthFrame::Kind::kFrame;
  frame.payload = in.substr(kLengthBytes, length);
  frame.consumed = kLengthBytes + length;
  return frame;
}

size_t begin_frame(Buffer& out) {
  const size_t frame = out.size();
  out.extend(kLengthBytes);
  return frame;
}

void end_frame(Buffer& out, size_t frame) {
  ZOOKERNEL_ASSERT(out.size() >= frame + kLengthBytes);
  const size_t length = out.size() - frame - kLengthBytes;
  ZOOKERNEL_ASSERT(length <= 0x7fffffff);
  store_be32(out.data() + frame, static_cast<uint32_t>(length));
}

}  // namespace zookernel::wire
