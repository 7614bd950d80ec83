/* The two lines above the panes: where we are and how late it is, then what is wrong and
 * who deals with it. */
#ifndef TOCSIN_UI_HEADER_H
#define TOCSIN_UI_HEADER_H

#include "ui/ui.h"

enum { HEADER_ROWS = 2 };
void draw_header(const struct ui *ui, struct area area);

#endif
