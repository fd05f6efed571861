// What this server calls itself.
#pragma once

namespace zookernel::shell {

// "0.1.0".
inline constexpr const char* kVersion = ZOOKERNEL_VERSION;

// As `srvr`, `envi` and `mntr` show it. Clients parse the first part to learn which operations they
// may use, so it is the release of Apache ZooKeeper whose protocol this is. The form is Apache's:
// "3.9.5-<the 40 hexadecimal digits of our own revision>, built on 2026-02-11 20:18 UTC".
const char* protocol_version();

}  // namespace zookernel::shell
