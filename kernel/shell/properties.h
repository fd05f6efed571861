// zoo.cfg as text: the grammar of Java properties, and the -D definitions of the JVM flags in the
// environment. Pure functions; what a key means is config.h's business.
//
//   file     := line*           a line that ends with an odd number of backslashes goes on in the
//   next one, whose leading blanks are dropped line     := blank* ( comment | key separator value
//   )? comment  := ('#' | '!') anything                    never goes on in the next line key :=
//   characters up to the first unescaped '=', ':' or blank separator:= blank* ('=' | ':')? blank*
//   escapes  := \t \n \r \f \\ \: \= \# \! \uXXXX       before any other character the backslash is
//   dropped
//
//   dataDir = /var/lib/zookeeper
//   clientPort: 2181
//   4lw.commands.whitelist=ruok, mntr
//
// Bytes above 0x7f are taken as they are, so UTF-8 stays UTF-8 (Java would read Latin-1). Keys and
// values are trimmed, as Apache's server does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "zookernel/result.h"

namespace zookernel::shell {

struct Property {
  std::string key;
  std::string value;
  int line = 0;  // where it begins, from 1
};

// The largest zoo.cfg that is read.
inline constexpr size_t kPropertiesBytesMax = size_t{1} << 20;

// All properties in order, duplicates included (the last one counts). An error names line and
// reason.
Result<std::vector<Property>> parse_properties(std::string_view text);

struct JvmFlags {
  std::vector<Property>
      definitions;                   // -Dname=value, in order; -Dname has an empty value; line is 0
  std::vector<std::string> ignored;  // everything else: memory sizes, agents, ...
};

// Splits flags the way a shell splits words: blanks separate; '...', "..." and backslashes protect.
JvmFlags parse_jvm_flags(std::string_view flags);

}  // namespace zookernel::shell
