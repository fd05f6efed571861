// One plugin file: the checks before it is opened, the opening, and the checks of its manifest.
// Every refusal is one line:
//
//   <file>: <reason>: <what to do>
//
// In order, each before the next can do harm:
//   1. a regular file that only its owner and group may write, in such a directory
//   2. ELF, a shared object, for this machine, whole
//   3. no sanitizer that this server lacks: its runtime ends a process not started with it
//   4. it defines zookernel_plugin
//   5. dlopen: now, local, never unloaded; needed libraries are there
//   6. the manifest: the ABI field by field, then every field that the kernel reads
#pragma once

#include <filesystem>
#include <string>

#include "zookernel/abi.h"
#include "zookernel/result.h"

namespace zookernel::shell {

// Checks 1 to 4. Runs nothing of the file. [startup]
Status check_plugin_file(const std::filesystem::path& path);

// The manifest's ABI against this kernel's. The message names the first field that differs with
// both values, and no file. [any]
Status check_abi(const ZookernelAbi& plugin);

// Null fields, sizes and counts of a manifest whose ABI is right. The message names no file. [any]
Status check_manifest(const ZookernelPlugin& plugin);

// Checks 1 to 5, and gives what zookernel_plugin() returns: not null, its abi readable, nothing
// else checked. The object stays loaded until the process ends. [startup]
Result<const ZookernelPlugin*> open_plugin_unchecked(const std::filesystem::path& path);

// All checks. [startup]
Result<const ZookernelPlugin*> open_plugin(const std::filesystem::path& path);

// The line of a refusal. [any]
Error refuse_plugin(const std::filesystem::path& path, const Error& reason);

}  // namespace zookernel::shell
