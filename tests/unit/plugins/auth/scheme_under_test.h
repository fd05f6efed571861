// Drives a scheme through its C struct, as the kernel does.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "zookernel/auth_scheme.h"

namespace zookernel::test {

using Ids = std::vector<std::pair<std::string, std::string>>;  // scheme (empty: its own) and id
using Given = std::map<std::string, std::string>;              // what zoo.cfg says

class SchemeUnderTest {
 public:
  explicit SchemeUnderTest(const ZookernelExtension* extension) : extension_(extension) {
    CHECK(extension->size == sizeof(ZookernelExtension));
    CHECK(std::string(extension->interface_id) == ZOOKERNEL_AUTH_SCHEME_ID);
    table_ = static_cast<const ZookernelAuthScheme*>(extension->create());
    REQUIRE(table_ != nullptr);
    CHECK(table_->size == sizeof(ZookernelAuthScheme));
  }
  ~SchemeUnderTest() { table_->destroy(table_->self); }
  SchemeUnderTest(const SchemeUnderTest&) = delete;
  SchemeUnderTest& operator=(const SchemeUnderTest&) = delete;

  [[nodiscard]] uint32_t flags() const { return table_->flags; }
  [[nodiscard]] const ZookernelAuthScheme& table() const { return *table_; }
  [[nodiscard]] const std::vector<std::string>& log() const { return log_; }

  // The complaint, or empty.
  std::string configure(const Given& given = {}) {
    for (uint32_t i = 0; i < extension_->option_count; ++i) {
      const ZookernelOption& option = extension_->options[i];
      const auto found = given.find(option.key);
      settings_[option.key] = found == given.end() ? option.value : found->second;
    }
    for (const auto& [key, value] : given) CHECK(settings_.contains(key));
    std::string complaint;
    const ZookernelSink sink = sink_of(complaint);
    if (table_->configure(table_->self, &host_, &sink) != 0) return {};
    return complaint.empty() ? "failed" : complaint;
  }

  // The ids, or nothing when the login is refused.
  std::optional<Ids> login(std::string_view credentials, std::string_view address = "127.0.0.1") {
    return login(
        ZookernelText{credentials.data() != nullptr ? credentials.data() : "", credentials.size()},
        address);
  }
  std::optional<Ids> login_with_null() { return login(ZookernelText{nullptr, 0}, "127.0.0.1"); }

  Ids connected(std::string_view address) {
    const ZookernelPeer peer = {sizeof(ZookernelPeer), text(address)};
    Ids ids;
    const ZookernelIdSink sink = {&ids, &SchemeUnderTest::put_id};
    if (table_->connected != nullptr) table_->connected(table_->self, &peer, &sink);
    return ids;
  }

  bool matches(std::string_view id, std::string_view expr) {
    const ZookernelAclCheck check = {sizeof(ZookernelAclCheck), 1, text(id), text(expr),
                                     text("/node")};
    return table_->matches(table_->self, &check) != 0;
  }
  bool valid(std::string_view expr) { return table_->valid(table_->self, text(expr)) != 0; }

  Ids expand(const Ids& own) {
    std::vector<ZookernelId> borrowed;
    for (const auto& [scheme, id] : own) borrowed.push_back({text(scheme), text(id)});
    Ids ids;
    const ZookernelIdSink sink = {&ids, &SchemeUnderTest::put_id};
    table_->expand(table_->self, borrowed.data(), static_cast<uint32_t>(borrowed.size()), &sink);
    return ids;
  }

  std::string user_name(std::string_view id) {
    std::string name;
    const ZookernelSink sink = sink_of(name);
    table_->user_name(table_->self, text(id), &sink);
    return name;
  }

 private:
  static ZookernelText text(std::string_view view) { return {view.data(), view.size()}; }
  static ZookernelSink sink_of(std::string& to) {
    return {&to, [](void* context, ZookernelText piece) {
              static_cast<std::string*>(context)->append(piece.data, piece.size);
            }};
  }
  static void put_id(void* context, ZookernelId id) {
    static_cast<Ids*>(context)->emplace_back(plugin::string_of(id.scheme),
                                             plugin::string_of(id.id));
  }
  static ZookernelText setting(void* context, const char* key) {
    return text(static_cast<SchemeUnderTest*>(context)->settings_.at(key));
  }
  static void log_line(void* context, int32_t, ZookernelText message) {
    static_cast<SchemeUnderTest*>(context)->log_.emplace_back(message.data, message.size);
  }

  std::optional<Ids> login(ZookernelText credentials, std::string_view address) {
    const ZookernelPeer peer = {sizeof(ZookernelPeer), text(address)};
    Ids ids;
    std::string error;
    const ZookernelIdSink id_sink = {&ids, &SchemeUnderTest::put_id};
    const ZookernelSink error_sink = sink_of(error);
    if (table_->authenticate(table_->self, &peer, credentials, &id_sink, &error_sink) != 0)
      return ids;
    CHECK(ids.empty());
    return std::nullopt;
  }

  const ZookernelExtension* extension_;
  const ZookernelAuthScheme* table_ = nullptr;
  std::map<std::string, std::string> settings_;
  std::vector<std::string> log_;
  const ZookernelHost host_ = {sizeof(ZookernelHost), this, &SchemeUnderTest::setting,
                               &SchemeUnderTest::log_line};
};

}  // namespace zookernel::test
