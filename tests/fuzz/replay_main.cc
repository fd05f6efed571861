// Runs a fuzz target as an ordinary test: over each file of its corpus, over the beginnings of
// each, and over copies with a few bytes changed. The changes come from a fixed seed, so that a
// failure can be repeated.
//
//   fuzz_NAME PATH...      PATH is a file or a folder of files
//
// Environment: ZOOKERNEL_FUZZ_MUTATIONS (copies a file, default 64), ZOOKERNEL_FUZZ_SEED (default
// 1).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;

// A file is cut after each of its first bytes; longer ones would cost more time than they find.
constexpr std::size_t kCutsMax = 256;

std::vector<std::filesystem::path> files_of(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Input read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Input(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

// The input is copied into an allocation of its exact size, so that the address sanitizer sees a
// read beyond its end.
void run(const Input& input, std::size_t size) {
  const Input exact(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size));
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

void change_somewhere(Input& input, std::mt19937_64& random) {
  static constexpr std::uint8_t kInteresting[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
  const std::size_t position = random() % input.size();
  switch (random() % 4) {
    case 0:
      input[position] = static_cast<std::uint8_t>(input[position] ^ (1u << (random() % 8)));
      break;
    case 1:
      input[position] = kInteresting[random() % std::size(kInteresting)];
      break;
    case 2:
      input.erase(input.begin() + static_cast<std::ptrdiff_t>(position));
      break;
    default:
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(position),
                   static_cast<std::uint8_t>(random()));
  }
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  // Read before any thread exists.
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t mutations = number_from_environment("ZOOKERNEL_FUZZ_MUTATIONS", 64);
  std::mt19937_64 random(number_from_environment("ZOOKERNEL_FUZZ_SEED", 1));
  std::size_t file_count = 0;
  std::size_t run_count = 0;

  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) {
      std::fprintf(stderr, "%s: does not exist\n", argv[i]);
      return 2;
    }
    for (const auto& path : files_of(argv[i])) {
      const Input whole = read_file(path);
      ++file_count;
      run(whole, whole.size());
      const std::size_t cuts = std::min(whole.size(), kCutsMax);
      for (std::size_t size = 0; size < cuts; ++size) run(whole, size);
      run_count += 1 + cuts;
      for (std::uint64_t n = 0; n < mutations && !whole.empty(); ++n) {
        Input changed = whole;
        const std::uint64_t changes = 1 + random() % 4;
        for (std::uint64_t c = 0; c < changes && !changed.empty(); ++c) {
          change_somewhere(changed, random);
        }
        run(changed, changed.size());
        ++run_count;
      }
    }
  }
  if (file_count == 0) {
    std::fprintf(stderr, "no input: name the corpus of this target\n");
    return 2;
  }
  std::printf("%zu files, %zu runs\n", file_count, run_count);
  return 0;
}
