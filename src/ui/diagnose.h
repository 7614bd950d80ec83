/* The terminal's check-up: what it is, and what of the console will show on it. */
#ifndef TOCSIN_UI_DIAGNOSE_H
#define TOCSIN_UI_DIAGNOSE_H

#include "base/finding.h"

/* Adds findings of the group "terminal" about the one on standard output. Draws nothing. */
void terminal_diagnose(struct findings *out);

#endif
