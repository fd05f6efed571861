#include "tools/db/apache/snapshot_comparer.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <istream>
#include <ostream>
#include <unordered_map>

#include "tools/db/database.h"
#include "tools/db/tree_walk.h"

namespace zookernel::db_tool {
namespace {

constexpr int kTrouble = 1;
constexpr int kUsage = 2;

constexpr const char* kHelp =
    R"(usage: java -cp <classpath> org.apache.zookeeper.server.SnapshotComparer
 -b,--bytes <BYTETHRESHOLD>   (Required) The node data delta size threshold, in bytes, for printing the node.
 -d,--debug                   Use debug output.
 -i,--interactive             Enter interactive mode.
 -l,--left <LEFT>             (Required) The left snapshot file.
 -n,--nodes <NODETHRESHOLD>   (Required) The descendant node delta size threshold, in nodes, for printing the node.
 -r,--right <RIGHT>           (Required) The right snapshot file.
)";

struct Options {
  std::string left, right, bytes, nodes;
  bool debug = false, interactive = false;
  int64_t byte_threshold = 0, node_threshold = 0;
};

std::optional<int64_t> number_in(const std::string& text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc{} || stop != end) return {};
  return value;
}

// Empty value of `why`: the options are good.
Options parse(const std::vector<std::string>& given, std::string& why) {
  Options options;
  const std::unordered_map<std::string, std::string Options::*> values = {
      {"-l", &Options::left},       {"--left", &Options::left},  {"-r", &Options::right},
      {"--right", &Options::right}, {"-b", &Options::bytes},     {"--bytes", &Options::bytes},
      {"-n", &Options::nodes},      {"--nodes", &Options::nodes}};
  for (size_t i = 0; i < given.size() && why.empty(); ++i) {
    const std::string& argument = given[i];
    if (argument == "-d" || argument == "--debug") {
      options.debug = true;
    } else if (argument == "-i" || argument == "--interactive") {
      options.interactive = true;
    } else if (const auto value = values.find(argument); value != values.end()) {
      if (i + 1 == given.size()) {
        why = "Missing argument for option: " + argument.substr(argument.find_last_of('-') + 1, 1);
      } else {
        options.*(value->second) = given[++i];
      }
    } else if (argument.starts_with("-")) {
      why = "Unrecognized option: " + argument;
    }
  }
  std::string missing;
  for (const auto& [name, value] :
       {std::pair("l", &options.left), std::pair("r", &options.right),
        std::pair("b", &options.bytes), std::pair("n", &options.nodes)}) {
    if (value->empty()) missing += (missing.empty() ? "" : ", ") + std::string(name);
  }
  if (why.empty() && !missing.empty()) {
    why = std::string("Missing required option") +
          (missing.find(',') == std::string::npos ? ": " : "s: ") + missing;
  }
  if (!why.empty()) return options;
  const auto bytes = number_in(options.bytes), nodes = number_in(options.nodes);
  if (!bytes) why = "'" + options.bytes + "' is no number of bytes";
  if (!nodes) why = "'" + options.nodes + "' is no number of nodes";
  options.byte_threshold = bytes.value_or(0);
  options.node_threshold = nodes.value_or(0);
  return options;
}

struct Entry {
  std::string path;   // the root's is empty
  int64_t bytes = 0;  // of it and its descendants
  int64_t descendants = 0;
  std::vector<const Entry*> children;  // sorted
};

