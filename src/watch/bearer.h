/* The token that a node wants to see. */
#ifndef TOCSIN_WATCH_BEARER_H
#define TOCSIN_WATCH_BEARER_H

#include "watch/config.h"

/* What stands before the token in the header. */
#define BEARER_PREFIX "Authorization: Bearer "

/* The Authorization header of a node, owned, from a 0600 file or the environment;
 * NULL when it has none. */
enum status bearer_header(const struct config_node *node, char **out, struct error *err) TOCSIN_CHECK;
/* The same from a variable alone; STATUS_INVALID when it is not set. */
enum status bearer_from_environment(const char *variable, char **out, struct error *err) TOCSIN_CHECK;

#endif
