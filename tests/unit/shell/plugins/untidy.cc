// What lint looks for: a constructor before anybody asked, a symbol that binds across all objects,
// a thread_local, another export.
#include <zookernel/auth_scheme.h>

#include <string>

namespace untidy {

struct Registry {
  Registry() { names = "made before main"; }
  ~Registry() { names.clear(); }
  std::string names;
};

Registry registry;
thread_local std::string scratch = registry.names;

template <typename T>
struct Shared {
  static std::string value;
};
template <typename T>
std::string Shared<T>::value = "one in the process";

}  // namespace untidy

ZOOKERNEL_EXPORT int another_export() {
  return static_cast<int>(untidy::Shared<int>::value.size() + untidy::scratch.size());
}

namespace {

void* create() {
  return nullptr;
}

const ZookernelExtension kExtension = {
    sizeof(ZookernelExtension), ZOOKERNEL_AUTH_SCHEME_ID, "untidy", nullptr, 0, &create};

}  // namespace

ZOOKERNEL_EXPORT const ZookernelPlugin* zookernel_plugin(void) {
  static const ZookernelPlugin plugin = {ZOOKERNEL_OUTER_ABI, "test.untidy", "1.0", 1, &kExtension};
  return &plugin;
}
