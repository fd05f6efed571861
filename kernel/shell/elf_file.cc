#include "kernel/shell/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>

namespace zookernel::shell {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using Section = ElfW(Shdr);
using Dynamic = ElfW(Dyn);
using Symbol = ElfW(Sym);
using Address = ElfW(Addr);
using Relocation = ElfW(Rela);

constexpr uint64_t kFileBytesMax = uint64_t{1} << 30;
constexpr unsigned char kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;
constexpr unsigned char kData =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr uint16_t kMachine = EM_RISCV;
#elif defined(__powerpc64__)
constexpr uint16_t kMachine = EM_PPC64;
#elif defined(__s390x__)
constexpr uint16_t kMachine = EM_S390;
#else
#error "tell the ELF number of this machine"
#endif

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "arm";
    case EM_AARCH64:
      return "aarch64";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return "ELF machine " + std::to_string(machine);
  }
}

Error corrupt(std::string what) {
  return Error{Errc::kCorrupt, "damaged ELF file: " + std::move(what)};
}

// The bytes of a file, mapped. Every access goes through the bounds checks below.
class Image {
 public:
  static Result<Image> map(const std::filesystem::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
      return Error{Errc::kIo, "cannot be opened: " + std::generic_category().message(errno)};
    struct stat status {};
    Image image;
    if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(file);
      return Error{Errc::kInvalid, "not a regular file"};
    }
    const auto size = static_cast<uint64_t>(status.st_size);
    if (size < sizeof(Header) || size > kFileBytesMax) {
      ::close(file);
      return Error{Errc::kInvalid, "not an ELF shared object"};
    }
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    const int problem = errno;
    ::close(file);
    if (at == MAP_FAILED)
      return Error{Errc::kIo, "cannot be read: " + std::generic_category().message(problem)};
    image.data_ = static_cast<const char*>(at);
    image.size_ = size;
    return image;
  }
  Image(Image&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Image& operator=(Image&&) = delete;
  ~Image() {
    if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  }

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool holds(uint64_t offset, uint64_t count) const {
    return offset <= size_ && count <= size_ - offset;
  }

  // Copies a record; false when it is not all in the file.
  template <typename T>
  bool read(uint64_t offset, T& to) const {
    if (!holds(offset, sizeof(T))) return false;
    std::memcpy(&to, data_ + offset, sizeof(T));
    return true;
  }

  // The terminated text that begins at `offset` of the string table [table, table + bytes).
  [[nodiscard]] std::optional<std::string_view> text(uint64_t table, uint64_t bytes,
                                                     uint64_t offset) const {
    if (!holds(table, bytes) || offset >= bytes) return std::nullopt;
    const char* begin = data_ + table + offset;
    const void* end = std::memchr(begin, 0, bytes - offset);
    if (end == nullptr) return std::nullopt;
    return std::string_view(begin, static_cast<size_t>(static_cast<const char*>(end) - begin));
  }

 private:
  Image() = default;
  const char* data_ = nullptr;
  uint64_t size_ = 0;
};

// Where a table of records lies in the file.
struct Range {
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

class Reader {
 public:
  explicit Reader(const Image& image) : image_(image) {}

  Result<ElfFile> run() {
    if (Status status = read_header(); !status.ok()) return status.error();
    if (Status status = read_segments(); !status.ok()) return status.error();
    if (Status status = read_dynamic(); !status.ok()) return status.error();
    read_sections();
    find_constructors();
    return std::move(file_);
  }

 private:
  Status read_header() {
    if (!image_.read(0, header_) || std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0) {
      return Error{Errc::kInvalid, "not an ELF shared object"};
    }
    if (header_.e_ident[EI_CLASS] != kClass || header_.e_ident[EI_DATA] != kData ||
        header_.e_machine != kMachine) {
      const auto bits = [](unsigned char elf_class) {
        return elf_class == ELFCLASS64 ? ", 64 bits" : ", 32 bits";
      };
      return Error{Errc::kInvalid, "built for another machine (" + machine_name(header_.e_machine) +
                                       bits(header_.e_ident[EI_CLASS]) + "; this server: " +
                                       machine_name(kMachine) + bits(kClass) + ")"};
    }
    if (header_.e_type != ET_DYN)
      return Error{Errc::kInvalid, "an ELF file, but not a shared object"};
    return Unit{};
  }

