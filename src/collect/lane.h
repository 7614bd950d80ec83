/* Lanes of CCIP: "[lane NAME]", one direction between two chains (protocol reference 2). */
#ifndef TOCSIN_COLLECT_LANE_H
#define TOCSIN_COLLECT_LANE_H

#include "collect/source.h"

extern const struct settings_def lane_section;
extern const struct source_def lane_source;

#endif
