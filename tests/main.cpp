// The one translation unit that holds doctest itself; every tests/<folder>/<subject>_test.cpp is linked to it.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
