/* Alertmanager: alerts with their silences, inhibitions and owners (protocol reference 7.2). */
#ifndef TOCSIN_COLLECT_ALERTMANAGER_H
#define TOCSIN_COLLECT_ALERTMANAGER_H

#include "collect/source.h"

extern const struct settings_def alertmanager_section;

#endif
