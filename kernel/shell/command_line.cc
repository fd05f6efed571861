#include "kernel/shell/command_line.h"

#include <boost/program_options.hpp>
#include <sstream>

namespace zookernel::shell {
namespace {

namespace options = boost::program_options;

constexpr const char* kUsage =
    "Usage: zookernel FILE.cfg | zookernel port datadir [ticktime] [maxcnxns]  (zookernel --help "
    "tells more)";

options::options_description visible_options() {
  options::options_description description("Options");
  auto add = description.add_options();
  add("help,h", "print this text");
  add("version,V", "print the version");
  add("check-config", options::value<std::string>()->value_name("FILE"),
      "say what is wrong with FILE and end: 0 when nothing is, else 2");
  add("print-config",
      options::value<std::vector<std::string>>()->multitoken()->value_name("KEY FILE"),
      "print the value of KEY that holds with FILE");
  return description;
}

Error usage(const std::string& reason) {
  return {Errc::kInvalid, (reason.empty() ? "" : reason + "\n") + kUsage};
}

}  // namespace

Result<CommandLine> parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  options::options_description all = visible_options();
  all.add_options()("argument", options::value<std::vector<std::string>>());
  options::positional_options_description positional;
  positional.add("argument", -1);
  options::variables_map values;
  try {
    options::store(
        options::command_line_parser(argc, argv).options(all).positional(positional).run(), values);
  } catch (const options::error& problem) {
    return usage(problem.what());
  }

  if (values.contains("argument"))
    line.arguments = values["argument"].as<std::vector<std::string>>();
  if (values.contains("help")) {
    line.action = CommandLine::Action::kHelp;
  } else if (values.contains("version")) {
    line.action = CommandLine::Action::kVersion;
  } else if (values.contains("check-config")) {
    line.action = CommandLine::Action::kCheckConfig;
    line.file = values["check-config"].as<std::string>();
  } else if (values.contains("print-config")) {
    std::vector<std::string> both = values["print-config"].as<std::vector<std::string>>();
    both.insert(both.end(), line.arguments.begin(), line.arguments.end());
    if (both.size() != 2) return usage("--print-config takes a key and a file");
    line.action = CommandLine::Action::kPrintConfig;
    line.key = both[0];
    line.file = both[1];
  } else if (line.arguments.size() == 1) {
    line.file = line.arguments[0];
    line.arguments.clear();
  } else if (line.arguments.empty() || line.arguments.size() > 4) {
    return usage("");
  }
  return line;
}

std::string help_text() {
  std::ostringstream text;
  text << kUsage << "\n\n"
       << "A coordination server that speaks ZooKeeper. FILE.cfg is Apache ZooKeeper's zoo.cfg; "
          "settings of the form -Dzookeeper.key=value in\n"
       << "SERVER_JVMFLAGS and JVMFLAGS are read too. The server runs in the foreground until "
          "SIGTERM or SIGINT.\n\n"
       << visible_options() << "\n"
       << "Exit codes: 0 stopped by a signal, 1 unexpected error (port in use, damaged data, "
          "failing disk), 2 wrong arguments or\n"
       << "configuration, 3 the data directory cannot be used.\n";
  return text.str();
}

}  // namespace zookernel::shell
