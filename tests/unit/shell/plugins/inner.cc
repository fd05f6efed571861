// A plugin of the inner circle in variants: FIXTURE_THROWS_IN 1 create, 2 configure, 3 start;
// FIXTURE_FAILS_IN 2 configure, 3 start; FIXTURE_CLAIMS another interface; FIXTURE_SDK_HASH,
// FIXTURE_CXX_ABI, FIXTURE_STDLIB other builds; FIXTURE_CONSTRUCTOR brings what headers of a
// library may bring.
#include <zookernel/consensus.h>
#include <zookernel/log.h>

#include <stdexcept>
#include <string>

#ifndef FIXTURE_THROWS_IN
#define FIXTURE_THROWS_IN 0
#endif
#ifndef FIXTURE_FAILS_IN
#define FIXTURE_FAILS_IN 0
#endif
#ifndef FIXTURE_CLAIMS
#define FIXTURE_CLAIMS zookernel::Consensus::kId
#endif
#ifndef FIXTURE_SDK_HASH
#define FIXTURE_SDK_HASH zookernel::kInnerAbi.sdk_hash
#endif
#ifndef FIXTURE_CXX_ABI
#define FIXTURE_CXX_ABI zookernel::kInnerAbi.cxx_abi
#endif
#ifndef FIXTURE_STDLIB
#define FIXTURE_STDLIB zookernel::kInnerAbi.stdlib
#endif

namespace {

using namespace zookernel;

#ifdef FIXTURE_CONSTRUCTOR
struct Registry {
  Registry() { names = "made before main"; }
  std::string names;
};
Registry registry;
thread_local std::string scratch = registry.names;
#endif

void throw_in(int phase) {
#ifdef FIXTURE_CONSTRUCTOR
  scratch += "used";
#endif
  if (FIXTURE_THROWS_IN == phase)
    throw std::runtime_error("thrown in phase " + std::to_string(phase));
}

class Inner final : public Consensus {
 public:
  Inner() { throw_in(1); }
  ~Inner() override { say("destroyed"); }

  Status configure(const Settings& settings, Host& host) override {
    throw_in(2);
    host_ = &host;
    if (FIXTURE_FAILS_IN == 2)
      return Error{Errc::kInvalid, "inner.size=huge: a number is expected"};
    say("configured " + std::string(settings.get("inner.size")) +
        (settings.given("inner.size") ? " given" : " default"));
    return Unit{};
  }
  Status start() override {
    throw_in(3);
    if (FIXTURE_FAILS_IN == 3) return Error{Errc::kIo, "the port is taken"};
    say("started");
    return Unit{};
  }
  void stop() noexcept override { say("stopped"); }

  Result<std::unique_ptr<ConsensusMachine>> open(const Ensemble&, const Epochs&, Zxid,
                                                 uint64_t) override {
    return Error{Errc::kUnsupported, "a fixture decides nothing"};
  }

 private:
  void say(const std::string& what) {
    if (host_ != nullptr) host_->log().info(what);
  }
  Host* host_ = nullptr;
};

constexpr ZookernelOption kOptions[] = {{"inner.size", "7", "how many"}};

}  // namespace

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelExtension extension = {
      sizeof(ZookernelExtension), FIXTURE_CLAIMS, "inner", kOptions, 1, &create_extension<Inner>};
  static const ZookernelPlugin plugin = {
      {sizeof(ZookernelAbi), ZOOKERNEL_SDK_MAJOR, ZOOKERNEL_SDK_MINOR, ZOOKERNEL_ABI_HASH,
       FIXTURE_SDK_HASH, ZOOKERNEL_CIRCLE_INNER, FIXTURE_CXX_ABI, FIXTURE_STDLIB,
       ZOOKERNEL_BUILD_SANITIZERS},
      "test.inner",
      "1.0",
      1,
      &extension};
  return &plugin;
}
