#include "kernel/core/auth_schemes.h"

#include <algorithm>
#include <cstddef>

#include "zookernel/wire/jute.h"

namespace zookernel::core {
namespace {

ZookernelText text_of(Bytes bytes) {
  return {bytes.data(), bytes.size()};
}
Bytes bytes_of(ZookernelText text) {
  return text.size == 0 ? Bytes{} : Bytes{text.data, text.size};
}

ZookernelPeer peer_of(const std::string& address) {
  return {static_cast<uint32_t>(sizeof(ZookernelPeer)), text_of(address)};
}

// Collects ids that a scheme puts; an empty scheme means the one that was asked.
struct IdCollector {
  const AuthSchemes& schemes;
  Bytes asked;
  Identities& ids;

  ZookernelIdSink sink() {
    return {this,
            [](void* context, ZookernelId id) { static_cast<IdCollector*>(context)->put(id); }};
  }
  void put(ZookernelId id) {
    Identity identity;
    identity.scheme = std::string(id.scheme.size == 0 ? asked : bytes_of(id.scheme));
    identity.id = std::string(bytes_of(id.id));
    identity.table = schemes.find(identity.scheme);
    if (std::find(ids.begin(), ids.end(), identity) == ids.end())
      ids.push_back(std::move(identity));
  }
};

ZookernelSink string_sink(std::string& to) {
  return {&to, [](void* context, ZookernelText text) {
            static_cast<std::string*>(context)->append(bytes_of(text));
          }};
}

// Java drops duplicates before anything else, and trips where it compares a scheme or an id that is
// null with an earlier entry that is equal so far.
bool has_null_compared(const std::vector<wire::AclView>& entries) {
  for (size_t i = 1; i < entries.size(); ++i) {
    const wire::AclView& entry = entries[i];
    if (!entry.scheme.null && !entry.id.null) continue;
    const bool compared =
        std::any_of(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(i),
                    [&](const wire::AclView& earlier) {
                      if (earlier.perms != entry.perms) return false;
                      return entry.scheme.null || earlier.scheme == entry.scheme;
                    });
    if (compared) return true;
  }
  return false;
}

}  // namespace

const ZookernelAuthScheme* AuthSchemes::find(Bytes name) const {
  for (const Entry& scheme : schemes_) {
    if (scheme.name == name) return scheme.table;
  }
  return nullptr;
}

void AuthSchemes::connected(const std::string& address, Identities& ids) const {
  const ZookernelPeer peer = peer_of(address);
  for (const Entry& scheme : schemes_) {
    if (scheme.table->connected == nullptr) continue;
    IdCollector collector{*this, scheme.name, ids};
    const ZookernelIdSink sink = collector.sink();
    scheme.table->connected(scheme.table->self, &peer, &sink);
  }
}

bool AuthSchemes::authenticate(Bytes scheme, Bytes credentials, const std::string& address,
                               Identities& ids, std::string& why) const {
  const ZookernelAuthScheme* table = find(scheme);
  if (table == nullptr || (table->flags & ZOOKERNEL_AUTH_NO_LOGIN) != 0) {
    why = "no such auth scheme";
    return false;
  }
  const ZookernelPeer peer = peer_of(address);
  // Into a copy: a scheme that puts ids and then refuses has proved nothing.
  Identities proved = ids;
  IdCollector collector{*this, scheme, proved};
  const ZookernelIdSink sink = collector.sink();
  const ZookernelSink error = string_sink(why);
  if (table->authenticate(table->self, &peer, text_of(credentials), &sink, &error) != 1)
    return false;
  ids = std::move(proved);
  return true;
}

bool AuthSchemes::allows(std::span<const Identity> ids, const std::vector<AclEntry>& acl,
                         int32_t permissions, Bytes path) const {
  if (skip_acl_ || acl.empty()) return true;
  for (const AclEntry& entry : acl) {  // the common case first: it asks no plugin
    if ((entry.permissions & permissions) == 0) continue;
    const ZookernelAuthScheme* table = find(entry.scheme);
    if (table != nullptr && (table->flags & ZOOKERNEL_AUTH_EVERYBODY) != 0) return true;
  }
  for (const Identity& identity : ids) {
    if (identity.table != nullptr && (identity.table->flags & ZOOKERNEL_AUTH_GRANTS_ALL) != 0)
      return true;
  }
  for (const AclEntry& entry : acl) {
    if ((entry.permissions & permissions) == 0) continue;
    const ZookernelAuthScheme* table = find(entry.scheme);
    if (table == nullptr) continue;
    for (const Identity& identity : ids) {
      if (identity.scheme != entry.scheme) continue;
      const ZookernelAclCheck check = {static_cast<uint32_t>(sizeof(ZookernelAclCheck)),
                                       permissions, text_of(identity.id), text_of(entry.id),
                                       text_of(path)};
      if (table->matches(table->self, &check) == 1) return true;
    }
  }
  return false;
}

wire::ErrorCode AuthSchemes::normalise(const wire::AclListView& given,
                                       std::span<const Identity> ids,
                                       std::vector<AclEntry>& stored) const {
  stored.clear();
  if (given.null || given.entries.empty()) return wire::ErrorCode::kInvalidAcl;
  if (has_null_compared(given.entries)) return wire::ErrorCode::kMarshallingError;
  for (auto at = given.entries.begin(); at != given.entries.end(); ++at) {
    // What is given twice counts once; what "auth" stands for may come again all the same.
    if (std::find(given.entries.begin(), at, *at) != at) continue;
    const wire::AclView& entry = *at;
    if (entry.scheme.null) return wire::ErrorCode::kInvalidAcl;
    const ZookernelAuthScheme* table = find(entry.scheme.bytes);
    if (table == nullptr) return wire::ErrorCode::kInvalidAcl;
    if (table->expand != nullptr) {
      std::vector<ZookernelId> own;
      for (const Identity& identity : ids) {
        if (identity.table != nullptr &&
            (identity.table->flags & ZOOKERNEL_AUTH_NAMES_CREATOR) != 0) {
          own.push_back({text_of(identity.scheme), text_of(identity.id)});
        }
      }
      Identities expanded;
      IdCollector collector{*this, entry.scheme.bytes, expanded};
      const ZookernelIdSink sink = collector.sink();
      table->expand(table->self, own.data(), static_cast<uint32_t>(own.size()), &sink);
      if (expanded.empty()) return wire::ErrorCode::kInvalidAcl;
      for (Identity& identity : expanded)
        stored.push_back({entry.perms, std::move(identity.scheme), std::move(identity.id)});
      continue;
    }
    // Apache trips over a null id in the schemes that look at it and answers a marshalling error.
    if (entry.id.null) return wire::ErrorCode::kMarshallingError;
    if (table->valid(table->self, text_of(entry.id.bytes)) != 1)
      return wire::ErrorCode::kInvalidAcl;
    // Stored as Java would store it, so that every server writes the same bytes.
    stored.push_back({entry.perms, std::string(entry.scheme.bytes),
                      wire::utf8_is_plain(entry.id.bytes) ? std::string(entry.id.bytes)
                                                          : wire::utf8_sanitize(entry.id.bytes)});
  }
  return wire::ErrorCode::kOk;
}

std::string AuthSchemes::user_name(const Identity& identity) const {
  if (identity.table == nullptr || identity.table->user_name == nullptr) return identity.id;
  std::string name;
  const ZookernelSink sink = string_sink(name);
  identity.table->user_name(identity.table->self, text_of(identity.id), &sink);
  return name;
}

}  // namespace zookernel::core
