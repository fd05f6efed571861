#include "tools/db/apache/java_text.h"

#include <cstdio>
#include <ctime>

#include "tools/db/json_text.h"
#include "zookernel/wire/opcode.h"

namespace zookernel::db_tool {
namespace {

using wire::Opcode;

constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Field by field, as strftime follows the locale.
template <typename... Parts>
std::string formatted(const char* format, Parts... parts) {
  char text[96];
  const int size = std::snprintf(text, sizeof text, format, parts...);
  return {text, static_cast<size_t>(size)};
}

std::tm local_time(int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms >= 0 ? ms / 1000 : (ms - 999) / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  return parts;
}

int hour_of_12(const std::tm& parts) {
  return parts.tm_hour % 12 == 0 ? 12 : parts.tm_hour % 12;
}

const char* half_of_day(const std::tm& parts) {
  return parts.tm_hour < 12 ? "AM" : "PM";
}

// Jute's text form marks strings and escapes what has a meaning in it.
std::string csv(const wire::OptBytes& string) {
  std::string text = "'";
  for (const char c : string.bytes) {
    switch (c) {
      case '\0':
        text += "%00";
        break;
      case '\n':
        text += "%0A";
        break;
      case '\r':
        text += "%0D";
        break;
      case ',':
        text += "%2C";
        break;
      case '}':
        text += "%7D";
        break;
      case '%':
        text += "%25";
        break;
      default:
        text += c;
    }
  }
  return text;
}

// Java makes characters of everything, and U+FFFD of what is none.
std::string plain(const wire::OptBytes& bytes) {
  return is_utf8(bytes.bytes) ? std::string(bytes.bytes) : wire::utf8_sanitize(bytes.bytes);
}

std::string acl_entry(const wire::AclView& entry) {
  return std::to_string(entry.perms) + ",s{" + csv(entry.scheme) + "," + csv(entry.id) + "}";
}

// As a list of records that print themselves, each with the end of its line.
std::string acl_list(const wire::AclListView& acl) {
  if (acl.null) return "null";
  std::string text = "[";
  for (const wire::AclView& entry : acl.entries) {
    text += (text.size() == 1 ? "" : ", ") + acl_entry(entry) + "\n";
  }
  return text + "]";
}

std::string acl_vector(const wire::AclListView& acl) {
  std::string text = "v{";
  for (const wire::AclView& entry : acl.entries) {
    text += (text.size() == 2 ? "s{" : ",s{") + acl_entry(entry) + "}";
  }
  return text + "}";
}

std::optional<std::string> body_text(Opcode type, wire::Reader& reader);

std::optional<std::string> create_text(Opcode type, wire::Reader& reader) {
  wire::CreateTxnView txn;
  if (!read(reader, type, txn)) return {};
  std::string text = plain(txn.path) + "," + plain(txn.data) + "," + acl_list(txn.acl);
  if (!txn.container && !txn.has_ttl) text += txn.ephemeral ? ",true" : ",false";
  text += "," + std::to_string(txn.parent_cversion);
  if (txn.has_ttl) text += "," + std::to_string(txn.ttl);
  return text;
}

std::optional<std::string> set_data_text(wire::Reader& reader) {
  wire::SetDataTxnView txn;
  if (!read(reader, txn)) return {};
  return plain(txn.path) + "," + plain(txn.data) + "," + std::to_string(txn.version);
}

std::optional<std::string> delete_text(wire::Reader& reader) {
  wire::DeleteTxnView txn;
  if (!read(reader, txn)) return {};
  return csv(txn.path);
}

std::optional<std::string> set_acl_text(wire::Reader& reader) {
  wire::SetAclTxnView txn;
  if (!read(reader, txn)) return {};
  return csv(txn.path) + "," + acl_vector(txn.acl) + "," + std::to_string(txn.version);
}

std::optional<std::string> check_text(wire::Reader& reader) {
  wire::CheckVersionTxnView txn;
  if (!read(reader, txn)) return {};
  return csv(txn.path) + "," + std::to_string(txn.version);
}

std::optional<std::string> close_session_text(wire::Reader& reader) {
  wire::CloseSessionTxnView txn;
  if (!read(reader, txn)) return {};
  if (!txn.has_paths) return "";
  std::string text = "v{";
  for (const wire::OptBytes& path : txn.paths) text += (text.size() == 2 ? "" : ",") + csv(path);
  return text + "}";
}

std::optional<std::string> create_session_text(wire::Reader& reader) {
  wire::CreateSessionTxn txn;
  if (!read(reader, txn)) return {};
  return std::to_string(txn.timeout);
}

std::optional<std::string> error_text(wire::Reader& reader) {
  wire::ErrorTxn txn;
  if (!read(reader, txn)) return {};
  return std::to_string(txn.err);
}

std::optional<std::string> multi_text(wire::Reader& reader) {
  wire::MultiTxnView txn;
  if (!read(reader, txn)) return {};
  std::string text;
  for (const wire::MultiTxnPart& part : txn.parts) {
    const auto type = static_cast<Opcode>(part.type);
    wire::Reader inner(part.body.bytes);
    const auto op = type == Opcode::kMulti ? std::nullopt : body_text(type, inner);
    text += (text.empty() ? "" : ";") + std::string(wire::opcode_name(type)) + ":" +
            op.value_or("(not understood)");
  }
  return text;
}

std::optional<std::string> body_text(Opcode type, wire::Reader& reader) {
  switch (type) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
    case Opcode::kCreateContainer:
    case Opcode::kCreateTtl:
      return create_text(type, reader);
    case Opcode::kDelete:
    case Opcode::kDeleteContainer:
      return delete_text(reader);
    case Opcode::kSetData:
    case Opcode::kReconfig:
      return set_data_text(reader);
    case Opcode::kSetAcl:
      return set_acl_text(reader);
    case Opcode::kCheck:
      return check_text(reader);
    case Opcode::kMulti:
      return multi_text(reader);
    case Opcode::kCreateSession:
      return create_session_text(reader);
    case Opcode::kCloseSession:
      return close_session_text(reader);
    case Opcode::kError:
      return error_text(reader);
    default:
      return {};
  }
}

}  // namespace

