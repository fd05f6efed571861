// Exit codes of all commands of zookernel-db; those with Apache's names have Apache's.
#pragma once

namespace zookernel::db_tool {

inline constexpr int kExitGood = 0;
inline constexpr int kExitFindings = 1;  // told on standard output; a server would serve all of it
inline constexpr int kExitTrouble = 2;   // wrong usage, or something cannot be read or written
inline constexpr int kExitRefused =
    3;  // a server would refuse it: acknowledged changes are missing

}  // namespace zookernel::db_tool
