/* Alertmanager: alerts with their silences, inhibitions and owners (protocol reference 7.2). */
#ifndef TOCSIN_COLLECT_ALERTMANAGER_H
#define TOCSIN_COLLECT_ALERTMANAGER_H

#include "collect/alerts.h"
#include "collect/source.h"

extern const struct settings_def alertmanager_section;
extern const struct source_def alertmanager_source;

/* Decoders, pure. What is wrong with one alert or silence leaves it out. STATUS_CORRUPT when the
 * body is no list. `silences` (may be NULL) tells whose silences alerts are under. */
enum status alertmanager_read_alerts(const char *body, size_t len, const struct silence_list *silences, struct alert_list *out, struct error *err) TOCSIN_CHECK;
enum status alertmanager_read_silences(const char *body, size_t len, struct silence_list *out, struct error *err) TOCSIN_CHECK;

#endif