// The sizes of one tree, layer by layer.
class Layers {
 public:
  explicit Layers(const core::DataTree& tree) {
    const core::NodeTable& nodes = tree.nodes();
    std::vector<Entry*> branch;
    walk_sorted(
        tree, core::kRoot,
        [&](core::NodeId id) {
          Entry& entry = *entries_.emplace_back(std::make_unique<Entry>());
          if (id != core::kRoot) entry.path = nodes.path_of(id);
          entry.bytes = static_cast<int64_t>(nodes.data(id).size());
          if (!branch.empty()) branch.back()->children.push_back(&entry);
          if (layers_.size() == branch.size()) layers_.emplace_back();
          layers_[branch.size()].push_back(&entry);
          branch.push_back(&entry);
        },
        [&](core::NodeId) {
          const Entry* done = branch.back();
          branch.pop_back();
          if (branch.empty()) return;
          branch.back()->bytes += done->bytes;
          branch.back()->descendants += done->descendants + 1;
        });
    total_ = entries_.front()->bytes;
    for (auto& layer : layers_) {
      std::sort(layer.begin(), layer.end(),
                [](const Entry* a, const Entry* b) { return a->path < b->path; });
    }
    for (const auto& entry : entries_)
      by_path_[entry->path.empty() ? "/" : entry->path] = entry.get();
  }

  void print(std::ostream& out) const {
    out << "Node count: " << entries_.size() << "\nTotal size: " << total_
        << "\nMax depth: " << layers_.size() << "\n";
    for (size_t depth = 0; depth < layers_.size(); ++depth) {
      out << "Count of nodes at depth " << depth << ": " << layers_[depth].size() << "\n";
    }
    out << "\n";
  }
  [[nodiscard]] size_t depth() const { return layers_.size(); }
  [[nodiscard]] std::vector<const Entry*> layer(size_t depth) const {
    return depth < layers_.size() ? layers_[depth] : std::vector<const Entry*>{};
  }
  [[nodiscard]] const Entry* find(const std::string& path) const {
    const auto at = by_path_.find(path);
    return at == by_path_.end() ? nullptr : at->second;
  }

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::vector<const Entry*>> layers_;
  std::unordered_map<std::string, const Entry*> by_path_;
  int64_t total_ = 0;
};

class Comparison {
 public:
  Comparison(const Layers& left, const Layers& right, const Options& options, Session& session)
      : left_(left), right_(right), options_(options), session_(session), out_(session.out) {}

  void all_layers() {
    print_thresholds();
    for (size_t depth = 0; depth < depth_count(); ++depth) print_layer(depth);
    out_ << "All layers compared.\n";
  }

  void interactive() {
    size_t depth = 0;
    std::string line;
    while (depth < depth_count()) {
      out_ << "Current depth is " << depth
           << "\n- Press enter to move to print current depth layer;\n"
              "- Type a number to jump to and print all nodes at a given depth;\n"
              "- Enter an ABSOLUTE path to print the immediate subtree of a node. Path must start "
              "with '/'.\n"
           << std::flush;
      if (!std::getline(session_.in, line)) return;
      print_thresholds();
      if (line.empty()) {
        print_layer(depth++);
      } else if (line.front() == '/') {
        print_children(line);
      } else if (const auto wanted = number_in(line)) {
        if (*wanted < 0 || *wanted >= static_cast<int64_t>(depth_count())) {
          out_ << "Depth must be in range [0, " << depth_count() - 1 << "]\n";
        } else {
          print_layer(static_cast<size_t>(*wanted));
        }
      } else {
        out_ << "Input " << line << " is not valid. Depth must be in range [0, "
             << depth_count() - 1 << "]. Path must be an absolute path which starts with '/'.\n";
      }
      out_ << "\n";
    }
    out_ << "All layers compared.\n";
  }

 private:
  [[nodiscard]] size_t depth_count() const { return std::max(left_.depth(), right_.depth()); }
  [[nodiscard]] bool talkative() const { return options_.debug || options_.interactive; }

