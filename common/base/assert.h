/*
 * Assertions that stay on in every build: a replica that stops is better than one that lies.
 * They state what the program itself guarantees, never what input ought to be.
 */
#ifndef OMB_BASE_ASSERT_H
#define OMB_BASE_ASSERT_H

_Noreturn void omb_assert_failed(const char *condition, const char *file, int line);

#define OMB_ASSERT(condition) \
    ((condition) ? (void)0 : omb_assert_failed(#condition, __FILE__, __LINE__))

#endif
