#include "tools/plugin/lint.h"

#include <ostream>

#include "kernel/shell/plugin_file.h"
#include "tools/plugin/info.h"

namespace zookernel::plugin_tool {
namespace {

constexpr size_t kNamesShown = 5;

// "3 of them: a, b, c", cut after a few.
std::string listing(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kNamesShown; ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesShown)
    text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  return text;
}

}  // namespace

LintFindings lint_elf(const shell::ElfFile& file) {
  std::vector<std::string> unique;
  std::vector<std::string> exported;
  for (const shell::ElfSymbol& symbol : file.symbols) {
    if (!symbol.defined || !symbol.visible || symbol.binding == shell::ElfSymbol::Binding::kLocal)
      continue;
    if (symbol.binding == shell::ElfSymbol::Binding::kUnique)
      unique.push_back(symbol.name);
    else if (symbol.name != "zookernel_plugin")
      exported.push_back(symbol.name);
  }
  LintFindings findings;
  if (!file.constructors.empty()) {
    findings.bad_for_outer.push_back(
        "constructors run when it is opened (" + listing(file.constructors) +
        "): make objects in configure() or start(), not at namespace scope");
  }
  if (!unique.empty()) {
    findings.bad.push_back("unique symbols (" + listing(unique) +
                           "): link with a version script that keeps zookernel_plugin only, as "
                           "zookernel_add_plugin does");
  }
  if (!exported.empty()) {
    findings.bad.push_back("other exports than zookernel_plugin (" + listing(exported) +
                           "): compile with -fvisibility=hidden and link with a version script");
  }
  if (file.thread_locals) {
    findings.bad_for_outer.push_back(
        "thread_local variables: keep such state in the extension, which one thread calls");
  }
  if (file.executable_stack)
    findings.bad.push_back("asks for an executable stack: link with -Wl,-z,noexecstack");
  if (file.text_relocations)
    findings.bad.push_back("text relocations: compile everything that goes into it with -fPIC");
  if (!file.symbols_known)
    findings.bad.push_back("no section headers: its symbols cannot be looked at; strip it less");
  return findings;
}

int lint(const std::filesystem::path& file, std::ostream& out, std::ostream& err) {
  const Result<shell::ElfFile> elf = shell::read_elf_file(file);
  if (!elf.ok()) {
    err << "zookernel-plugin: " << shell::refuse_plugin(file, elf.error()).message << "\n";
    return elf.error().code == Errc::kIo ? kUsage : kFindings;
  }
  LintFindings found = lint_elf(*elf);
  std::vector<std::string>& findings = found.bad;
  const Result<const ZookernelPlugin*> opened = shell::open_plugin(file);
  const bool inner = opened.ok() && (*opened)->abi.circle == ZOOKERNEL_CIRCLE_INNER;
  if (!inner)
    findings.insert(findings.begin(), found.bad_for_outer.begin(), found.bad_for_outer.end());
  if (!opened.ok()) findings.push_back("the server refuses it: " + opened.error().message);

  for (const std::string& library : elf->needed) out << "needs " << library << "\n";
  if (inner) {
    for (const std::string& note : found.bad_for_outer)
      out << file.string() << ": note, allowed in the inner circle: " << note << "\n";
  }
  for (const std::string& finding : findings) out << file.string() << ": " << finding << "\n";
  if (findings.empty()) out << file.string() << ": nothing to complain about\n";
  return findings.empty() ? kFine : kFindings;
}

}  // namespace zookernel::plugin_tool
