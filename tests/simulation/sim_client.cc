#include "tests/simulation/sim_client.h"

#include <algorithm>
#include <array>
#include <utility>

#include "plugins/auth/digest/hash.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/violation.h"
#include "zookernel/log.h"

namespace zookernel::sim {

using wire::CreateMode;
using wire::Opcode;

namespace {

constexpr size_t kKnownMax = 20;
constexpr int kUsers = 2;  // identities that clients share

bool is_set_watches(Opcode opcode) {
  return opcode == Opcode::kSetWatches || opcode == Opcode::kSetWatches2;
}

std::string credentials(uint64_t user) {
  return "user" + std::to_string(user) + ":secret";
}
wire::Id digest_id(uint64_t user) {
  return {"digest",
          "user" + std::to_string(user) + ":" +
              auth::hash_base64(auth::hash_algorithm("SHA1"), credentials(user)).value_or("")};
}

}  // namespace

SimClient::SimClient(const Plan& plan, int number, ClientNetwork& network)
    : plan_(plan),
      number_(number),
      network_(network),
      random_(plan.seed * 1000003 + static_cast<uint64_t>(number) + 0x636c69ull),
      auth_(random_.chance(1, 2)) {}

void SimClient::begin() {
  network_.after(static_cast<int64_t>(random_.below(1000000)), [this] { act(); });
}

void SimClient::heal() {
  healed_ = true;
  served_ = false;
  silent_until_us_ = 0;
}

// ---- life

// The client's heartbeat: about every think_us it does one thing.
void SimClient::act() {
  const int64_t mean = healed_ ? 200000 : plan_.think_us;
  network_.after(1 + static_cast<int64_t>(random_.below(2 * static_cast<uint64_t>(mean) + 1)),
                 [this] { act(); });
  if (network_.now_us() < silent_until_us_) return;
  if (state_ == State::kAway) return connect();
  check_alive();
  if (state_ != State::kConnected) return;
  if (healed_) {
    if (!served_ && outstanding_.empty()) ask(Opcode::kExists, wire::ExistsRequest{"/", false});
    return keep_alive();
  }
  if (plan_.has(Fault::kResets) && random_.chance(1, 100)) {
    network_.reset(link_);
    return disconnected();
  }
  if (plan_.has(Fault::kSilence) && random_.chance(1, 100)) return go_silent();
  if (random_.chance(1, 150)) return end_session();
  // A burst; some clients wait for each answer.
  const auto room = plan_.depth_max - static_cast<int>(outstanding_.size());
  if (room <= 0) return;
  const uint64_t burst = 1 + random_.below(static_cast<uint64_t>(room));
  for (uint64_t i = 0; i < burst && state_ == State::kConnected; ++i) ask_something();
}

void SimClient::connect() {
  state_ = State::kConnecting;
  outstanding_.clear();
  auth_pending_ = false;
  heard_us_ = said_us_ = network_.now_us();
  ++life_;
  link_ = network_.connect(number_);
  wire::ConnectRequest request;
  request.last_zxid_seen = last_zxid_;
  request.timeout = plan_.options.min_session_timeout_ms / 2 +
                    static_cast<int32_t>(random_.below(static_cast<uint64_t>(
                        random_.chance(1, 2) ? plan_.options.max_session_timeout_ms + 1000
                                             : 2 * plan_.options.tick_ms)));
  request.session_id = session_;
  request.passwd = password_;
  if (session_ != 0 && random_.chance(1, 50)) request.passwd = std::string(16, 'x');
  if (random_.chance(9, 10)) request.read_only = false;
  network_.send(link_, wire::encoded(request));
}

void SimClient::connected(Bytes payload) {
  wire::ConnectResponse response;
  wire::Reader reader(payload);
  if (!wire::decode(reader, response))
    throw Violation("the server sends whole frames", "a connect response is malformed");
  if (response.session_id == 0) return forget_session();  // the server closes
  if (session_ != 0 && response.session_id != session_)
    throw Violation("a client gets its own session", hex(response.session_id));
  session_ = response.session_id;
  password_ = response.passwd.value_or("");
  timeout_ms_ = response.timeout;
  state_ = State::kConnected;
  if (auth_) send_auth();
  send_set_watches();
  keep_alive();
}

void SimClient::on_disconnected(uint64_t link) {
  if (link == link_) disconnected();
}

void SimClient::disconnected() {
  state_ = State::kAway;
  link_ = 0;
  outstanding_.clear();
  ++life_;
  if (random_.chance(1, 4))
    silent_until_us_ =
        std::max(silent_until_us_,
                 network_.now_us() + static_cast<int64_t>(random_.below(
                                         1000 * static_cast<uint64_t>(plan_.options.tick_ms))));
}

// About as long as the session lives: sometimes shorter, sometimes longer; with or without its
// connection.
void SimClient::go_silent() {
  const auto timeout = static_cast<uint64_t>(std::max(timeout_ms_, plan_.options.tick_ms));
  silent_until_us_ =
      network_.now_us() + static_cast<int64_t>(1000 * (timeout / 2 + random_.below(2 * timeout)));
  if (!random_.chance(1, 2)) return;
  network_.reset(link_);
  disconnected();
}

void SimClient::end_session() {
  ++xid_;
  outstanding_.push_back({xid_, Opcode::kCloseSession, ""});
  network_.send(
      link_, wire::encoded(wire::RequestHeader{xid_, static_cast<int32_t>(Opcode::kCloseSession)}));
  // What follows must not be served.
  if (random_.chance(1, 3)) ask_something();
}

void SimClient::forget_session() {
  session_ = 0;
  last_zxid_ = 0;
  password_ = std::string(wire::kPasswordBytes, '\0');
  data_watches_.clear();
  exist_watches_.clear();
  child_watches_.clear();
  persistent_watches_.clear();
  recursive_watches_.clear();
}

void SimClient::keep_alive() {
  network_.after(1000 * static_cast<int64_t>(std::max(timeout_ms_ / 3, 1)), [this, life = life_] {
    if (life != life_ || state_ != State::kConnected) return;
    if (healed_) return;  // act() does it then
    keep_alive();
    if (network_.now_us() < silent_until_us_) return;
    if (network_.now_us() - said_us_ < 1000 * static_cast<int64_t>(timeout_ms_ / 3)) return;
    ask(Opcode::kPing, wire::SyncRequest{});
  });
}

// Like every client: who hears nothing for two thirds of the timeout tries another connection.
void SimClient::check_alive() {
  const int64_t patience_ms = state_ == State::kConnected ? timeout_ms_ * 2 / 3 : 10000;
  if (outstanding_.empty() && state_ == State::kConnected) return;
  if (network_.now_us() - heard_us_ < 1000 * patience_ms) return;
  network_.reset(link_);
  disconnected();
}

// ---- requests

template <typename Record>
void SimClient::ask(Opcode opcode, const Record& record, const std::string& path, bool watch,
                    int32_t mode) {
  const bool ping = opcode == Opcode::kPing;
  const int32_t xid = ping                     ? wire::kXidPing
                      : is_set_watches(opcode) ? wire::kXidSetWatches
                                               : ++xid_;
  // Patience is for answers: it begins with the first request that waits.
  if (outstanding_.empty()) heard_us_ = network_.now_us();
  outstanding_.push_back({xid, opcode, path, watch, mode});
  said_us_ = network_.now_us();
  const std::string header = wire::encoded(wire::RequestHeader{xid, static_cast<int32_t>(opcode)});
  network_.send(link_, ping ? header : header + wire::encoded(record));
}

void SimClient::ask_something() {
  if (random_.chance(1, 40)) return ask_quota();
  if (auth_ && random_.chance(1, 200)) return send_auth();
  if (random_.chance(1, 2)) return ask_write();
  if (random_.chance(1, 10)) return ask_watch();
  ask_read();
}

void SimClient::ask_watch() {
  std::string path = draw_path();
  if (random_.chance(1, 10)) path = "/";
  const auto type = 1 + static_cast<int32_t>(random_.below(random_.chance(1, 20) ? 6 : 5));
  switch (random_.below(4)) {
    case 0:
    case 1: {
      const auto mode = static_cast<int32_t>(random_.below(random_.chance(1, 20) ? 3 : 2));
      return ask(Opcode::kAddWatch, wire::AddWatchRequest{path, mode}, path, false, mode);
    }
    case 2:
      return ask(Opcode::kRemoveWatches, wire::RemoveWatchesRequest{path, type}, path, false, type);
    default:
      return ask(Opcode::kCheckWatches, wire::CheckWatchesRequest{path, type});
  }
}

void SimClient::ask_write() {
  switch (random_.below(10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return ask_create();
    case 4:
    case 5: {
      const wire::DeleteRequest request{draw_path(), draw_version()};
      return ask(Opcode::kDelete, request);
    }
    case 6:
    case 7: {
      const wire::SetDataRequest request{draw_path(), draw_data(), draw_version()};
      return ask(Opcode::kSetData, request);
    }
    case 8: {
      const wire::SetAclRequest request{draw_path(), draw_acl(), draw_version()};
      return ask(Opcode::kSetAcl, request);
    }
    default:
      return ask_multi();
  }
}

void SimClient::ask_read() {
  const std::string path = draw_path();
  const bool watch = random_.chance(1, 3);
  switch (random_.below(11)) {
    case 8:
      return ask_multi_read();
    case 9:
      return ask(Opcode::kGetEphemerals,
                 wire::GetEphemeralsRequest{random_.chance(1, 3) ? "/" : path});
    case 10:
      return ask(Opcode::kGetAllChildrenNumber, wire::GetAllChildrenNumberRequest{path});
    case 0:
    case 1:
      return ask(Opcode::kGetData, wire::GetDataRequest{path, watch}, path, watch);
    case 2:
    case 3:
      return ask(Opcode::kExists, wire::ExistsRequest{path, watch}, path, watch);
    case 4:
      return ask(Opcode::kGetChildren, wire::GetChildrenRequest{path, watch}, path, watch);
    case 5:
      return ask(Opcode::kGetChildren2, wire::GetChildren2Request{path, watch}, path, watch);
    case 6:
      return ask(Opcode::kGetAcl, wire::GetAclRequest{path});
    default:
      return ask(Opcode::kSync, wire::SyncRequest{path});
  }
}

wire::CreateRequest SimClient::draw_create(bool in_multi) {
  wire::CreateRequest request;
  request.path = draw_new_path();
  request.data = draw_data();
  request.acl = draw_acl();
  static constexpr std::array<CreateMode, 8> kModes = {CreateMode::kPersistent,
                                                       CreateMode::kPersistent,
                                                       CreateMode::kEphemeral,
                                                       CreateMode::kEphemeral,
                                                       CreateMode::kPersistentSequential,
                                                       CreateMode::kEphemeralSequential,
                                                       CreateMode::kContainer,
                                                       CreateMode::kEphemeral};
  request.flags = static_cast<int32_t>(kModes[random_.below(kModes.size())]);
  // Flags that do not exist; a multi is refused for them as a whole, which is another matter.
  if (!in_multi && random_.chance(1, 60)) request.flags = 7;
  return request;
}

void SimClient::ask_create() {
  wire::CreateRequest request = draw_create(false);
  if (random_.chance(1, 12)) {
    const auto flags = static_cast<int32_t>(
        random_.chance(1, 3) ? CreateMode::kPersistentSequentialTtl : CreateMode::kPersistentTtl);
    constexpr std::array<int64_t, 4> kTtls = {0, 50, 3000, 100000};
    const int64_t ttl = kTtls[random_.below(kTtls.size())];
    return ask(Opcode::kCreateTtl,
               wire::CreateTtlRequest{request.path, request.data, request.acl, flags, ttl});
  }
  Opcode opcode = random_.chance(1, 2) ? Opcode::kCreate : Opcode::kCreate2;
  if (request.flags == static_cast<int32_t>(CreateMode::kContainer))
    opcode = Opcode::kCreateContainer;
  ask(opcode, request, request.path);
}

void SimClient::ask_multi() {
  wire::MultiRequest request;
  const uint64_t count = random_.below(6);
  for (uint64_t i = 0; i < count; ++i) {
    switch (random_.below(5)) {
      case 0:
        request.operations.push_back({Opcode::kCreate2, draw_create(true)});
        break;
      case 1:
        request.operations.push_back({Opcode::kCreate, draw_create(true)});
        break;
      case 2:
        request.operations.push_back(
            {Opcode::kDelete, wire::DeleteRequest{draw_path(), draw_version()}});
        break;
      case 3:
        request.operations.push_back(
            {Opcode::kSetData, wire::SetDataRequest{draw_path(), draw_data(), draw_version()}});
        break;
      default:
        request.operations.push_back(
            {Opcode::kCheck, wire::CheckVersionRequest{draw_path(), draw_version()}});
    }
  }
  ask(Opcode::kMulti, request);
}

void SimClient::ask_multi_read() {
  wire::MultiRequest request;
  const uint64_t count = random_.below(5);
  for (uint64_t i = 0; i < count; ++i) {
    if (random_.chance(1, 2)) {
      request.operations.push_back({Opcode::kGetData, wire::GetDataRequest{draw_path(), false}});
    } else {
      request.operations.push_back(
          {Opcode::kGetChildren, wire::GetChildrenRequest{draw_path(), false}});
    }
  }
  ask(Opcode::kMultiRead, request);
}

// A quota on a child of the root: limits and usage come and go together, as the command-line client
// leaves them.
void SimClient::ask_quota() {
  const std::string base = "/zookeeper/quota/n" + std::to_string(random_.below(2));
  const std::string limits = base + "/zookeeper_limits", usage = base + "/zookeeper_stats";
  const std::vector<wire::Acl> open = {{wire::kPermAll, {"world", "anyone"}}};
  const auto number = [this](uint64_t below) {
    return std::to_string(random_.chance(1, 3) ? -1 : static_cast<int64_t>(random_.below(below)));
  };
  const std::string text = "count=" + number(10) + ",bytes=" + number(2000) +
                           "=;byteHardLimit=" + number(3000) + ";countHardLimit=" + number(15);
  const auto create = [&open](const std::string& path, const std::string& data) {
    return wire::MultiOperation{Opcode::kCreate, wire::CreateRequest{path, data, open, 0}};
  };
  switch (random_.below(6)) {
    case 0:
      return ask(Opcode::kMulti, wire::MultiRequest{{create(base, "")}});
    case 1:
    case 2:
      return ask(Opcode::kMulti, wire::MultiRequest{{create(limits, text), create(usage, "mine")}});
    case 3:
      return ask(Opcode::kMulti,
                 wire::MultiRequest{{{Opcode::kDelete, wire::DeleteRequest{usage, -1}},
                                     {Opcode::kDelete, wire::DeleteRequest{limits, -1}}}});
    case 4:
      return ask(Opcode::kSetData, wire::SetDataRequest{limits, text, -1});
    default:
      return ask(Opcode::kGetData, wire::GetDataRequest{usage, false});
  }
}

void SimClient::send_auth() {
  if (auth_pending_) return;
  auth_pending_ = true;
  const bool wrong = random_.chance(1, 20);
  const uint64_t user = random_.below(kUsers);
  network_.send(
      link_,
      wire::encoded(wire::RequestHeader{wire::kXidAuth, static_cast<int32_t>(Opcode::kAuth)}) +
          wire::encoded(wire::AuthPacket{0, wrong ? "nosuch" : "digest", credentials(user)}));
}

void SimClient::send_set_watches() {
  const bool for_good = !persistent_watches_.empty() || !recursive_watches_.empty();
  if (data_watches_.empty() && exist_watches_.empty() && child_watches_.empty() && !for_good)
    return;
  wire::SetWatches2 request;
  request.relative_zxid = last_zxid_;
  request.data_watches.assign(data_watches_.begin(), data_watches_.end());
  request.exist_watches.assign(exist_watches_.begin(), exist_watches_.end());
  request.child_watches.assign(child_watches_.begin(), child_watches_.end());
  request.persistent_watches.assign(persistent_watches_.begin(), persistent_watches_.end());
  request.persistent_recursive_watches.assign(recursive_watches_.begin(), recursive_watches_.end());
  // As Java's client does: the longer request only where it is needed.
  if (for_good) return ask(Opcode::kSetWatches2, request);
  ask(Opcode::kSetWatches, wire::SetWatches{request.relative_zxid, request.data_watches,
                                            request.exist_watches, request.child_watches});
}

std::string SimClient::draw_path() {
  if (!known_.empty() && random_.chance(1, 3)) return known_[random_.below(known_.size())];
  if (random_.chance(1, 50)) return random_.chance(1, 2) ? "/" : "/zookeeper/config";
  std::string path = "/n" + std::to_string(random_.below(static_cast<uint64_t>(plan_.names)));
  if (random_.chance(1, 2))
    path += "/m" + std::to_string(random_.below(static_cast<uint64_t>(plan_.names)));
  return path;
}

std::string SimClient::draw_new_path() {
  if (random_.chance(1, 100)) return random_.chance(1, 2) ? "/n0//m" : "relative";
  const std::string path = draw_path();
  return path == "/" ? "/n0" : path;
}

std::optional<std::string> SimClient::draw_data() {
  if (random_.chance(1, 10)) return std::nullopt;
  if (random_.chance(1, 10)) return std::string();
  return draw_data_bytes();
}

std::string SimClient::draw_data_bytes() {
  const uint64_t size = random_.chance(1, 40) ? random_.below(9000) : 1 + random_.below(100);
  std::string data(size, '\0');
  const uint64_t pattern = random_.next();
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(pattern >> (8 * (i % 8)));
  return data;
}

std::vector<wire::Acl> SimClient::draw_acl() {
  const wire::Acl open = {wire::kPermAll, {"world", "anyone"}};
  switch (random_.below(25)) {
    case 0:
      return {{wire::kPermRead, {"world", "anyone"}}};
    case 1:
      return {{wire::kPermAll, {"auth", ""}}};
    case 2:
      return {{wire::kPermAll, digest_id(random_.below(kUsers))},
              {wire::kPermRead | wire::kPermCreate, {"world", "anyone"}}};
    case 3:
      return {{wire::kPermAll & ~wire::kPermAdmin, {"world", "anyone"}}, open, open};
    case 4:
      return random_.chance(1, 2) ? std::vector<wire::Acl>{}
                                  : std::vector<wire::Acl>{{31, {"nosuch", "x"}}};
    default:
      return {open};
  }
}

int32_t SimClient::draw_version() {
  return random_.chance(3, 4)
             ? -1
             : static_cast<int32_t>(random_.below(4)) - (random_.chance(1, 20) ? 5 : 0);
}

// ---- answers

void SimClient::on_frame(uint64_t link, Bytes payload) {
  if (link != link_) return;
  heard_us_ = network_.now_us();
  if (state_ == State::kConnecting) return connected(payload);
  wire::Reader reader(payload);
  wire::ReplyHeader header;
  if (!wire::decode(reader, header))
    throw Violation("the server sends whole frames", "a reply is malformed");
  if (header.zxid > 0) {
    if (header.zxid < last_zxid_)
      throw Violation("zxids never fall within a session",
                      describe_reply(payload, false) + " after " + hex(last_zxid_));
    last_zxid_ = header.zxid;
  }
  if (header.xid == wire::kXidNotification) {
    wire::WatcherEvent told;
    if (!wire::decode(reader, told))
      throw Violation("the server sends whole frames", "an event is malformed");
    return event(told);
  }
  if (header.xid == wire::kXidAuth) {
    auth_pending_ = false;
    return;
  }
  if (outstanding_.empty() || outstanding_.front().xid != header.xid)
    throw Violation("replies come in the order of requests", describe_reply(payload, false));
  const Asked asked = std::move(outstanding_.front());
  outstanding_.pop_front();
  answered(asked, header, reader);
  served_ = true;
}

void SimClient::answered(const Asked& asked, const wire::ReplyHeader& header, wire::Reader& body) {
  if (asked.opcode == Opcode::kCloseSession) return forget_session();
  const auto error = static_cast<wire::ErrorCode>(header.err);
  if (asked.opcode == Opcode::kCreate || asked.opcode == Opcode::kCreate2 ||
      asked.opcode == Opcode::kCreateContainer) {
    wire::CreateResponse response;
    if (error != wire::ErrorCode::kOk || !wire::decode(body, response)) return;
    known_.push_back(response.path);
    if (known_.size() > kKnownMax) known_.pop_front();
    return;
  }
  if (asked.opcode == Opcode::kAddWatch && error == wire::ErrorCode::kOk) {
    const bool recursive =
        asked.mode == static_cast<int32_t>(wire::AddWatchMode::kPersistentRecursive);
    (recursive ? recursive_watches_ : persistent_watches_).insert(asked.path);
  }
  if (asked.opcode == Opcode::kRemoveWatches && error == wire::ErrorCode::kOk)
    removed(asked.path, static_cast<wire::WatcherType>(asked.mode));
  if (!asked.watch) return;
  // A path waits in one of the two sets: the server has one list for both.
  const bool there = error == wire::ErrorCode::kOk;
  const bool children =
      asked.opcode == Opcode::kGetChildren || asked.opcode == Opcode::kGetChildren2;
  if (children) {
    if (there) child_watches_.insert(asked.path);
  } else if (there) {
    data_watches_.insert(asked.path);
    exist_watches_.erase(asked.path);
  } else if (asked.opcode == Opcode::kExists && error == wire::ErrorCode::kNoNode) {
    exist_watches_.insert(asked.path);
    data_watches_.erase(asked.path);
  }
}

void SimClient::removed(const std::string& path, wire::WatcherType type) {
  const bool any = type == wire::WatcherType::kAny;
  if (any || type == wire::WatcherType::kChildren) child_watches_.erase(path);
  if (any || type == wire::WatcherType::kData) {
    data_watches_.erase(path);
    exist_watches_.erase(path);
  }
  if (any || type == wire::WatcherType::kPersistent) persistent_watches_.erase(path);
  if (any || type == wire::WatcherType::kPersistentRecursive) recursive_watches_.erase(path);
}

bool SimClient::watched_for_good(const std::string& path, bool children) const {
  if (persistent_watches_.contains(path)) return true;
  if (children) return false;
  for (std::string above = path;;) {
    if (recursive_watches_.contains(above)) return true;
    if (above == "/") return false;
    above = above.substr(0, above.rfind('/'));
    if (above.empty()) above = "/";
  }
}

void SimClient::event(const wire::WatcherEvent& told) {
  const auto type = static_cast<wire::EventType>(told.type);
  const bool children = type == wire::EventType::kNodeChildrenChanged;
  const bool deleted = type == wire::EventType::kNodeDeleted;
  const size_t watched =
      (children ? 0 : data_watches_.erase(told.path) + exist_watches_.erase(told.path)) +
      (children || deleted ? child_watches_.erase(told.path) : 0);
  // The answer to setWatches may tell of one path twice.
  const bool resetting = !outstanding_.empty() && is_set_watches(outstanding_.front().opcode);
  if (watched == 0 && !resetting && !watched_for_good(told.path, children))
    throw Violation("watches fire once", "an event for " + told.path + " that nobody watches");
}

}  // namespace zookernel::sim
