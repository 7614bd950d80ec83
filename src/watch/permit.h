/* What has to be true before a command of a danger class may run: one table, asked in one
 * place (DESIGN 1.4; incident reference 4.5). */
#ifndef TOCSIN_WATCH_PERMIT_H
#define TOCSIN_WATCH_PERMIT_H

#include "runbook/danger.h"

#include <stdbool.h>
#include <stddef.h>

/* Modes, always named on the screen. */
enum mode {
	MODE_OBSERVER,
	MODE_UNARMED,
	MODE_ARMED,
};
const char *mode_name(enum mode mode); /* "UNARMED" */

enum {
	PERMIT_CONFIRM = 1, /* a person saw all of it and said yes */
	PERMIT_ARMED = 2,   /* the mode is ARMED */
	PERMIT_NAME = 4,    /* the name of what it affects was typed */
	PERMIT_PERSON = 8,  /* somebody is at the console: a script never runs it */
	PERMIT_SECOND = 16, /* a second person approved exactly this, or the glass was broken */
	PERMIT_ALL = 31,
};
/* Of an unknown class, all of them. */
unsigned permit_needs(enum danger danger);
/* True when the mode lets a class run at all; else `why` says why not and what would help. */
bool permit_mode(enum mode mode, enum danger danger, char *why, size_t size);
/* The same for `runbook run --yes`, where nobody confirms: reads, and with `armed` what
 * mutates; above that never. */
bool permit_unattended(bool armed, enum danger danger, char *why, size_t size);

#endif