std::string java_date(int64_t ms) {
  const std::tm t = local_time(ms);
  return formatted("%s %s %02d %02d:%02d:%02d %s %d", kDays[t.tm_wday], kMonths[t.tm_mon],
                   t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, t.tm_zone, t.tm_year + 1900);
}

std::string java_short_date(int64_t ms) {
  const std::tm t = local_time(ms);
  return formatted("%d/%d/%02d, %d:%02d:%02d %s %s", t.tm_mon + 1, t.tm_mday, t.tm_year % 100,
                   hour_of_12(t), t.tm_min, t.tm_sec, half_of_day(t), t.tm_zone);
}

std::string java_file_date(int64_t ms) {
  const std::tm t = local_time(ms);
  return formatted("%s %d, %d, %d:%02d:%02d %s", kMonths[t.tm_mon], t.tm_mday, t.tm_year + 1900,
                   hour_of_12(t), t.tm_min, t.tm_sec, half_of_day(t));
}

std::string java_hex(int64_t value) {
  return formatted("%llx", static_cast<unsigned long long>(value));
}

Result<std::string> java_txn(Bytes record) {
  wire::Reader reader(record);
  wire::TxnView txn;
  std::optional<std::string> text;
  if (read(reader, txn)) {
    wire::Reader body(txn.body);
    text = body_text(static_cast<Opcode>(txn.header.type), body);
  }
  if (!text) return Error{Errc::kCorrupt, "the transaction is not understood"};
  return java_short_date(txn.header.time) + " session 0x" + java_hex(txn.header.client_id) +
         " cxid 0x" + java_hex(txn.header.cxid) + " zxid 0x" + java_hex(txn.header.zxid) + " " +
         std::string(wire::opcode_name(static_cast<Opcode>(txn.header.type))) + " " + *text;
}

}  // namespace zookernel::db_tool
