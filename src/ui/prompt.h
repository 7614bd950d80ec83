/* The line editor: one line of text, edited by graphemes. Knows nothing of screens. */
#ifndef TOCSIN_UI_PROMPT_H
#define TOCSIN_UI_PROMPT_H

#include "ui/canvas.h"
#include "ui/request.h"

enum {
	PROMPT_BYTES = 1024,
	HISTORY_LINES = 100,
};

/* Lines that were accepted, the newest last. */
struct history {
	char *lines[HISTORY_LINES];
	size_t count;
};
/* Adds a line, unless it is empty or the same as the newest; forgets the oldest. */
void history_add(struct history *history, const char *line);
void history_free(struct history *history);

/* Offers what could stand for the last word of `before`, the text left of the cursor. */
typedef void prompt_complete_fn(void *arg, const char *before, offer_fn *offer, void *offer_arg);

struct prompt {
	char text[PROMPT_BYTES];
	size_t len, cursor;            /* in bytes; the cursor never stands inside a grapheme */
	const struct history *history; /* NULL: none */
	size_t browsed;                /* how far back in it, 0: the line being written */
	char draft[PROMPT_BYTES];      /* that line, while browsing */
	prompt_complete_fn *complete;
	void *complete_arg;
	char **candidates; /* of the completion under way */
	size_t candidate_count, candidate_capacity;
	size_t candidate_at; /* which of them stands in the line; the count: none yet */
	size_t word;         /* where the completed word begins */
};

enum prompt_result {
	PROMPT_UNKNOWN, /* the key means nothing here */
	PROMPT_MOVED,   /* the text is as it was */
	PROMPT_CHANGED,
	PROMPT_ACCEPTED,
	PROMPT_CANCELLED,
};

/* Begins with this text, the cursor at its end. */
void prompt_begin(struct prompt *prompt, const char *text);
void prompt_end(struct prompt *prompt);
enum prompt_result prompt_key(struct prompt *prompt, const char *key);
/* Inserts text at the cursor, cleaned, line ends as blanks; what does not fit is dropped whole. */
bool prompt_insert(struct prompt *prompt, const char *text, size_t len);
/* Draws label and text in one row, scrolled so that the cursor is seen, and sets the
 * hardware cursor. */
void prompt_draw(const struct prompt *prompt, const char *label, struct area area);

/* The editing keys, for the help screen; ends with keys NULL. */
struct prompt_binding {
	const char *keys;
	const char *help;
	enum prompt_result (*run)(struct prompt *prompt);
};
const struct prompt_binding *prompt_bindings(void);

#endif
