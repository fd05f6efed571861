// fuzz-libs: zookernel_sim
// What the core itself reads out of strings of clients: paths, ACLs, the texts of quotas. The first
// byte picks the parser, the rest is its text.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/core/auth_schemes.h"
#include "kernel/core/path.h"
#include "kernel/core/quota.h"
#include "tests/support/core_world.h"
#include "zookernel/assert.h"

namespace {

using zookernel::Bytes;
namespace core = zookernel::core;
namespace test = zookernel::test;
namespace wire = zookernel::wire;

void path(Bytes in) {
  if (!core::is_valid_path(in)) return;
  ZOOKERNEL_ASSERT(in.starts_with('/'));
  ZOOKERNEL_ASSERT(in.find("//") == Bytes::npos);
  ZOOKERNEL_ASSERT(wire::utf8_is_plain(in));
  ZOOKERNEL_ASSERT(!core::has_nul(in));
  if (in == "/") return;
  ZOOKERNEL_ASSERT(!in.ends_with('/'));
  ZOOKERNEL_ASSERT(core::is_valid_path(core::parent_of(in)));
  // A valid path stays valid below another.
  ZOOKERNEL_ASSERT(core::is_valid_path("/a" + std::string(in)));
}

void quota(Bytes in) {
  const auto numbers = core::QuotaNumbers::parse(in);
  if (!numbers) return;
  const auto again = core::QuotaNumbers::parse(numbers->text());
  ZOOKERNEL_ASSERT(again.has_value());
  ZOOKERNEL_ASSERT(again->count == numbers->count);
  ZOOKERNEL_ASSERT(again->bytes == numbers->bytes);
  ZOOKERNEL_ASSERT(again->text() == numbers->text());
}

void quota_paths(Bytes in) {
  core::QuotaPaths paths;
  paths.add("/a");
  paths.add("/a/b");
  const Bytes deepest = paths.deepest(in);
  if (!deepest.empty()) ZOOKERNEL_ASSERT(in.starts_with(deepest));
  const Bytes target = core::quota_target(in);
  if (!target.empty()) ZOOKERNEL_ASSERT(target.starts_with('/'));
  ZOOKERNEL_ASSERT(core::quota_namespace(in).find('/') == Bytes::npos);
}

// The id of an entry of each scheme, checked by the scheme itself. What is accepted is stored so
// that it is accepted again, and matching it against anything does no harm.
void acl(Bytes in) {
  static const test::Schemes loaded;
  std::vector<core::AuthSchemes::Entry> entries;
  for (const auto& scheme : loaded.parts()) entries.push_back({scheme.name, scheme.table});
  const core::AuthSchemes schemes(entries, false);
  core::Identities ids;
  schemes.connected("127.0.0.1", ids);
  for (const char* scheme : {"world", "ip", "digest", "auth", "super", "sasl", "x509"}) {
    wire::AclListView list;
    list.entries = {{31, {scheme, false}, {in, false}}};
    std::vector<core::AclEntry> stored;
    if (schemes.normalise(list, ids, stored) != wire::ErrorCode::kOk) continue;
    ZOOKERNEL_ASSERT(!stored.empty());
    (void)schemes.allows(ids, stored, 1, "/a");
    list.entries = {{31, {stored[0].scheme, false}, {stored[0].id, false}}};
    std::vector<core::AclEntry> again;
    ZOOKERNEL_ASSERT(schemes.normalise(list, ids, again) == wire::ErrorCode::kOk);
    ZOOKERNEL_ASSERT(again == stored);
  }
  // As credentials of a login, too.
  std::string why;
  for (const char* scheme : {"ip", "digest", "world", "x"})
    (void)schemes.authenticate(scheme, in, "127.0.0.1", ids, why);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes in(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      path(in);
      break;
    case 1:
      quota(in);
      break;
    case 2:
      quota_paths(in);
      break;
    default:
      acl(in);
      break;
  }
  return 0;
}
