// zookernel-plugin: looks at a plugin file without a server.
#include <boost/program_options.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "tools/plugin/info.h"
#include "tools/plugin/lint.h"

namespace {

namespace options = boost::program_options;
using namespace zookernel::plugin_tool;

void print_help(std::ostream& to, const options::options_description& named) {
  to << "Usage: zookernel-plugin info FILE.so    what it is, how it was built, the zoo.cfg keys it "
        "knows\n"
        "       zookernel-plugin lint FILE.so    what makes it a bad guest in the server\n"
        "Exit codes: 0 fine, 1 the server refuses it or lint has findings, 2 wrong usage or no "
        "such file.\n"
     << named;
}

int run(int argc, char** argv) {
  options::options_description named("Options");
  named.add_options()("help,h", "print this");
  options::options_description all;
  all.add(named).add_options()("command", options::value<std::string>())(
      "file", options::value<std::string>());
  options::positional_options_description positions;
  positions.add("command", 1).add("file", 1);
  options::variables_map given;
  options::store(options::command_line_parser(argc, argv).options(all).positional(positions).run(),
                 given);

  if (given.count("help") != 0) {
    print_help(std::cout, named);
    return kFine;
  }
  const std::string command = given.count("command") != 0 ? given["command"].as<std::string>() : "";
  if ((command != "info" && command != "lint") || given.count("file") == 0) {
    print_help(std::cerr, named);
    return kUsage;
  }
  const std::string file = given["file"].as<std::string>();
  return command == "info" ? info(file, std::cout, std::cerr) : lint(file, std::cout, std::cerr);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "zookernel-plugin: " << e.what() << " (zookernel-plugin --help)\n";
    return kUsage;
  }
}
