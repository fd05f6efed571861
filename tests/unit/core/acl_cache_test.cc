#include "kernel/core/acl_cache.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel;
using namespace zookernel::core;

namespace {

AclId intern(AclCache& cache, const std::vector<AclEntry>& list) {
  return cache.intern(list);
}

const std::vector<AclEntry> kReaders{{1, "world", "anyone"}};
const std::vector<AclEntry> kAlice{{31, "digest", "alice:x"}, {1, "ip", "10.0.0.0/8"}};

}  // namespace

TEST_CASE("AclCache: equal lists have one number, however they come", "[core][acl]") {
  AclCache cache;
  const AclId alice = intern(cache, kAlice);

  CHECK(intern(cache, kAlice) == alice);
  CHECK(cache.intern_raw(std::string(cache.raw(alice))) == alice);
  CHECK(intern(cache, kReaders) != alice);
  CHECK(cache.list(alice) == kAlice);
  CHECK(cache.size() == 2);
}

TEST_CASE("AclCache: the open list is number 0 and is not counted", "[core][acl]") {
  AclCache cache;

  CHECK(intern(cache, {{31, "world", "anyone"}}) == kOpenAcl);
  cache.release(kOpenAcl);
  cache.release(kOpenAcl);
  CHECK(cache.list(kOpenAcl) == std::vector<AclEntry>{{31, "world", "anyone"}});
  CHECK(cache.list(kMissingAcl) == std::vector<AclEntry>{{0, "world", "anyone"}});
  CHECK(cache.size() == 0);
}

TEST_CASE("AclCache: a number without references is used again, but not while it is held",
          "[core][acl]") {
  AclCache cache;
  const AclId alice = intern(cache, kAlice);
  cache.add_ref(alice);
  cache.release(alice);
  CHECK(cache.list(alice) == kAlice);
  {
    const AclCache::HoldIds hold(cache);
    cache.release(alice);
    CHECK(cache.ids().empty());
    const AclId readers = intern(cache, kReaders);
    CHECK(readers != alice);
    CHECK(cache.ids() == std::vector<AclId>{readers});
  }
  CHECK(intern(cache, {}) == alice);
  CHECK(cache.list(alice).empty());
}

TEST_CASE("AclCache: a list that was forgotten and comes back is whole", "[core][acl]") {
  AclCache cache;
  cache.release(intern(cache, kAlice));
  CHECK(cache.size() == 0);

  CHECK(cache.list(intern(cache, kAlice)) == kAlice);
}
