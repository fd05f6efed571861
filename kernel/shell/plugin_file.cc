#include "kernel/shell/plugin_file.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string_view>
#include <system_error>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include "kernel/shell/elf_file.h"
#include "kernel/shell/one_line.h"
#include "zookernel/plugin.h"

namespace zookernel::shell {
namespace {

constexpr const char* kEntry = "zookernel_plugin";
constexpr uint32_t kExtensionsMax = 256;
constexpr uint32_t kOptionsMax = 256;

Status check_permissions(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return Error{Errc::kNotFound, std::generic_category().message(errno) +
                                      ": put the plugin there, or correct plugin.path"};
  }
  if (!S_ISREG(status.st_mode)) return Error{Errc::kInvalid, "not a regular file"};
  if ((status.st_mode & S_IWOTH) != 0) {
    return Error{Errc::kDenied,
                 "anybody may write to it: run chmod o-w on it after checking its content"};
  }
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  if (::stat(directory.c_str(), &status) != 0) {
    return Error{Errc::kIo, directory.string() + ": " + std::generic_category().message(errno)};
  }
  // With the sticky bit too: anybody could still have put the file there.
  if ((status.st_mode & S_IWOTH) != 0) {
    return Error{Errc::kDenied,
                 "anybody may put files into its directory: run chmod o-w " + directory.string()};
  }
  return Unit{};
}

struct Sanitizer {
  uint32_t bit;  // 0: none that a kernel could have in common with a plugin
  std::string_view name;
  std::string_view flag;
  std::string_view library;   // beginning of a needed library's name
  std::string_view function;  // that every instrumented object calls
};

constexpr Sanitizer kSanitizers[] = {
    {ZOOKERNEL_SANITIZE_ADDRESS, "AddressSanitizer", "address", "libasan.", "__asan_init"},
    {ZOOKERNEL_SANITIZE_ADDRESS, "AddressSanitizer", "address", "libclang_rt.asan",
     "__asan_report_load8"},
    {ZOOKERNEL_SANITIZE_THREAD, "ThreadSanitizer", "thread", "libtsan.", "__tsan_init"},
    {ZOOKERNEL_SANITIZE_THREAD, "ThreadSanitizer", "thread", "libclang_rt.tsan",
     "__tsan_func_entry"},
    {0, "MemorySanitizer", "memory", "libclang_rt.msan", "__msan_init"},
    {0, "LeakSanitizer", "leak", "liblsan.", "__lsan_init"},
};

Error sanitizer_error(const Sanitizer& sanitizer) {
  return Error{Errc::kInvalid, "built with " + std::string(sanitizer.name) +
                                   ", which this server is not (sanitizers: kernel " +
                                   std::to_string(ZOOKERNEL_BUILD_SANITIZERS) + ", plugin " +
                                   std::to_string(sanitizer.bit) +
                                   "): build it without -fsanitize=" + std::string(sanitizer.flag)};
}

Status check_sanitizers(const ElfFile& file) {
  for (const Sanitizer& sanitizer : kSanitizers) {
    if ((sanitizer.bit & ZOOKERNEL_BUILD_SANITIZERS) != 0) continue;
    if (file.asks_for(sanitizer.function)) return sanitizer_error(sanitizer);
    for (const std::string& library : file.needed) {
      if (library.starts_with(sanitizer.library)) return sanitizer_error(sanitizer);
    }
  }
  return Unit{};
}

Error no_entry() {
  return Error{Errc::kInvalid,
               "does not define zookernel_plugin, so it is no plugin of this server: see the SDK's "
               "README for how to build one"};
}

Status check_content(const std::filesystem::path& path) {
  Result<ElfFile> file = read_elf_file(path);
  if (!file.ok()) return file.error();
  if (Status status = check_sanitizers(*file); !status.ok()) return status;
  if (file->symbols_known && !file->exports(kEntry)) return no_entry();
  return Unit{};
}

Result<const ZookernelPlugin*> open_and_ask(const std::filesystem::path& path) {
  namespace dll = boost::dll;
  std::error_code problem;
  dll::shared_library library;
  // Absolute, because a bare name would be searched for elsewhere.
  library.load(std::filesystem::absolute(path), problem,
               dll::load_mode::rtld_now | dll::load_mode::rtld_local |
                   static_cast<dll::load_mode::type>(RTLD_NODELETE));
  if (problem || !library.is_loaded()) {
    const char* reason = ::dlerror();
    std::string text = reason != nullptr ? reason : problem.message();
    const std::string prefix = std::filesystem::absolute(path).string() + ": ";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    return Error{Errc::kInvalid,
                 text + ": install what it needs, or build it on a system like this one"};
  }
  // Never unloaded: the flag above makes dlclose leave the object alone.
  using Entry = const ZookernelPlugin*();
  if (!library.has(kEntry)) return no_entry();
  Entry& entry = library.get<Entry>(kEntry);
  const ZookernelPlugin* plugin = entry();
  if (plugin == nullptr)
    return Error{Errc::kInvalid,
                 "zookernel_plugin() returns no manifest: it must return one that is constant"};
  return plugin;
}

std::string hex_text(uint64_t value) {
  char text[24];
  const int size =
      std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return {text, static_cast<size_t>(size)};
}

Error differs(std::string_view field, const std::string& kernel, const std::string& plugin,
              std::string_view remedy) {
  return Error{Errc::kInvalid, std::string(field) + ": kernel " + kernel + ", plugin " + plugin +
                                   ": " + std::string(remedy)};
}

constexpr std::string_view kBuildWithThisSdk = "build it with the SDK of this server";

// A field that must be equal.
template <typename T>
Status equal(std::string_view field, T kernel, T plugin,
             std::string_view remedy = kBuildWithThisSdk) {
  if (kernel == plugin) return Unit{};
  return differs(field, std::to_string(kernel), std::to_string(plugin), remedy);
}

Status equal_hash(std::string_view field, uint64_t kernel, uint64_t plugin) {
  if (kernel == plugin) return Unit{};
  return differs(field, hex_text(kernel), hex_text(plugin), kBuildWithThisSdk);
}

// What only the inner circle shares with the kernel: C++ classes.
Status check_inner_abi(const ZookernelAbi& plugin) {
  if (Status s = equal_hash("sdk hash", kInnerAbi.sdk_hash, plugin.sdk_hash); !s.ok()) return s;
  if (Status s = equal("C++ ABI", kInnerAbi.cxx_abi, plugin.cxx_abi,
                       "build it with the compiler of this server");
      !s.ok())
    return s;
  if (Status s = equal("C++ library", kInnerAbi.stdlib, plugin.stdlib,
                       "build it with this server's C++ library (1 libstdc++, 2 libstdc++ with old "
                       "strings, 3 libc++, 256 added: "
                       "debug containers)");
      !s.ok()) {
    return s;
  }
  return equal("sanitizers", kInnerAbi.sanitizers, plugin.sanitizers,
               "build it with the sanitizers of this server");
}

Error null_field(const std::string& field) {
  return Error{Errc::kInvalid, "manifest: " + field + " is null or empty: fill it in"};
}

// Names become parts of file names, ACLs and log lines.
bool plain_name(std::string_view name) {
  return name.size() <= 64 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

bool absent(const char* text) {
  return text == nullptr || *text == '\0';
}

Status check_extension(const ZookernelExtension& extension, uint32_t index) {
  const std::string place = "extensions[" + std::to_string(index) + "]";
  if (extension.size != sizeof(ZookernelExtension)) {
    return equal<size_t>("size of " + place, sizeof(ZookernelExtension), extension.size);
  }
  if (absent(extension.interface_id)) return null_field(place + ".interface_id");
  if (absent(extension.name)) return null_field(place + ".name");
  if (!plain_name(extension.name)) {
    return Error{Errc::kInvalid, "manifest: " + place + ".name is \"" +
                                     std::string(extension.name) +
                                     "\": up to 64 letters, digits, '_', '-' and '.' are allowed"};
  }
  if (extension.create == nullptr) return null_field(place + ".create");
  if (extension.option_count > kOptionsMax) {
    return Error{Errc::kInvalid, "manifest: " + place + " has " +
                                     std::to_string(extension.option_count) + " options: at most " +
                                     std::to_string(kOptionsMax) + " are allowed"};
  }
  if (extension.option_count != 0 && extension.options == nullptr)
    return null_field(place + ".options");
  for (uint32_t i = 0; i < extension.option_count; ++i) {
    const ZookernelOption& option = extension.options[i];
    const std::string field = place + ".options[" + std::to_string(i) + "]";
    if (absent(option.key)) return null_field(field + ".key");
    if (option.value == nullptr) return null_field(field + ".value");
    if (option.help == nullptr) return null_field(field + ".help");
  }
  return Unit{};
}

}  // namespace

Error refuse_plugin(const std::filesystem::path& path, const Error& reason) {
  return Error{reason.code, one_line("plugin " + path.string() + ": " + reason.message)};
}

Status check_plugin_file(const std::filesystem::path& path) {
  if (Status status = check_permissions(path); !status.ok())
    return refuse_plugin(path, status.error());
  if (Status status = check_content(path); !status.ok()) return refuse_plugin(path, status.error());
  return Unit{};
}

Status check_abi(const ZookernelAbi& plugin) {
  // Nothing behind the size is read before the size is known to be right.
  if (Status s = equal<uint32_t>("size of ZookernelAbi", sizeof(ZookernelAbi), plugin.size);
      !s.ok())
    return s;
  if (Status s = equal<unsigned>("sdk major", ZOOKERNEL_SDK_MAJOR, plugin.sdk_major); !s.ok())
    return s;
  if (Status s = equal<unsigned>("sdk minor", ZOOKERNEL_SDK_MINOR, plugin.sdk_minor); !s.ok())
    return s;
  if (Status s = equal_hash("sdk abi hash", ZOOKERNEL_ABI_HASH, plugin.abi_hash); !s.ok()) return s;
  if (plugin.circle == ZOOKERNEL_CIRCLE_INNER) return check_inner_abi(plugin);
  if (plugin.circle != ZOOKERNEL_CIRCLE_OUTER) {
    return differs("circle", "0 or 1", std::to_string(plugin.circle),
                   "use ZOOKERNEL_OUTER_ABI in the manifest");
  }
  // An outer plugin may have fewer sanitizers than the server, but not others.
  if ((plugin.sanitizers & ~ZOOKERNEL_BUILD_SANITIZERS) != 0) {
    return differs("sanitizers", std::to_string(ZOOKERNEL_BUILD_SANITIZERS),
                   std::to_string(plugin.sanitizers), "build it without -fsanitize");
  }
  return Unit{};
}

Status check_manifest(const ZookernelPlugin& plugin) {
  if (absent(plugin.id)) return null_field("id");
  if (absent(plugin.version)) return null_field("version");
  if (plugin.extension_count == 0)
    return Error{Errc::kInvalid, "manifest: it has no extensions: it needs at least one"};
  if (plugin.extension_count > kExtensionsMax) {
    return Error{Errc::kInvalid, "manifest: " + std::to_string(plugin.extension_count) +
                                     " extensions: at most " + std::to_string(kExtensionsMax) +
                                     " are allowed"};
  }
  if (plugin.extensions == nullptr) return null_field("extensions");
  for (uint32_t i = 0; i < plugin.extension_count; ++i) {
    if (Status status = check_extension(plugin.extensions[i], i); !status.ok()) return status;
  }
  return Unit{};
}

Result<const ZookernelPlugin*> open_plugin_unchecked(const std::filesystem::path& path) {
  if (Status status = check_plugin_file(path); !status.ok()) return status.error();
  try {
    Result<const ZookernelPlugin*> plugin = open_and_ask(path);
    if (!plugin.ok()) return refuse_plugin(path, plugin.error());
    return plugin;
  } catch (const std::exception& e) {
    return refuse_plugin(
        path, Error{Errc::kInvalid, std::string("exception while it was opened: ") + e.what()});
  } catch (...) {
    return refuse_plugin(path,
                         Error{Errc::kInvalid, "an exception of unknown type while it was opened"});
  }
}

Result<const ZookernelPlugin*> open_plugin(const std::filesystem::path& path) {
  Result<const ZookernelPlugin*> plugin = open_plugin_unchecked(path);
  if (!plugin.ok()) return plugin;
  if (Status status = check_abi((*plugin)->abi); !status.ok())
    return refuse_plugin(path, status.error());
  if (Status status = check_manifest(**plugin); !status.ok())
    return refuse_plugin(path, status.error());
  return plugin;
}

}  // namespace zookernel::shell
