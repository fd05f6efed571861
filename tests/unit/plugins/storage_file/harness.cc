#include "tests/unit/plugins/storage_file/harness.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "plugins/storage/file/log_format.h"

namespace zookernel::file_storage {

FakeSettings::FakeSettings(std::map<std::string, std::string> given)
    : given_(given.begin(), given.end()) {
  for (const ZookernelOption& option : kOptions) all_[option.key] = option.value;
  for (const auto& [key, value] : given) all_[key] = value;
}

std::string_view FakeSettings::get(std::string_view key) const {
  const auto found = all_.find(key);
  ZOOKERNEL_ASSERT(found != all_.end());
  return found->second;
}

bool FakeSettings::given(std::string_view key) const {
  return given_.contains(key);
}

void FakeLogger::write(LogLevel level, std::string_view message, Fields fields) {
  std::string line(message);
  for (const LogField& field : fields) line += " " + std::string(field.name) + "=" + field.value;
  lines.emplace_back(level, std::move(line));
}

bool FakeLogger::has(LogLevel level, std::string_view part) const {
  for (const auto& [at, line] : lines) {
    if (at == level && line.find(part) != std::string::npos) return true;
  }
  return false;
}

namespace {
std::map<std::string, std::string> with_directory(std::map<std::string, std::string> settings) {
  settings.emplace("dataDir", "/d");
  return settings;
}
}  // namespace

Rig::Rig(FileSystem& files, std::map<std::string, std::string> given)
    : host(files), settings(with_directory(std::move(given))) {}

Status Rig::begin() {
  if (auto done = storage.configure(settings, host); !done) return done;
  return storage.start();
}

Reading read_all(Storage& storage, Zxid from) {
  Reading reading;
  auto reader = storage.read_log(from);
  if (!reader) {
    reading.error = reader.error();
    return reading;
  }
  for (;;) {
    auto record = (*reader)->next();
    if (!record) {
      reading.error = record.error();
      return reading;
    }
    if (!*record) return reading;
    reading.zxids.push_back((*record)->zxid);
    reading.bodies.emplace_back((*record)->body);
  }
}

LogRecord make_record(Zxid zxid, size_t size) {
  std::string body(std::max(size, kTxnHeaderBytes), '\0');
  store_be64(body.data(), 0x1000);
  store_be64(body.data() + 12, static_cast<uint64_t>(zxid.value));
  store_be64(body.data() + 20, 1700000000000);
  store_be32(body.data() + 28, 5);
  sim::Random random(static_cast<uint64_t>(zxid.value));
  for (size_t i = kTxnHeaderBytes; i < body.size(); ++i) {
    body[i] = static_cast<char>(random.next());
  }
  return {zxid, SharedBytes(body)};
}

std::vector<LogRecord> make_records(Zxid first, size_t count, size_t size) {
  std::vector<LogRecord> records;
  for (size_t i = 0; i < count; ++i) {
    records.push_back(make_record(Zxid{first.value + static_cast<int64_t>(i)}, size));
  }
  return records;
}

std::string make_snapshot(Zxid inside, size_t size) {
  std::string bytes("ZKSN");
  sim::Random random(size);
  while (bytes.size() < size) bytes += static_cast<char>(random.below(7));
  const auto seal = [&bytes] {
    char text[13] = {};
    store_be64(text, adler32(bytes));
    text[11] = 1;
    text[12] = '/';
    bytes.append(text, sizeof text);
  };
  seal();
  char number[8];
  store_be64(number, static_cast<uint64_t>(inside.value));
  bytes.append(number, sizeof number);
  seal();
  return bytes;
}

Status write_snapshot(Storage& storage, Zxid zxid, Zxid inside) {
  auto writer = storage.begin_snapshot(zxid);
  if (!writer) return writer.error();
  const std::string bytes = make_snapshot(inside);
  const size_t half = bytes.size() / 2;
  if (auto done = (*writer)->write(Bytes(bytes).substr(0, half)); !done) return done;
  if (auto done = (*writer)->write(Bytes(bytes).substr(half)); !done) return done;
  return (*writer)->finish();
}

Result<std::string> read_snapshot(Storage& storage, Zxid zxid) {
  auto reader = storage.read_snapshot(zxid);
  if (!reader) return reader.error();
  std::string bytes;
  char piece[1000];
  for (;;) {
    auto got = (*reader)->read(piece, sizeof piece);
    if (!got) return got.error();
    if (*got == 0) return bytes;
    bytes.append(piece, *got);
  }
}

Result<Zxid> recover(Storage& storage, Reading* reading) {
  auto contents = storage.contents();
  if (!contents) return contents.error();
  Zxid last;
  if (contents->snapshots.empty()) {
    if (contents->has_log) return Error{Errc::kCorrupt, "logs without a snapshot"};
    if (auto done = write_snapshot(storage, Zxid{0}, Zxid{0}); !done) return done.error();
  } else {
    last = contents->snapshots.front();
    auto bytes = read_snapshot(storage, last);
    if (!bytes) return bytes.error();
  }
  Reading found = read_all(storage, last.next());
  if (found.error) return *found.error;
  if (!found.zxids.empty()) last = found.zxids.back();
  if (reading != nullptr) *reading = std::move(found);
  if (auto done = storage.recovered(last); !done) return done.error();
  return last;
}

void import_fixture(sim::SimDisk& disk, const std::string& name) {
  const char* source = std::getenv("ZOOKERNEL_SOURCE_DIR");
  ZOOKERNEL_ASSERT(source != nullptr);
  const std::filesystem::path from =
      std::filesystem::path(source) / "tests/fixtures/data" / name / "dataDir";
  ZOOKERNEL_ASSERT(std::filesystem::exists(from));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    disk.put("/d/" + std::filesystem::relative(entry.path(), from).string(), bytes);
  }
}

}  // namespace zookernel::file_storage
