/* The timeline as CSV (RFC 4180). The first three columns are those that Timesketch
 * asks for; a cell that a spreadsheet would calculate is made text. */
#include "report/facts.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* What starts a formula after any blanks, the full-width forms included
 * (engineering reference 4.4). */
static bool is_formula(const char *text)
{
	static const char *const starts[] = {"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"};

	text += strspn(text, " ");
	for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
		if (strncmp(text, starts[i], strlen(starts[i])) == 0)
			return true;
	}
	return false;
}

static void put_cell(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	if (text && is_formula(text))
		buf_putc(out, '\'');
	for (; text && *text; text++) {
		if (*text == '"')
			buf_putc(out, '"');
		buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static void put_row(const struct incident *incident, const struct event *event, const struct event_view *view, bool drill, struct buf *out)
{
	char occurred[TIME_TEXT], recorded[TIME_TEXT], hash[SHA256_TEXT];
	const char *const cells[] = {
		view->summary,
		time_rfc3339(occurred, view->occurred_us),
		"occurred",
		event->kind_name,
		event->incident && event->incident[0] ? event->incident : incident->id,
		event->actor,
		event->role,
		event->source,
		view->body,
		time_rfc3339(recorded, event->recorded_us),
		view->amended ? "yes" : "no",
		drill ? "drill" : "live",
		sha256_text(hash, &event->hash),
	};

	for (size_t i = 0; i < ARRAY_LENGTH(cells); i++) {
		put_cell(out, cells[i]);
		buf_putc(out, ',');
	}
	buf_printf(out, "%llu\r\n", (unsigned long long)event->seq);
}

enum status csv_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err)
{
	/* A table has no place for what is said once for all rows. */
	(void)checkpoint;
	(void)network;
	buf_puts(out, "message,datetime,timestamp_desc,kind,incident,actor,role,source,body,recorded,amended,mode,hash,seq\r\n");
	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct event *event = fold_event(fold, incident->timeline[i].seq);
		struct event_view view;
		if (fold_view(fold, event, &view))
			put_row(incident, event, &view, drill, out);
	}
	return buf_check(out, "the export", err);
}
