// The commands that carry data from one form to another.
#pragma once

#include <string>
#include <vector>

#include "tools/db/commands.h"

namespace zookernel::db_tool {

int run_export(const std::vector<std::string>& given, Session& session);
int run_import(const std::vector<std::string>& given, Session& session);
int run_backup(const std::vector<std::string>& given, Session& session);
int run_convert(const std::vector<std::string>& given, Session& session);

}  // namespace zookernel::db_tool
