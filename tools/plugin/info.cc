#include "tools/plugin/info.h"

#include <iomanip>
#include <ostream>

#include "kernel/shell/plugin_file.h"
#include "zookernel/abi.h"

namespace zookernel::plugin_tool {
namespace {

void print_hash(std::ostream& out, const char* label, uint64_t hash) {
  out << label << std::hex << std::setfill('0') << std::setw(16) << hash << std::dec << "\n";
}

void print_build(std::ostream& out, const ZookernelAbi& abi) {
  if (abi.size != sizeof(ZookernelAbi)) return;  // what else stands there is not known
  const bool inner = abi.circle == ZOOKERNEL_CIRCLE_INNER;
  out << "sdk:        " << abi.sdk_major << "." << abi.sdk_minor << "\n"
      << "circle:     " << (inner ? "inner (C++ classes)" : "outer (C interface)") << "\n";
  print_hash(out, "abi hash:   ", abi.abi_hash);
  if (inner) {
    print_hash(out, "sdk hash:   ", abi.sdk_hash);
    out << "C++ ABI:    " << abi.cxx_abi << "\n"
        << "library:    "
        << ((abi.stdlib & 0xff) == ZOOKERNEL_STDLIB_LIBSTDCXX ? "libstdc++"
            : (abi.stdlib & 0xff) == ZOOKERNEL_STDLIB_LIBSTDCXX_OLD_STRINGS
                ? "libstdc++, old strings"
            : (abi.stdlib & 0xff) == ZOOKERNEL_STDLIB_LIBCXX ? "libc++"
                                                             : "unknown")
        << ((abi.stdlib & ZOOKERNEL_STDLIB_DEBUG) != 0 ? ", debug containers" : "") << "\n";
  }
  out << "sanitizers: "
      << (abi.sanitizers == 0                            ? "none"
          : abi.sanitizers == ZOOKERNEL_SANITIZE_ADDRESS ? "address"
          : abi.sanitizers == ZOOKERNEL_SANITIZE_THREAD  ? "thread"
                                                         : "several")
      << "\n";
}

void print_extension(std::ostream& out, const ZookernelExtension& extension) {
  out << "\n" << extension.interface_id << " \"" << extension.name << "\"\n";
  for (uint32_t i = 0; i < extension.option_count; ++i) {
    const ZookernelOption& option = extension.options[i];
    out << "    " << option.key << "=" << option.value << "\n        " << option.help << "\n";
  }
  if (extension.option_count == 0) out << "    no settings\n";
}

int refused(std::ostream& err, const Error& error) {
  err << "zookernel-plugin: " << error.message << "\n";
  return error.code == Errc::kNotFound ? kUsage : kFindings;
}

}  // namespace

int info(const std::filesystem::path& file, std::ostream& out, std::ostream& err) {
  const Result<const ZookernelPlugin*> opened = shell::open_plugin_unchecked(file);
  if (!opened.ok()) return refused(err, opened.error());
  const ZookernelPlugin& plugin = **opened;

  out << "file:       " << file.string() << "\n";
  const Status abi = shell::check_abi(plugin.abi);
  // Behind an ABI of another build nothing of the manifest can be trusted to be where it should.
  const Status manifest = abi.ok() ? shell::check_manifest(plugin) : Status(Unit{});
  const bool readable = abi.ok() && manifest.ok();
  if (readable) out << "id:         " << plugin.id << "\nversion:    " << plugin.version << "\n";
  print_build(out, plugin.abi);
  if (!readable)
    return refused(err, shell::refuse_plugin(file, abi.ok() ? manifest.error() : abi.error()));
  for (uint32_t i = 0; i < plugin.extension_count; ++i) print_extension(out, plugin.extensions[i]);
  return kFine;
}

}  // namespace zookernel::plugin_tool
