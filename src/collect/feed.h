/* Feeds of oracles: "[feed NAME]" (protocol reference 3). */
#ifndef TOCSIN_COLLECT_FEED_H
#define TOCSIN_COLLECT_FEED_H

#include "collect/source.h"

extern const struct settings_def feed_section;

#endif
