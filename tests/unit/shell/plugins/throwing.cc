// A scheme that throws in the phase that FIXTURE_THROWS_IN tells: 1 create, 2 configure, 3 start, 4
// something that is no exception class, in configure.
#include <zookernel/auth_scheme.h>

#include <stdexcept>

namespace {

using namespace zookernel::plugin;

void throw_in(int phase) {
  if (FIXTURE_THROWS_IN == phase)
    throw std::runtime_error("thrown in phase " + std::to_string(phase));
}

class Throwing final : public AuthScheme {
 public:
  Throwing() { throw_in(1); }
  std::string configure(const Host&) override {
    throw_in(2);
    if (FIXTURE_THROWS_IN == 4) throw 4;
    return std::string();
  }
  std::string start() override {
    throw_in(3);
    return std::string();
  }
  std::vector<Id> authenticate(const Peer&, const std::string&) override {
    return std::vector<Id>();
  }
  bool matches(const AclCheck&) const override { return false; }
  bool valid(const std::string&) const override { return false; }
};

}  // namespace

ZOOKERNEL_AUTH_PLUGIN_PLAIN("test.throwing", "1.0", Throwing, "throwing")
