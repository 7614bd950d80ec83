/* Prometheus: whether it is well, which targets it cannot scrape, and what its rules say
 * (protocol reference 7.1). */
#ifndef TOCSIN_COLLECT_PROMETHEUS_H
#define TOCSIN_COLLECT_PROMETHEUS_H

#include "collect/alerts.h"
#include "collect/source.h"

extern const struct settings_def prometheus_section;
extern const struct source_def prometheus_source;

/* Decoders, pure; errors as those of samples_read. */
enum status prometheus_read_alerts(const char *body, size_t len, struct alert_list *out, struct error *err) TOCSIN_CHECK;

/* Targets that cannot be scraped. */
struct target_list {
	struct target {
		char name[80];  /* "besu besu-validator-1:9545" */
		char place[64]; /* "besu-validator-1", to find what runs there */
		char why[120];
	} * items;
	size_t count, capacity;
	size_t up, unknown;
};
void target_list_free(struct target_list *list);
enum status prometheus_read_targets(const char *body, size_t len, struct target_list *out, struct error *err) TOCSIN_CHECK;

#endif
