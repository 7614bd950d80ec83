/* The environment of the tools that we start: small and known (engineering reference 4.6). */
#ifndef TOCSIN_WATCH_ENVIRONMENT_H
#define TOCSIN_WATCH_ENVIRONMENT_H

#include <stdbool.h>

/* NULL-terminated "NAME=value": what tools need of ours, with what `overrides` (may be NULL) has
 * in its place: a drill puts its stand-in tools on PATH so. `terminal` is the terminal's name for
 * what may use it, else NULL. In a demo nothing finds the way to a real cluster. Free with
 * environment_free. */
char **environment_make(const char *const *overrides, const char *terminal, bool demo);
void environment_free(char **environment); /* NULL allowed */

#endif
