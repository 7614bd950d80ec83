/* The console without a screen, for screen readers and for pipes: what changes is printed
 * as a plain line, and ":" commands are read from standard input, one in each line. No
 * cursor moves, no colours, nothing is ever painted over. */
#ifndef TOCSIN_UI_LINEAR_H
#define TOCSIN_UI_LINEAR_H

#include "ui/ui.h"

/* Runs until :quit, the end of the input or a signal. An empty line says how things
 * stand; a question is answered by the line after it. */
enum status linear_run(struct loop *loop, struct ui *ui, struct error *err) TOCSIN_CHECK;

#endif
