/* What things are called on the screen, and how they look: the words, marks and roles
 * that all panes share. A state is a word first; its role only adds the colour. */
#ifndef TOCSIN_UI_WORDS_H
#define TOCSIN_UI_WORDS_H

#include "ui/ui.h"

/* A word with the meaning that colours it. */
struct word {
	const char *text;
	enum role role;
};

/* How a component is: "OK", "WARN", "DOWN", "REFUSES", "HALTED", "STALE", "??". */
struct word component_word(const struct component *c);
/* What a pane of components needs for pane.identify: its id, and what a filter looks at. */
void component_identify(const struct component *c, char id[PANE_ID], struct buf *text);
enum role health_role(enum health health);
enum role severity_role(enum severity severity);
/* Bold for what must be seen without colours too. */
unsigned role_weight(enum role role);

/* Columns of the longest state word among the components of a kind, 5 at least. */
int state_columns(const struct ui *ui, enum kind kind);
/* Columns of the longest name, between 8 and `most`. */
int name_columns(const struct ui *ui, enum kind kind, int most);

/* When anything was heard of a kind last, 0: never. */
int64_t kind_heard_us(const struct ui *ui, enum kind kind);

/* The healths in the order in which counts name them: what matters most comes last, and is
 * left out last. */
struct counted {
	enum health health;
	const char *word; /* "critical" */
	enum role role;   /* what is well is not worth a colour */
};
enum { COUNTED = 5 };
extern const struct counted counted_healths[COUNTED];

/* Draws what a pane says of its source: "live 1 s", "last answer 3 s ago", "STALE 47 s", "no data", then counts by
 * health, right-aligned into the pane's top line. */
void draw_kind_status(const struct ui *ui, enum kind kind, struct area area);

/* The columns of a picture; its words, where they are read aloud, need more. */
int picture_columns(struct area area, int most);
/* The recent health of a component as a band, newest right. */
void draw_health_band(struct area area, int x, int y, int columns, const struct trail *trail);
/* The recent numbers of a component as bars, newest right; a number of `full`, or the
 * greatest if that is more, has the whole height. */
void draw_trail(struct area area, enum role role, const struct trail *trail, int64_t full);

/* "14:03:22", of another day than now "01-31 14:03"; in the zone on the screen. */
enum {
	MOMENT_TEXT = 16,
	MOMENT_COLUMNS = 11,
	TODAY_COLUMNS = 8,
};
char *moment_text(char dst[MOMENT_TEXT], const struct ui *ui, int64_t us);
bool is_today(const struct ui *ui, int64_t us);
/* How long ago, or "?" when us is 0. */
char *ago_text(char dst[DURATION_TEXT], const struct ui *ui, int64_t us);
/* An event's mark in the timeline. */
struct word event_mark(const struct event *event);
/* The person's or machine's name out of "alice@ops1 pts/3". */
char *actor_name(char *dst, size_t size, const char *actor);
/* What people call a component: "besu-rpc-0", "chain 138"; the id when the world does not
 * have it. */
enum { CALLED_TEXT = 100 };
char *component_called(char dst[CALLED_TEXT], const struct ui *ui, const char *id);
/* Its reason without the word that component_word says already. */
const char *component_reason(const struct component *c);

/* The proposal that the incident came from, as detected now; NULL when it is over. */
const struct proposal *incident_proposal(const struct ui *ui, const struct incident *incident);

#endif
