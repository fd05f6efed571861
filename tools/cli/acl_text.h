// ACLs as people write and read them.
//
//   list  := entry ( "," entry )*
//   entry := scheme ":" id ":" perms     the id may hold colons: scheme ends at the first, perms
//   begin
//                                        after the last
//   perms := ( "c" | "d" | "r" | "w" | "a" )*
//
//   "world:anyone:r,digest:u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ=:cdrwa"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "zookernel/result.h"
#include "zookernel/wire/records/client.h"

namespace zookernel::cli {

// The whole list or an error that names the part: an ACL without one of its entries, or without
// one of the letters, would not be what the user wanted. [any]
[[nodiscard]] Result<std::vector<wire::Acl>> parse_acls(std::string_view text);

// "cdrwa" or a part of it, in this order. [any]
[[nodiscard]] std::string perms_text(int32_t perms);

}  // namespace zookernel::cli
