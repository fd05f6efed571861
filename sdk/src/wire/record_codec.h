// How a field of each type is read and written, and from that every record, by reflection over
// plain structs. Private to the library: Boost.PFR is not part of the SDK.
#pragma once

#include <boost/pfr/core.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "zookernel/wire/jute.h"

namespace zookernel::wire::codec {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
struct IsTrailing : std::false_type {};
template <typename T>
struct IsTrailing<Trailing<T>> : std::true_type {};

// The fewest bytes that a value can take: what bounds the count of a vector.
template <typename T>
constexpr size_t bytes_min() {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, int8_t>) {
    return 1;
  } else if constexpr (std::is_integral_v<T>) {
    return sizeof(T);
  } else if constexpr (IsVector<T>::value || IsOptional<T>::value ||
                       std::is_same_v<T, std::string>) {
    return 4;
  } else if constexpr (IsTrailing<T>::value) {
    return 0;
  } else {
    return []<size_t... I>(std::index_sequence<I...>) {
      return (size_t{0} + ... + bytes_min<boost::pfr::tuple_element_t<I, T>>());
    }
    (std::make_index_sequence<boost::pfr::tuple_size_v<T>>());
  }
}

template <typename T>
void read_value(Reader& reader, T& value);

template <typename T>
void read_elements(Reader& reader, int32_t count, std::vector<T>& out) {
  out.clear();
  out.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count && reader.ok(); ++i) read_value(reader, out.emplace_back());
}

template <typename T>
void read_nullable(Reader& reader, std::optional<T>& value) {
  value.reset();
  if constexpr (IsVector<T>::value) {
    int32_t count = reader.read_count(bytes_min<typename T::value_type>());
    if (count >= 0 && reader.ok()) read_elements(reader, count, value.emplace());
  } else {
    static_assert(std::is_same_v<T, std::string>);
    OptBytes bytes = reader.read_buffer();
    if (!bytes.null) value.emplace(bytes.bytes);
  }
}

template <typename T>
void read_value(Reader& reader, T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    value = reader.read_bool();
  } else if constexpr (std::is_same_v<T, int8_t>) {
    value = reader.read_byte();
  } else if constexpr (std::is_same_v<T, int32_t>) {
    value = reader.read_int();
  } else if constexpr (std::is_same_v<T, int64_t>) {
    value = reader.read_long();
  } else if constexpr (std::is_same_v<T, std::string>) {
    OptBytes bytes = reader.read_string();
    if (bytes.null) reader.fail("null where a string is needed");
    value.assign(bytes.bytes);
  } else if constexpr (IsVector<T>::value) {
    int32_t count = reader.read_count(bytes_min<typename T::value_type>());
    if (count < 0) return reader.fail("null where a vector is needed");
    read_elements(reader, count, value);
  } else if constexpr (IsOptional<T>::value) {
    read_nullable(reader, value);
  } else if constexpr (IsTrailing<T>::value) {
    value.reset();
    if (reader.remaining() != 0) read_value(reader, value.emplace());
  } else {
    boost::pfr::for_each_field(value, [&reader](auto& field) { read_value(reader, field); });
  }
}

template <typename T>
void write_value(Writer& writer, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    writer.write_bool(value);
  } else if constexpr (std::is_same_v<T, int8_t>) {
    writer.write_byte(value);
  } else if constexpr (std::is_same_v<T, int32_t>) {
    writer.write_int(value);
  } else if constexpr (std::is_same_v<T, int64_t>) {
    writer.write_long(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    writer.write_string(value);
  } else if constexpr (IsVector<T>::value) {
    writer.write_count(value.size());
    for (const auto& element : value) write_value(writer, element);
  } else if constexpr (IsOptional<T>::value) {
    if (!value.has_value()) return writer.write_null();
    write_value(writer, *value);
  } else if constexpr (IsTrailing<T>::value) {
    if (value.has_value()) write_value(writer, *value);
  } else {
    boost::pfr::for_each_field(value, [&writer](const auto& field) { write_value(writer, field); });
  }
}

}  // namespace zookernel::wire::codec

namespace zookernel::wire {

template <typename R>
bool decode(Reader& reader, R& record) {
  codec::read_value(reader, record);
  return reader.ok();
}

template <typename R>
void encode(Writer& writer, const R& record) {
  codec::write_value(writer, record);
}

}  // namespace zookernel::wire

// Makes decode and encode of one record part of the library.
#define ZOOKERNEL_WIRE_RECORD(Record)             \
  template bool decode<Record>(Reader&, Record&); \
  template void encode<Record>(Writer&, const Record&)
