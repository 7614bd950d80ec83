/* The way out: puts the terminal back as it was, from a signal handler too. */
#ifndef TOCSIN_UI_RESCUE_H
#define TOCSIN_UI_RESCUE_H

#include <stddef.h>
#include <termios.h>

/* From now on a crash (SEGV, BUS, ILL, FPE, ABRT), or running out of memory, writes
 * these bytes to fd, sets the saved modes, and goes on to what it was: a core dump. */
void rescue_arm(int fd, const struct termios *modes, const char *bytes, size_t len);
/* The program has put the terminal back itself. */
void rescue_disarm(void);
/* Puts it back now, if armed; safe in a signal handler. */
void rescue_now(void);

#endif
