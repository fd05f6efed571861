#include "tests/support/core_world.h"

#include "plugins/auth/auth/scheme.h"
#include "plugins/auth/digest/scheme.h"
#include "plugins/auth/ip/scheme.h"
#include "plugins/auth/super/scheme.h"
#include "plugins/auth/world/scheme.h"
#include "plugins/consensus/standalone/standalone.h"

namespace zookernel::test {

struct Schemes::Loaded {
  const ZookernelExtension* extension = nullptr;
  std::map<std::string, std::string> settings;
  ZookernelHost host{};
  ZookernelAuthScheme* scheme = nullptr;

  ZookernelText setting(const char* key) const {
    if (const auto given = settings.find(key); given != settings.end())
      return {given->second.data(), given->second.size()};
    for (uint32_t i = 0; i < extension->option_count; ++i) {
      const ZookernelOption& option = extension->options[i];
      if (std::string_view(option.key) == key)
        return {option.value, std::string_view(option.value).size()};
    }
    return {nullptr, 0};
  }
};

Schemes::Schemes(std::map<std::string, std::string> settings) {
  for (const ZookernelExtension* extension :
       {auth::world_extension(), auth::auth_extension(), auth::ip_extension(),
        auth::digest_extension(), auth::super_extension()}) {
    auto loaded = std::make_unique<Loaded>();
    loaded->extension = extension;
    loaded->settings = settings;
    loaded->host = {
        sizeof(ZookernelHost), loaded.get(),
        [](void* context, const char* key) { return static_cast<Loaded*>(context)->setting(key); },
        [](void*, int32_t, ZookernelText) {}};
    loaded->scheme = static_cast<ZookernelAuthScheme*>(extension->create());
    ZOOKERNEL_ASSERT(loaded->scheme != nullptr);
    if (loaded->scheme->configure != nullptr) {
      const int32_t configured =
          loaded->scheme->configure(loaded->scheme->self, &loaded->host, nullptr);
      ZOOKERNEL_ASSERT(configured == 1);
    }
    loaded_.push_back(std::move(loaded));
  }
}

Schemes::~Schemes() {
  for (const auto& loaded : loaded_) loaded->scheme->destroy(loaded->scheme->self);
}

std::vector<core::ServerParts::Scheme> Schemes::parts() const {
  std::vector<core::ServerParts::Scheme> parts;
  for (const auto& loaded : loaded_) parts.push_back({loaded->extension->name, loaded->scheme});
  return parts;
}

CoreWorld::CoreWorld(core::Options options, std::map<std::string, std::string> auth_settings,
                     std::vector<core::ServerParts::Command> commands)
    : schemes_(std::move(auth_settings)) {
  core::ServerParts parts;
  parts.options = std::move(options);
  parts.auth_schemes = schemes_.parts();
  parts.admin_commands = std::move(commands);
  parts.metrics = &metrics_;
  server_ = std::make_unique<core::Server>(std::move(parts));
  server_->start(std::make_unique<standalone::StandaloneMachine>(Zxid{}), now_, effects_);
  carry_out();
}

ConnId CoreWorld::open(const std::string& address) {
  const ConnId conn{++last_conn_};
  server_->step(
      core::ClientOpened{conn, {address, static_cast<uint16_t>(40000 + conn.value), false}},
      effects_);
  carry_out();
  return conn;
}

void CoreWorld::close(ConnId conn) {
  server_->step(core::ClientClosed{conn}, effects_);
  carry_out();
}

void CoreWorld::frame(ConnId conn, Bytes payload) {
  server_->step(core::ClientFrame{conn, payload}, effects_);
  carry_out();
}

ConnId CoreWorld::connect(int32_t timeout_ms) {
  const ConnId conn = open();
  const wire::ConnectResponse response =
      connect(conn, {0, 0, timeout_ms, 0, std::string(16, '\0'), false});
  ZOOKERNEL_ASSERT(response.session_id != 0);
  return conn;
}

wire::ConnectResponse CoreWorld::connect(ConnId conn, const wire::ConnectRequest& request) {
  frame(conn, wire::encoded(request));
  const std::optional<std::string> answer = next_frame(conn);
  wire::ConnectResponse response;
  if (!answer) return response;
  wire::Reader reader(*answer);
  const bool decoded = wire::decode(reader, response);
  ZOOKERNEL_ASSERT(decoded);
  return response;
}

void CoreWorld::pass(int64_t ms) {
  now_.mono_ms += ms;
  now_.wall_ms += ms;
  tick();
}

void CoreWorld::tick() {
  server_->step(now_, effects_);
  carry_out();
}

void CoreWorld::make_durable() {
  while (!tickets_.empty()) {
    const uint64_t ticket = tickets_.back();
    tickets_.clear();
    server_->step(Durable{ticket}, effects_);
    const bool manual = std::exchange(manual_disk, true);
    carry_out();
    manual_disk = manual;
  }
}

void CoreWorld::admin(ConnId conn, std::string_view word, Bytes argument) {
  server_->step(core::AdminCall{conn, word, argument}, effects_);
  carry_out();
}

void CoreWorld::step(const core::Input& input) {
  server_->step(input, effects_);
  carry_out();
}

void CoreWorld::carry_out() {
  for (Persist& persist : effects_.consensus.persist) {
    tickets_.push_back(persist.ticket);
    for (LogRecord& record : persist.append) log_.push_back(std::move(record));
  }
  for (Send& send : effects_.replies) sent_[send.conn].append(send.bytes.view());
  for (const ConnId conn : effects_.close) closed_[conn] = true;
  reading.insert(reading.end(), effects_.reading.begin(), effects_.reading.end());
  warnings.insert(warnings.end(), effects_.warnings.begin(), effects_.warnings.end());
  std::move(effects_.admin_runs.begin(), effects_.admin_runs.end(), std::back_inserter(admin_runs));
  std::move(effects_.admin_blocks.begin(), effects_.admin_blocks.end(),
            std::back_inserter(admin_blocks));
  effects_.clear();
  if (!manual_disk) make_durable();
}

std::optional<std::string> CoreWorld::next_frame(ConnId conn) {
  std::string& sent = sent_[conn];
  if (sent.size() < 4) return std::nullopt;
  const size_t size = load_be32(sent.data());
  ZOOKERNEL_ASSERT(sent.size() >= 4 + size);
  std::string frame = sent.substr(4, size);
  sent.erase(0, 4 + size);
  return frame;
}

std::optional<Reply> CoreWorld::next(ConnId conn) {
  const std::optional<std::string> frame = next_frame(conn);
  if (!frame) return std::nullopt;
  Reply reply;
  wire::Reader reader(*frame);
  const bool decoded = wire::decode(reader, reply.header);
  ZOOKERNEL_ASSERT(decoded);
  reply.body = std::string(reader.rest());
  return reply;
}

wire::ErrorCode CoreWorld::error_of(ConnId conn, int32_t xid) {
  const std::optional<Reply> reply = next(conn);
  ZOOKERNEL_ASSERT(reply.has_value());
  ZOOKERNEL_ASSERT(reply->header.xid == xid);
  return static_cast<wire::ErrorCode>(reply->header.err);
}

bool CoreWorld::closed(ConnId conn) const {
  const auto at = closed_.find(conn);
  return at != closed_.end() && at->second;
}

std::vector<wire::Acl> open_acl() {
  return {{wire::kPermAll, {"world", "anyone"}}};
}

}  // namespace zookernel::test