  Status read_segments() {
    if (header_.e_phentsize != sizeof(Segment)) return corrupt("segment headers of a wrong size");
    bool stack_told = false;
    for (unsigned i = 0; i < header_.e_phnum; ++i) {
      Segment segment;
      if (!image_.read(header_.e_phoff + uint64_t{i} * sizeof(Segment), segment))
        return corrupt("it ends within its headers");
      // The loader maps what lies behind the end and dies of SIGBUS when it is touched, so this has
      // to be seen before.
      if (segment.p_type == PT_LOAD || segment.p_type == PT_DYNAMIC) {
        if (!image_.holds(segment.p_offset, segment.p_filesz)) return corrupt("truncated");
      }
      if (segment.p_type == PT_LOAD) loads_.push_back(segment);
      if (segment.p_type == PT_DYNAMIC) dynamic_ = Range{segment.p_offset, segment.p_filesz};
      if (segment.p_type == PT_TLS) file_.thread_locals = true;
      if (segment.p_type == PT_GNU_STACK) {
        stack_told = true;
        file_.executable_stack = (segment.p_flags & PF_X) != 0;
      }
    }
    if (!stack_told) file_.executable_stack = true;  // the loader's default
    if (dynamic_.bytes == 0) return corrupt("no dynamic section");
    return Unit{};
  }

  // Where a virtual address lies in the file.
  [[nodiscard]] std::optional<uint64_t> offset_of(uint64_t address) const {
    for (const Segment& load : loads_) {
      if (address >= load.p_vaddr && address - load.p_vaddr < load.p_filesz)
        return address - load.p_vaddr + load.p_offset;
    }
    return std::nullopt;
  }

  Status read_dynamic() {
    std::map<int64_t, uint64_t> values;
    std::vector<uint64_t> needed;
    for (uint64_t at = 0; at + sizeof(Dynamic) <= dynamic_.bytes; at += sizeof(Dynamic)) {
      Dynamic entry;
      image_.read(dynamic_.offset + at, entry);
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED) needed.push_back(entry.d_un.d_val);
      values[entry.d_tag] = entry.d_un.d_val;
    }
    const auto strings = offset_of(values[DT_STRTAB]);
    for (const uint64_t offset : needed) {
      const auto name = strings ? image_.text(*strings, values[DT_STRSZ], offset) : std::nullopt;
      if (!name) return corrupt("a needed library without a name");
      file_.needed.emplace_back(*name);
    }
    file_.text_relocations = values.contains(DT_TEXTREL) || (values[DT_FLAGS] & DF_TEXTREL) != 0;
    file_.no_delete = (values[DT_FLAGS_1] & DF_1_NODELETE) != 0;
    init_array_address_ = values[DT_INIT_ARRAY];
    init_array_bytes_ = values[DT_INIT_ARRAYSZ];
    if (const auto at = offset_of(values[DT_RELA])) relocations_ = Range{*at, values[DT_RELASZ]};
    return Unit{};
  }

  void read_sections() {
    if (header_.e_shoff == 0 || header_.e_shentsize != sizeof(Section)) return;
    for (unsigned i = 0; i < header_.e_shnum; ++i) {
      Section section;
      if (!image_.read(header_.e_shoff + uint64_t{i} * sizeof(Section), section)) return;
      if (section.sh_type != SHT_DYNSYM && section.sh_type != SHT_SYMTAB) continue;
      Section strings;
      if (!image_.read(header_.e_shoff + uint64_t{section.sh_link} * sizeof(Section), strings))
        continue;
      read_symbols(section, strings);
    }
  }

