#include "tools/client/path.h"

#include <catch2/catch_test_macros.hpp>

using namespace zookernel::client;

TEST_CASE("path: what Apache's client accepts is accepted", "[client][path]") {
  for (const char* path : {"/", "/a", "/a/b", "/a b", "/...", "/a/.b", "/a/b.", "/\xc3\xa4"}) {
    INFO(path);
    CHECK(!path_problem(path));
  }
}

TEST_CASE("path: a bad path is refused in the words of Apache's client", "[client][path]") {
  CHECK(path_problem("") == "Path length must be > 0");
  CHECK(path_problem("a") == "Path must start with / character");
  CHECK(path_problem("/a/") == "Path must not end with / character");
  CHECK(path_problem("/a//b") ==
        "Invalid path string \"/a//b\" caused by empty node name specified @3");
  CHECK(path_problem("/a/./b") ==
        "Invalid path string \"/a/./b\" caused by relative paths not allowed @3");
  CHECK(path_problem("/a/../b") ==
        "Invalid path string \"/a/../b\" caused by relative paths not allowed @4");
  CHECK(path_problem("/..") ==
        "Invalid path string \"/..\" caused by relative paths not allowed @2");
  CHECK(path_problem("/a\x01") == "Invalid path string \"/a\x01\" caused by invalid character @2");
}

TEST_CASE("path: a position counts UTF-16 units", "[client][path]") {
  CHECK(path_problem("/\xc3\xa4\xe2\x82\xac/\x02")->ends_with("invalid character @4"));
  CHECK(path_problem("/\xf0\x9f\x98\x80")->ends_with("invalid character @1"));
}

TEST_CASE("path: the chroot goes on and comes off again", "[client][path]") {
  CHECK(with_chroot("", "/a") == "/a");
  CHECK(with_chroot("/app", "/a") == "/app/a");
  CHECK(with_chroot("/app", "/") == "/app");
  CHECK(without_chroot("/app", "/app/a") == "/a");
  CHECK(without_chroot("/app", "/app") == "/");
  CHECK(without_chroot("/app", "/apple") == "/apple");
  CHECK(without_chroot("/app", "/zookeeper/config") == "/zookeeper/config");
}
