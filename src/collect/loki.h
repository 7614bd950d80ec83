/* Loki: whether it is well, and the BFT round lines of validators (protocol reference 1.6
 * and 7.3). */
#ifndef TOCSIN_COLLECT_LOKI_H
#define TOCSIN_COLLECT_LOKI_H

#include "collect/source.h"

extern const struct settings_def loki_section;

#endif
