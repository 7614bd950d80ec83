/* The sections of the configuration that rooms declare for themselves. */
#ifndef TOCSIN_WATCH_SECTIONS_H
#define TOCSIN_WATCH_SECTIONS_H

#include "base/settings.h"

/* Ends with NULL. */
extern const struct settings_def *const declared_sections[];

#endif
