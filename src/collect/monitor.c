#include "collect/monitor.h"

#include "base/text.h"

#include <string.h>

enum { STALE_LOOKS = 3 };

const struct settings *monitor_section(const struct source_host *host, const char *word, const char *name)
{
	const struct settings *found;

	for (size_t i = 0; (found = settings_at(host->sections, host->section_count, word, i)); i++)
		if (strcmp(found->name, name) == 0)
			return found;
	return NULL;
}

char *monitor_name(char *dst, size_t size, const struct settings *settings)
{
	return text_format(dst, size, "%s %s", settings->def->word, settings->name);
}

struct component *monitor_add(const struct source_host *host, const struct settings *settings)
{
	char name[80], masked[160];

	return world_add(host->world, KIND_PROBE, monitor_name(name, sizeof(name), settings), http_mask_url(masked, sizeof(masked), settings_text(settings, "url")), monitor_stale_us(settings));
}

void monitor_url(struct buf *out, const struct settings *settings, const char *path)
{
	const char *url = settings_text(settings, "url");
	size_t len = strlen(url);

	while (len > 0 && url[len - 1] == '/')
		len--;
	buf_add(out, url, len);
	buf_puts(out, path);
}

int64_t monitor_stale_us(const struct settings *settings)
{
	return STALE_LOOKS * (settings_number(settings, "interval") + settings_number(settings, "timeout")) * US_PER_MS;
}

void monitor_sight(const struct source_host *host, struct component *self, int64_t at_us, const struct http_reply *reply, const struct verdict *verdict)
{
	struct sighting sighting = {.at_us = at_us, .verdict = *verdict};

	world_set_number(self, PROBE_LATENCY_MS, reply->total_us / US_PER_MS, at_us);
	world_set_number(self, PROBE_STATUS, reply->status, at_us);
	world_sight(host->world, self, &sighting);
}
