/*
 * What every unit test includes: cmocka with the headers that it needs before it.
 */
#ifndef OMB_TESTS_UNIT_H
#define OMB_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define UNIT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
