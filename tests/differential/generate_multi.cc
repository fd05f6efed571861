#include "tests/differential/generate_multi.h"

#include <array>

#include "zookernel/wire/opcode.h"

namespace zookernel::differential {

namespace {

using wire::Opcode;

int32_t any_part_type(Random& random, const RequestOptions& options) {
  static constexpr std::array kWrites = {
      Opcode::kCreate, Opcode::kCreate, Opcode::kCreate,          Opcode::kCreate2,
      Opcode::kDelete, Opcode::kDelete, Opcode::kSetData,         Opcode::kSetData,
      Opcode::kCheck,  Opcode::kCheck,  Opcode::kCreateContainer, Opcode::kCreateTtl};
  static constexpr std::array kForeign = {3, 4, 6, 7, 8, 9, 12, 14, 16, 20, 22, 99, -1, 0};
  if (random.chance(1, 40)) return kForeign[random.below(kForeign.size())];
  for (;;) {
    auto type = static_cast<int32_t>(kWrites[random.below(kWrites.size())]);
    if (!options.without.contains(type)) return type;
  }
}

// After a null scheme or id Java forgets to undo what the operations before were to change, and
// what is sent next then depends on how fast its stages are.
AclList acl_without_nulls(Random& random) {
  AclList list = any_acl(random);
  if (!list) return list;
  std::erase_if(*list, [](const AclEntry& entry) { return !entry.scheme || !entry.id; });
  return list;
}

void add_part(Random& random, Body& body, int32_t type, const RequestOptions& options) {
  const bool first = body.bytes.empty();
  Text path = options.quotas && random.chance(1, 8)
                  ? quota_path(random)
                  : (random.chance(1, 6) ? any_path(random) : Text(good_path(random)));
  if (!path && !first) path = "";
  body.multi_header(type, false, random.chance(1, 20) ? 0 : -1);
  switch (static_cast<Opcode>(type)) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
      body.text(path).text(any_data(random, path)).acl(acl_without_nulls(random));
      body.integer(type == 19 ? 4 : any_flags(random));
      if (type == 21) body.longer(static_cast<int64_t>(random.below(3)) - 1);
      break;
    case Opcode::kDelete:
    case Opcode::kCheck:
      body.text(path).integer(random.chance(3, 4) ? -1 : any_version(random));
      break;
    case Opcode::kSetData:
      body.text(path).text(any_data(random, path));
      body.integer(random.chance(3, 4) ? -1 : any_version(random));
      break;
    default:
      body.text(path).boolean(false);
      break;
  }
}

void add_end(Random& random, Body& body) {
  if (random.chance(1, 50)) return;
  if (random.chance(1, 20)) {
    body.multi_header(4, true, 0);
  } else {
    body.multi_header(-1, true, -1);
  }
}

}  // namespace

Body any_multi(Random& random, const RequestOptions& options) {
  Body body;
  for (uint64_t parts = random.below(6); parts > 0; --parts) {
    add_part(random, body, any_part_type(random, options), options);
  }
  add_end(random, body);
  return body;
}

Body any_multi_read(Random& random, const RequestOptions& options) {
  Body body;
  for (uint64_t parts = random.below(6); parts > 0; --parts) {
    if (random.chance(1, 25)) {
      add_part(random, body, any_part_type(random, options), options);
      continue;
    }
    body.multi_header(random.chance(1, 2) ? 4 : 8, false, -1);
    body.text(any_path(random)).boolean(random.chance(1, 2));
  }
  add_end(random, body);
  return body;
}

}  // namespace zookernel::differential
