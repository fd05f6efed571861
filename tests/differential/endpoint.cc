#include "tests/differential/endpoint.h"

#include <algorithm>
#include <cstring>
#include <sstream>

#include "tests/differential/request_builder.h"
#include "zookernel/bytes.h"
#include "zookernel/wire/jute.h"
#include "zookernel/wire/opcode.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::differential {

namespace {

using wire::Opcode;

// How long a server may take before it counts as silent. Generous: machines are loaded, and only a
// server that differs makes anybody wait.
constexpr int kAnswerTimeoutMs = 10000;
constexpr size_t kHeaderBytes = 16;

int32_t xid_of(const std::string& payload) {
  return payload.size() < 4 ? 0 : static_cast<int32_t>(load_be32(payload.data()));
}
int64_t zxid_of(const std::string& reply) {
  return reply.size() < kHeaderBytes ? 0 : static_cast<int64_t>(load_be64(reply.data() + 4));
}
int32_t error_of(const std::string& reply) {
  return reply.size() < kHeaderBytes ? 0 : static_cast<int32_t>(load_be32(reply.data() + 12));
}

Frame request(Opcode opcode, Body body) {
  return request_frame(1, static_cast<int32_t>(opcode), std::move(body));
}

size_t answered_count(const Step& step) {
  return static_cast<size_t>(std::count_if(step.frames.begin(), step.frames.end(),
                                           [](const Frame& f) { return f.answered; }));
}

// Children named in the reply to a getChildren2; empty if it failed.
std::vector<std::string> children_of(const std::string& reply) {
  std::vector<std::string> names;
  if (reply.size() <= kHeaderBytes || error_of(reply) != 0) return names;
  wire::Reader reader(Bytes(reply).substr(kHeaderBytes));
  for (int32_t count = reader.read_count(4); count > 0; --count) {
    names.emplace_back(reader.read_string().bytes);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_system_node(const std::string& path) {
  return std::find(std::begin(kSystemNodes), std::end(kSystemNodes), path) !=
         std::end(kSystemNodes);
}

}  // namespace

// --- Running -----------------------------------------------------------------------------------

Recording Endpoint::run(const Script& script) {
  Recording recording;
  recording.baseline = baseline_;
  credentials_.clear();
  sessions_.clear();
  for (const Step& step : script) run_step(step, recording);
  for (auto& [connection, live] : live_) last_ping(connection, live, recording);
  recording.sessions = sessions_;
  walk(recording);
  return recording;
}

void Endpoint::run_step(const Step& step, Recording& recording) {
  if (step.kind == Step::Kind::kConnect) {
    auto& fresh = recording.connections[step.connection];
    if (!live_[step.connection].socket.connect(port_)) {
      fresh.end = Recording::End::kRefused;
      return;
    }
  }
  auto found = live_.find(step.connection);
  if (found == live_.end() || !found->second.socket.is_open()) return;
  Live& live = found->second;
  auto& record = recording.connections[step.connection];
  if (step.kind == Step::Kind::kDrop) {
    live.socket.close();
    record.end = Recording::End::kDropped;
    return;
  }
  for (const Frame& frame : step.frames) record.requests.push_back(&frame);
  live.socket.send(filled_in(step), step.chunk_size);
  await(step, live, recording, answered_count(step));
}

// All frames of a step, with what only this server knows put in.
std::string Endpoint::filled_in(const Step& step) const {
  std::string all;
  for (const Frame& frame : step.frames) {
    size_t start = all.size();
    all += frame.bytes;
    for (const Patch& patch : frame.patches) {
      char* at = all.data() + start + patch.offset;
      auto known = credentials_.find(patch.argument);
      switch (patch.kind) {
        case Patch::Kind::kZxid:
          store_be64(at, static_cast<uint64_t>(baseline_.zxid + patch.argument));
          break;
        case Patch::Kind::kSessionId:
          if (known != credentials_.end()) store_be64(at, static_cast<uint64_t>(known->second.id));
          break;
        case Patch::Kind::kPassword:
          if (known != credentials_.end()) {
            std::memcpy(at, known->second.password.data(), wire::kPasswordBytes);
          }
          break;
      }
    }
  }
  return all;
}

// Reads until the step's replies are there; where the connection must end then, until it does.
void Endpoint::await(const Step& step, Live& live, Recording& recording, size_t replies) {
  auto& record = recording.connections[step.connection];
  bool handshake = step.kind == Step::Kind::kConnect;
  size_t got = 0;
  while (got < replies || step.closes) {
    std::string payload;
    Socket::Got what = live.socket.read_frame(payload, kAnswerTimeoutMs);
    if (what != Socket::Got::kFrame) {
      record.end = what == Socket::Got::kEnd ? Recording::End::kClosed : Recording::End::kSilent;
      live.socket.close();
      return;
    }
    bool event = !handshake && xid_of(payload) == wire::kXidNotification;
    record.frames.push_back(std::move(payload));
    if (handshake) take_connect_response(step, live, recording);
    handshake = false;
    if (!event) ++got;
  }
}

void Endpoint::take_connect_response(const Step& step, Live& live, Recording& recording) {
  wire::Reader reader(recording.connections[step.connection].frames.back());
  reader.read_int();
  reader.read_int();
  int64_t id = reader.read_long();
  std::string password(reader.read_buffer().bytes);
  if (!reader.ok() || id == 0 || password.size() != wire::kPasswordBytes) return;
  live.session = id;
  if (sessions_.emplace(id, step.connection).second) credentials_[step.connection] = {id, password};
}

// Brings what is still under way to this connection, and tells whether it lives.
void Endpoint::last_ping(int32_t connection, Live& live, Recording& recording) {
  if (!live.socket.is_open()) return;
  Step step;
  step.connection = connection;
  live.socket.send(
      request_frame(wire::kXidPing, static_cast<int32_t>(Opcode::kPing), Body()).bytes);
  await(step, live, recording, 1);
}

// --- The tree ----------------------------------------------------------------------------------

void Endpoint::walk(Recording& recording) {
  paths_ = {"/"};
  std::vector<std::string> level = {"/"};
  while (!level.empty()) {
    std::vector<Frame> requests;
    for (const std::string& path : level) {
      requests.push_back(request(Opcode::kGetChildren2, Body().text(path).boolean(false)));
    }
    std::vector<std::string> replies;
    if (!call(requests, replies)) return;
    std::vector<std::string> next;
    for (size_t i = 0; i < level.size(); ++i) {
      for (const std::string& name : children_of(replies[i])) {
        next.push_back((level[i] == "/" ? "" : level[i]) + "/" + name);
      }
    }
    paths_.insert(paths_.end(), next.begin(), next.end());
    level = std::move(next);
  }

  std::vector<Frame> requests;
  for (const std::string& path : paths_) {
    requests.push_back(request(Opcode::kGetData, Body().text(path).boolean(false)));
    requests.push_back(request(Opcode::kGetAcl, Body().text(path)));
  }
  std::vector<std::string> replies;
  if (!call(requests, replies)) return;
  for (size_t i = 0; i < paths_.size(); ++i) {
    recording.tree.push_back({paths_[i], replies[2 * i], replies[2 * i + 1]});
  }
}

std::map<std::string, std::string> Endpoint::counts() const {
  std::map<std::string, std::string> found;
  Socket socket;
  if (!socket.connect(port_)) return found;
  socket.send("mntr");
  std::istringstream lines(socket.read_to_end(kAnswerTimeoutMs));
  for (std::string line; std::getline(lines, line);) {
    size_t tab = line.find('\t');
    if (tab == std::string::npos) continue;
    std::string key = line.substr(0, tab);
    for (const char* wanted : {"zk_znode_count", "zk_ephemerals_count", "zk_watch_count"}) {
      if (key == wanted) found[key] = line.substr(tab + 1);
    }
  }
  return found;
}

// --- Before and after --------------------------------------------------------------------------

bool Endpoint::call(const std::vector<Frame>& requests, std::vector<std::string>& replies) {
  std::string all;
  for (const Frame& frame : requests) all += frame.bytes;
  control_.send(all);
  replies.clear();
  while (replies.size() < requests.size()) {
    std::string payload;
    if (control_.read_frame(payload, kAnswerTimeoutMs) != Socket::Got::kFrame) {
      problem_ = name_ + " answered " + std::to_string(replies.size()) + " of " +
                 std::to_string(requests.size()) +
                 " requests on the control connection (look into its log; it may have ended)";
      return false;
    }
    replies.push_back(std::move(payload));
  }
  return true;
}

bool Endpoint::open_control() {
  if (!control_.connect(port_)) {
    problem_ = name_ + " does not listen on port " + std::to_string(port_) + " (is it running?)";
    return false;
  }
  std::vector<std::string> replies;
  Body hello = Body().integer(0).longer(0).integer(INT32_MAX).longer(0).text(std::string(16, '\0'));
  Body login = Body().integer(0).text("digest").text(kSuperLogin);
  return call({payload_frame(hello.boolean(false))}, replies) &&
         call({request(Opcode::kAuth, std::move(login))}, replies);
}

bool Endpoint::open() {
  if (!open_control()) return false;
  Recording unused;
  walk(unused);
  return remove_nodes() && take_baseline();
}

bool Endpoint::clean_up() {
  return end_sessions() && remove_nodes() && take_baseline();
}

// Ends each session of the script: on its connection if that is open, else through a new one.
bool Endpoint::end_sessions() {
  Frame goodbye = request(Opcode::kCloseSession, Body());
  for (auto& [connection, live] : live_) {
    if (!live.socket.is_open()) continue;
    live.socket.send(goodbye.bytes);
    std::string payload;
    while (live.socket.read_frame(payload, kAnswerTimeoutMs) == Socket::Got::kFrame) {
      if (xid_of(payload) != wire::kXidNotification && sessions_.contains(live.session)) {
        credentials_.erase(sessions_[live.session]);
      }
    }
  }
  live_.clear();
  for (const auto& [connection, credentials] : credentials_) {
    Socket socket;
    if (!socket.connect(port_)) {
      problem_ = name_ + " does not listen on port " + std::to_string(port_) + " any more";
      return false;
    }
    Body body = Body().integer(0).longer(0).integer(60000).longer(credentials.id);
    body.text(credentials.password).boolean(false);
    socket.send(payload_frame(std::move(body)).bytes);
    std::string payload;
    if (socket.read_frame(payload, kAnswerTimeoutMs) != Socket::Got::kFrame) continue;
    socket.send(goodbye.bytes);
    while (socket.read_frame(payload, kAnswerTimeoutMs) == Socket::Got::kFrame) {
    }
  }
  credentials_.clear();
  return true;
}

// Deletes what the last walk found, children first, and gives the system's nodes their data and
// ACLs back.
bool Endpoint::remove_nodes() {
  std::vector<Frame> requests;
  for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) {
    if (is_system_node(*path)) continue;
    requests.push_back(request(Opcode::kDelete, Body().text(*path).integer(-1)));
  }
  for (const char* path : kSystemNodes) {
    int32_t perms = std::string_view(path) == "/zookeeper/config" ? 1 : 31;
    requests.push_back(request(Opcode::kSetData, Body().text(path).text("").integer(-1)));
    requests.push_back(request(Opcode::kSetAcl,
                               Body().text(path).acl({{{perms, "world", "anyone"}}}).integer(-1)));
  }
  std::vector<std::string> replies;
  if (!call(requests, replies)) return false;
  Recording left;
  walk(left);
  if (paths_.size() == kSystemNodeCount) return true;
  problem_ = name_ + " kept " + std::to_string(paths_.size() - kSystemNodeCount) +
             " znodes that should have gone with the script, for example " + paths_.back();
  return false;
}

bool Endpoint::take_baseline() {
  std::vector<Frame> requests;
  for (const char* path : kSystemNodes) {
    requests.push_back(request(Opcode::kExists, Body().text(path).boolean(false)));
  }
  std::vector<std::string> replies;
  if (!call(requests, replies)) return false;
  for (size_t i = 0; i < kSystemNodeCount; ++i) {
    wire::Reader reader(Bytes(replies[i]).substr(std::min(replies[i].size(), kHeaderBytes)));
    reader.read_raw(32);  // czxid, mzxid, ctime, mtime
    baseline_.system[i] = {reader.read_int(), reader.read_int(), reader.read_int()};
    if (!reader.ok()) {
      problem_ = name_ + " answers exists of " + kSystemNodes[i] + " with error " +
                 std::to_string(error_of(replies[i]));
      return false;
    }
    baseline_.zxid = zxid_of(replies[i]);
  }
  return true;
}

}  // namespace zookernel::differential
