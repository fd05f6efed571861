// Catch2 3 brings its main function as a library; for version 2 it is compiled here, once.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
