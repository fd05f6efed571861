#include "tests/differential/transcript.h"

#include <algorithm>
#include <set>

#include "tests/differential/describe.h"
#include "tests/differential/generate_request.h"
#include "tests/differential/reply_text.h"
#include "zookernel/bytes.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::differential {

namespace {

using wire::Opcode;

constexpr size_t kHeaderBytes = 16;

struct Header {
  int32_t xid = 0;
  int64_t zxid = 0;
  int32_t error = 0;
};

bool read_header(std::string_view frame, Header& header) {
  if (frame.size() < kHeaderBytes) return false;
  header.xid = static_cast<int32_t>(load_be32(frame.data()));
  header.zxid = static_cast<int64_t>(load_be64(frame.data() + 4));
  header.error = static_cast<int32_t>(load_be32(frame.data() + 12));
  return true;
}

bool is_immediate(int32_t xid) {
  return xid == wire::kXidAuth || xid == kXidSasl;
}

std::string_view end_text(Recording::End end) {
  switch (end) {
    case Recording::End::kOpen:
      return "open";
    case Recording::End::kClosed:
      return "closed by the server";
    case Recording::End::kDropped:
      return "dropped by the script";
    case Recording::End::kSilent:
      return "silent: an answer or the end is missing";
    case Recording::End::kRefused:
      return "refused";
  }
  return "";
}

class ConnectionText {
 public:
  ConnectionText(const Recording& recording, int32_t number,
                 const Recording::Connection& connection, const std::set<int64_t>& closings)
      : reply_text_(recording),
        number_(number),
        connection_(connection),
        closings_(closings),
        prefix_("c" + std::to_string(number)) {}

  std::vector<std::string> lines() {
    split_requests();
    for (size_t i = 0; i < connection_.frames.size(); ++i) add_frame(i, connection_.frames[i]);
    end_events();
    // Java may close a connection before it has sent what the connection was just told.
    if (connection_.end == Recording::End::kClosed) lines_.resize(after_last_reply_);
    lines_.insert(lines_.end(), immediate_.begin(), immediate_.end());
    lines_.push_back(prefix_ + " " + std::string(end_text(connection_.end)));
    return std::move(lines_);
  }

 private:
  void split_requests() {
    for (size_t i = 1; i < connection_.requests.size(); ++i) {
      const Frame* frame = connection_.requests[i];
      if (!frame->answered) continue;
      (is_immediate(frame_xid(*frame)) ? immediate_requests_ : requests_).push_back(frame);
    }
  }

  void add_frame(size_t index, const std::string& frame) {
    if (index == 0) {
      lines_.push_back(prefix_ + " connected" + reply_text_.connect_response(frame, number_));
      after_last_reply_ = lines_.size();
      return;
    }
    Header header;
    if (!read_header(frame, header)) {
      lines_.push_back(prefix_ + " unreadable " + quoted(frame));
      return;
    }
    std::string_view rest = std::string_view(frame).substr(kHeaderBytes);
    if (header.xid == wire::kXidNotification) {
      add_event(header, rest);
    } else if (is_immediate(header.xid)) {
      immediate_.push_back(reply_line(header, rest, immediate_requests_, next_immediate_));
    } else {
      end_events();
      lines_.push_back(reply_line(header, rest, requests_, next_));
      after_last_reply_ = lines_.size();
    }
  }

  std::string reply_line(const Header& header, std::string_view rest,
                         const std::vector<const Frame*>& requests, size_t& next) {
    std::string text = prefix_;
    // The last ping of the endpoint belongs to no request of the script.
    static const Frame kLastPing{std::string("\0\0\0\10\xff\xff\xff\xfe\0\0\0\13", 12), {}, true};
    const Frame& request = next < requests.size() ? *requests[next] : kLastPing;
    text += " #" + std::to_string(++next) + " " + describe_request(request).substr(0, 120) +
            " -> xid " + std::to_string(header.xid) + " zxid " + reply_text_.zxid(header.zxid) +
            " err " + std::to_string(header.error);
    return text + reply_text_.body(request, header.error, rest);
  }

  void add_event(const Header& header, std::string_view rest) {
    if (header.zxid != events_zxid_) end_events();
    events_zxid_ = header.zxid;
    std::string text = prefix_ + " event zxid " + reply_text_.zxid(header.zxid);
    if (header.error != 0) text += " err " + std::to_string(header.error);
    lines_.push_back(text + reply_text_.event(rest));
    ++events_;
  }

  // Closes a run of events of one zxid.
  void end_events() {
    if (closings_.contains(events_zxid_)) {
      std::sort(lines_.end() - static_cast<ptrdiff_t>(events_), lines_.end());
    }
    events_ = 0;
  }

  const ReplyText reply_text_;
  const int32_t number_;
  const Recording::Connection& connection_;
  const std::set<int64_t>& closings_;
  const std::string prefix_;
  std::vector<const Frame*> requests_;
  std::vector<const Frame*> immediate_requests_;
  size_t next_ = 0;
  size_t next_immediate_ = 0;
  std::vector<std::string> lines_;
  std::vector<std::string> immediate_;
  size_t after_last_reply_ = 0;
  size_t events_ = 0;  // of the run that lines_ ends with
  int64_t events_zxid_ = 0;
};

std::set<int64_t> close_zxids(const Recording& recording) {
  std::set<int64_t> zxids;
  for (const auto& [number, connection] : recording.connections) {
    // A closeSession is the last request of its connection, and its reply the last one.
    if (connection.requests.empty() || connection.frames.empty()) continue;
    if (frame_opcode(*connection.requests.back()) != static_cast<int32_t>(Opcode::kCloseSession))
      continue;
    for (const std::string& frame : connection.frames) {
      Header header;
      if (read_header(frame, header) && header.xid == frame_xid(*connection.requests.back())) {
        zxids.insert(header.zxid);
      }
    }
  }
  return zxids;
}

std::string node_line(const ReplyText& reply_text, const WalkedNode& node) {
  std::string text = "tree " + quoted(node.path);
  for (const std::string* reply : {&node.data_reply, &node.acl_reply}) {
    Header header;
    if (!read_header(*reply, header) || header.error != 0) {
      text += " err " + std::to_string(header.error);
      continue;
    }
    wire::Reader reader(std::string_view(*reply).substr(kHeaderBytes));
    text += reply == &node.data_reply ? reply_text.data_and_stat(reader, node.path)
                                      : reply_text.acl_and_stat(reader, node.path);
    if (!reader.ok() || reader.remaining() != 0) text += " unreadable " + quoted(*reply);
  }
  return text;
}

}  // namespace

std::vector<std::string> transcript(const Recording& recording) {
  std::vector<std::string> lines;
  std::set<int64_t> closings = close_zxids(recording);
  for (const auto& [number, connection] : recording.connections) {
    std::vector<std::string> more = ConnectionText(recording, number, connection, closings).lines();
    lines.insert(lines.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  }
  ReplyText reply_text(recording);
  for (const WalkedNode& node : recording.tree) lines.push_back(node_line(reply_text, node));
  return lines;
}

}  // namespace zookernel::differential