  void print_thresholds() {
    out_ << "Printing analysis for nodes difference larger than " << options_.byte_threshold
         << " bytes or node count difference larger than " << options_.node_threshold << ".\n";
  }
  void print_layer(size_t depth) {
    out_ << "Analysis for depth " << depth << "\n";
    compare(left_.layer(depth), right_.layer(depth));
  }
  void print_children(const std::string& path) {
    const Entry* left = left_.find(path);
    const Entry* right = right_.find(path);
    if (left == nullptr && right == nullptr) {
      out_ << "Path " << path << " is neither found in left tree nor right tree.\n";
      return;
    }
    out_ << "Analysis for node " << path << "\n";
    const std::vector<const Entry*> none;
    compare(left == nullptr ? none : left->children, right == nullptr ? none : right->children);
  }

  void compare(const std::vector<const Entry*>& left, const std::vector<const Entry*>& right) {
    size_t l = 0, r = 0;
    while (l < left.size() && r < right.size()) {
      if (options_.debug) {
        out_ << "Comparing " << left[l]->path << " to " << right[r]->path << "\n";
      }
      const int order = left[l]->path.compare(right[r]->path);
      if (options_.debug) {
        out_ << (order == 0 ? "same" : order < 0 ? "left is less" : "right is less") << "\n";
      }
      if (order == 0) {
        in_both(*left[l++], *right[r++]);
      } else if (order < 0) {
        only_in("left", *left[l++]);
      } else {
        only_in("right", *right[r++]);
      }
    }
    while (l < left.size()) only_in("left", *left[l++]);
    while (r < right.size()) only_in("right", *right[r++]);
  }

  void in_both(const Entry& left, const Entry& right) {
    const int64_t bytes = right.bytes - left.bytes;
    const int64_t nodes = right.descendants - left.descendants;
    if (std::abs(bytes) > options_.byte_threshold || std::abs(nodes) > options_.node_threshold) {
      out_ << "Node " << left.path << " found in both trees. Delta: " << bytes << " bytes, "
           << nodes << " descendants\n";
    } else if (talkative()) {
      out_ << "Filtered node " << left.path << " of left size " << left.bytes << ", right size "
           << right.bytes << "\n";
    }
  }

  void only_in(const char* side, const Entry& entry) {
    if (entry.bytes > options_.byte_threshold || entry.descendants > options_.node_threshold) {
      out_ << "Node " << entry.path << " found only in " << side
           << " tree. Descendant size: " << entry.bytes
           << ". Descendant count: " << entry.descendants << "\n";
    } else if (talkative()) {
      out_ << "Filtered " << side << " node " << entry.path << " of size " << entry.bytes << "\n";
    }
  }

  const Layers& left_;
  const Layers& right_;
  const Options& options_;
  Session& session_;
  std::ostream& out_;
};

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void print_time(std::ostream& out, const std::string& what, double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%f", seconds);
  out << what << " in " << text << " seconds\n";
}

// Empty after a message.
std::unique_ptr<Layers> read_layers(const std::string& path, Session& session) {
  auto begin = std::chrono::steady_clock::now();
  auto database = load_snapshot_file(session.files, path);
  if (!database) {
    session.err << database.error().message << "\n";
    return nullptr;
  }
  print_time(session.out, "Deserialized snapshot in " + path.substr(path.rfind('/') + 1),
             seconds_since(begin));
  begin = std::chrono::steady_clock::now();
  auto layers = std::make_unique<Layers>(*database->tree);
  print_time(session.out, "Processed data tree", seconds_since(begin));
  return layers;
}

}  // namespace

int snapshot_comparer(const std::vector<std::string>& given, Session& session) {
  std::string why;
  const Options options = parse(given, why);
  if (!why.empty()) {
    session.err << why << "\n";
    session.out << kHelp;
    return kUsage;
  }
  session.out << "Successfully parsed options!\n";
  const auto left = read_layers(options.left, session);
  if (!left) return kTrouble;
  const auto right = read_layers(options.right, session);
  if (!right) return kTrouble;
  left->print(session.out);
  right->print(session.out);
  Comparison comparison(*left, *right, options, session);
  if (options.interactive) {
    comparison.interactive();
  } else {
    comparison.all_layers();
  }
  return 0;
}

}  // namespace zookernel::db_tool
