// The one home of the vtables and type information of the inner interfaces, so that dynamic_cast and exceptions work across
// shared objects.
#include <cstdio>
#include <cstdlib>

#include "zookernel/assert.h"
#include "zookernel/consensus.h"
#include "zookernel/file_system.h"
#include "zookernel/log.h"
#include "zookernel/metrics.h"
#include "zookernel/plugin.h"
#include "zookernel/storage.h"
#include "zookernel/transport.h"

namespace zookernel {

Logger::~Logger() = default;
Settings::~Settings() = default;
Host::~Host() = default;
Extension::~Extension() = default;
Metrics::~Metrics() = default;
File::~File() = default;
void File::forget(uint64_t, uint64_t) {}
DirectoryLock::~DirectoryLock() = default;
FileSystem::~FileSystem() = default;
SnapshotReader::~SnapshotReader() = default;
SnapshotWriter::~SnapshotWriter() = default;
TxnReader::~TxnReader() = default;
ConnectionEvents::~ConnectionEvents() = default;
ConsensusMachine::~ConsensusMachine() = default;

Result<bool> File::lock(uint64_t, uint64_t, Lock) {
  return Error{Errc::kUnsupported, "this file system locks no parts of files"};
}
Result<char*> File::map(uint64_t, size_t) {
  return Error{Errc::kUnsupported, "this file system shares no memory"};
}

void assertion_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "zookernel: assertion failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

std::string hex(int64_t value) {
  char text[24];
  const int size = std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return {text, static_cast<size_t>(size)};
}

}  // namespace zookernel
