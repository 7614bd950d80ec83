/* The table of export formats. */
#include "report/report.h"

#include "report/facts.h"

#include <string.h>

static const struct report_format formats[] = {
	{"md", ".md", "the review as Markdown: seven sections and the timeline", markdown_write},
	{"json", ".json", "the incident and its events as one object", json_write},
	{"jsonl", ".jsonl", "one CloudEvents object for each event, one on a line", jsonl_write},
	{"csv", ".csv", "the timeline for spreadsheets and Timesketch", csv_write},
	{NULL, NULL, NULL, NULL},
};

const struct report_format *report_formats(void)
{
	return formats;
}

const struct report_format *report_format(const char *name)
{
	for (const struct report_format *format = formats; name && format->name; format++) {
		if (strcmp(format->name, name) == 0)
			return format;
	}
	return NULL;
}
