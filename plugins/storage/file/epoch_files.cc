#include "plugins/storage/file/epoch_files.h"

#include <charconv>

#include "plugins/storage/file/small_file.h"

namespace zookernel::file_storage {
namespace {

constexpr const char* kAccepted = "acceptedEpoch";
constexpr const char* kCurrent = "currentEpoch";
constexpr const char* kUpdating = "updatingEpoch";
constexpr char kSummed = '+';

std::string content_of(const std::string& name, const std::string& number) {
  return number + '\n' + sum_of(name, number) + '\n';
}

std::optional<int64_t> parse_epoch(std::string_view text) {
  // Java reads the first line and takes no blanks.
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.starts_with(kSummed)) text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

// A file with a sign is as we write it, or damaged.
bool sum_matches(const std::string& name, const std::string& text) {
  if (!text.starts_with(kSummed)) return true;
  return text == content_of(name, text.substr(0, text.find('\n')));
}

Result<std::optional<int64_t>> read_epoch(FileSystem& files, const std::string& directory,
                                          const std::string& file, const std::string& name) {
  const std::string path = join(directory, file);
  if (!files.exists(path)) return std::optional<int64_t>{};
  auto text = read_small_file(files, path);
  if (!text) return text.error();
  if (!sum_matches(name, *text)) {
    return Error{Errc::kCorrupt,
                 "read " + path +
                     ": the sum in its second line does not match the first: the file is damaged "
                     "(restore the file, or empty this server's version-2 directories)"};
  }
  const auto value = parse_epoch(*text);
  if (!value || *value < 0) {
    return Error{Errc::kCorrupt,
                 "read " + path + ": a decimal number is expected, \"" + *text +
                     "\" found (restore the file, or empty this server's version-2 directories)"};
  }
  return std::optional<int64_t>(*value);
}

}  // namespace

Result<std::optional<int64_t>> read_epoch(FileSystem& files, const std::string& directory,
                                          const std::string& name) {
  return read_epoch(files, directory, name, name);
}

Result<Epochs> read_epochs(FileSystem& files, const std::string& directory,
                           const NewestEpochs& newest) {
  auto accepted = read_epoch(files, directory, kAccepted, kAccepted);
  if (!accepted) return accepted.error();
  auto current = read_epoch(files, directory, kCurrent, kCurrent);
  if (!current) return current.error();
  Epochs epochs{*accepted, *current};
  if (!epochs.current || !newest.any || *newest.any <= *epochs.current) return epochs;

  bool adopt = files.exists(join(directory, kUpdating));
  if (!adopt) {
    auto unfinished = read_epoch(files, directory, std::string(kCurrent) + ".tmp", kCurrent);
    adopt = unfinished && *unfinished == newest.any;
  }
  if (!adopt) adopt = newest.snapshot == newest.any && epochs.accepted >= newest.any;
  if (adopt) epochs.current = newest.any;
  return epochs;
}

Status write_epochs(FileSystem& files, const std::string& directory, const Epochs& epochs,
                    const Epochs& known) {
  const auto write = [&](const std::string& name, int64_t value) {
    return replace_small_file(files, directory, name, name + ".tmp",
                              content_of(name, kSummed + std::to_string(value)));
  };
  if (epochs.accepted && epochs.accepted != known.accepted) {
    if (auto written = write(kAccepted, *epochs.accepted); !written) return written;
  }
  if (epochs.current && epochs.current != known.current) {
    if (auto written = write(kCurrent, *epochs.current); !written) return written;
  }
  return Unit{};
}

}  // namespace zookernel::file_storage
