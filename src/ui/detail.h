/* Long answers in a pager: everything that is known of one component, proposal,
 * incident or event. */
#ifndef TOCSIN_UI_DETAIL_H
#define TOCSIN_UI_DETAIL_H

#include "ui/ui.h"

enum status detail_component(struct ui *ui, const char *id, struct error *err);
enum status detail_proposal(struct ui *ui, const char *key, struct error *err);
enum status detail_event(struct ui *ui, const char *seq, struct error *err);

#endif
