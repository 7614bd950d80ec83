/* The timeline as CloudEvents 1.0 in structured mode, one object on a line. Names
 * of extension attributes are lower-case letters and digits only, as the standard asks. */
#include "report/facts.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static void put_content(const struct event *event, const struct event_view *view, struct json_writer *w)
{
	char end[TIME_TEXT];

	json_begin_object(w, "data");
	json_put_string(w, "summary", view->summary);
	json_put_text(w, "body", view->body);
	json_put_string(w, "actor", event->actor);
	json_put_string(w, "role", event->role);
	json_put_string(w, "origin", event->source);
	json_put_string(w, "visibility", event->visibility);
	json_put_string(w, "precision", event->precision);
	if (event->occurred_end_us > 0)
		json_put_string(w, "ended", time_rfc3339(end, event->occurred_end_us));
	json_put_bool(w, "amended", view->amended);
	json_put_bool(w, "redacted", view->redacted);
	if (!view->redacted)
		put_data(w, "payload", event);
	json_end_object(w);
}

static void put_line(const struct incident *incident, const struct event *event, const struct event_view *view, const char *origin, const char *network, bool drill, struct buf *out)
{
	char type[120], when[TIME_TEXT], hash[SHA256_TEXT];
	struct json_writer w;

	json_writer_init(&w, out, false);
	json_begin_object(&w, NULL);
	json_put_string(&w, "specversion", "1.0");
	json_put_string(&w, "id", event->id);
	json_put_string(&w, "source", origin);
	json_put_string(&w, "type", text_format(type, sizeof(type), "tocsin.%s.v1", event->kind_name));
	json_put_string(&w, "subject", event->incident && event->incident[0] ? event->incident : incident->id);
	json_put_string(&w, "time", time_rfc3339(when, view->occurred_us));
	json_put_string(&w, "datacontenttype", "application/json");
	json_put_i64(&w, "seq", (int64_t)event->seq);
	json_put_string(&w, "recordedtime", time_rfc3339(when, event->recorded_us));
	json_put_string(&w, "contenthash", sha256_text(hash, &event->content_hash));
	json_put_string(&w, "prevhash", sha256_text(hash, &event->prev_hash));
	json_put_string(&w, "hash", sha256_text(hash, &event->hash));
	if (network && network[0])
		json_put_string(&w, "network", network);
	if (drill)
		json_put_bool(&w, "drill", true);
	put_content(event, view, &w);
	json_end_object(&w);
	buf_putc(out, '\n');
}

enum status jsonl_write(const struct fold *fold, const struct incident *incident, const struct checkpoint *checkpoint, const char *network, bool drill, struct buf *out, struct error *err)
{
	const char *origin = checkpoint && checkpoint->origin[0] ? checkpoint->origin : "tocsin";

	for (size_t i = 0; i < incident->timeline_count; i++) {
		const struct event *event = fold_event(fold, incident->timeline[i].seq);
		struct event_view view;
		if (fold_view(fold, event, &view))
			put_line(incident, event, &view, origin, network, drill, out);
	}
	return buf_check(out, "the export", err);
}
