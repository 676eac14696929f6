/*
 * Between this process and its disk: what of every file has reached it, and whether it has room.
 * Takes the place of the C library's write, pwrite, fdatasync, fsync, unlink, rename and statvfs
 * for the whole program, libraries too, and does what they do.
 */
#ifndef OMB_TESTS_POWER_H
#define OMB_TESTS_POWER_H

#include <stdbool.h>

/* No file was synced so far, all can be, and there is room. */
void power_on(void);
/*
 * From now on files cannot grow (ENOSPC, none free), or can again. What is written over is written
 * elsewhere first, as some filesystems do: of that the half of each call finds room.
 */
void power_fill(bool full);
/* From now on the names in that folder cannot be synced (EIO), or can again. */
void power_refuse_names(const char *folder, bool refused);
/*
 * Copies a folder without folders in it as a power cut leaves it: every file up to where it was
 * synced, and so many hundredths of what was written behind. As after power_on, but for those of
 * the copy.
 */
void power_cut(const char *from, const char *to, unsigned hundredths);

#endif
