// What an ELF shared object says about itself, read from its bytes without loading it: no code of
// it runs, and a damaged file is an Error, not a crash. Only objects for the machine that this
// program was built for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "zookernel/result.h"

namespace zookernel::shell {

struct ElfSymbol {
  enum class Binding { kLocal, kGlobal, kWeak, kUnique };
  std::string name;
  Binding binding = Binding::kLocal;
  bool defined = false;
  bool visible = false;  // default or protected visibility: other objects can bind to it
};

struct ElfFile {
  std::vector<std::string> needed;  // DT_NEEDED, in order
  bool symbols_known = false;  // false: the section headers were stripped, and `symbols` is empty
  std::vector<ElfSymbol> symbols;  // of .dynsym
  // Functions that run when the object is opened, by symbol name where the file still has one, else
  // by address; what the compiler's start files put into every object (frame_dummy) is left out.
  std::vector<std::string> constructors;
  bool executable_stack = false;
  bool text_relocations = false;
  bool thread_locals = false;  // has a PT_TLS segment
  bool no_delete = false;      // DF_1_NODELETE: dlclose never unmaps it

  // Is there a dynamic symbol of this name that the file defines for others (or, the second, asks
  // others for)?
  [[nodiscard]] bool exports(std::string_view name) const;
  [[nodiscard]] bool asks_for(std::string_view name) const;
};

// Reads a regular file of up to 1 GiB. Fails with kInvalid for what is no ELF shared object of this
// machine, kCorrupt for one that contradicts itself or ends too early, kIo otherwise. Messages tell
// the reason only; the caller names the file. [any]
Result<ElfFile> read_elf_file(const std::filesystem::path& path);

}  // namespace zookernel::shell