  void read_symbols(const Section& table, const Section& strings) {
    if (!image_.holds(table.sh_offset, table.sh_size)) return;
    const bool dynamic = table.sh_type == SHT_DYNSYM;
    if (dynamic) file_.symbols_known = true;
    for (uint64_t at = sizeof(Symbol); at + sizeof(Symbol) <= table.sh_size; at += sizeof(Symbol)) {
      Symbol symbol;
      image_.read(table.sh_offset + at, symbol);
      const auto name = image_.text(strings.sh_offset, strings.sh_size, symbol.st_name);
      if (!name) continue;
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF)
        functions_.emplace(symbol.st_value, *name);
      if (dynamic) add_dynamic(symbol, *name);
    }
  }

  void add_dynamic(const Symbol& symbol, std::string_view name) {
    ElfSymbol made;
    made.name = name;
    made.defined = symbol.st_shndx != SHN_UNDEF;
    const unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    made.visible = visibility == STV_DEFAULT || visibility == STV_PROTECTED;
    switch (ELF64_ST_BIND(symbol.st_info)) {
      case STB_GLOBAL:
        made.binding = ElfSymbol::Binding::kGlobal;
        break;
      case STB_WEAK:
        made.binding = ElfSymbol::Binding::kWeak;
        break;
      case STB_GNU_UNIQUE:
        made.binding = ElfSymbol::Binding::kUnique;
        break;
      default:
        break;
    }
    file_.symbols.push_back(std::move(made));
  }

  void find_constructors() {
    const auto at = offset_of(init_array_address_);
    const uint64_t count = init_array_bytes_ / sizeof(Address);
    if (!at || !image_.holds(*at, init_array_bytes_)) return;
    // A slot's value stands in the file, or in the relocation that fills it; which one is the
    // linker's choice.
    std::map<uint64_t, uint64_t> relocated;
    for (uint64_t r = 0; r + sizeof(Relocation) <= relocations_.bytes; r += sizeof(Relocation)) {
      Relocation relocation;
      if (!image_.read(relocations_.offset + r, relocation)) break;
      const uint64_t slot = relocation.r_offset - init_array_address_;
      if (slot < init_array_bytes_)
        relocated[slot / sizeof(Address)] = static_cast<uint64_t>(relocation.r_addend);
    }
    bool start_file_seen = false;
    for (uint64_t i = 0; i < count; ++i) {
      Address value = 0;
      image_.read(*at + i * sizeof(Address), value);
      const auto moved = relocated.find(i);
      const uint64_t function = moved != relocated.end() ? moved->second : value;
      const auto named = functions_.find(function);
      if (named != functions_.end()) {
        if (named->second != "frame_dummy")
          file_.constructors.emplace_back(named->second);
        else
          start_file_seen = true;
        continue;
      }
      // Stripped: the first slot is the start file's, which is linked before all others.
      if (i == 0 && !start_file_seen) continue;
      file_.constructors.push_back("function at " + hex_text(function));
    }
  }

  static std::string hex_text(uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (; value != 0 || text.empty(); value >>= 4) text.insert(text.begin(), kDigits[value & 15]);
    return "0x" + text;
  }

  const Image& image_;
  ElfFile file_;
  Header header_{};
  std::vector<Segment> loads_;
  Range dynamic_;
  Range relocations_;
  uint64_t init_array_address_ = 0;
  uint64_t init_array_bytes_ = 0;
  std::multimap<uint64_t, std::string_view> functions_;  // names borrow from the image
};

}  // namespace

bool ElfFile::exports(std::string_view name) const {
  return std::any_of(symbols.begin(), symbols.end(), [name](const ElfSymbol& symbol) {
    return symbol.defined && symbol.visible && symbol.binding != ElfSymbol::Binding::kLocal &&
           symbol.name == name;
  });
}

bool ElfFile::asks_for(std::string_view name) const {
  return std::any_of(symbols.begin(), symbols.end(), [name](const ElfSymbol& symbol) {
    return !symbol.defined && symbol.name == name;
  });
}

Result<ElfFile> read_elf_file(const std::filesystem::path& path) {
  Result<Image> image = Image::map(path);
  if (!image.ok()) return image.error();
  return Reader(*image).run();
}

}  // namespace zookernel::shell
