/* Text for the parts of a URL. */
#ifndef TOCSIN_BASE_URL_H
#define TOCSIN_BASE_URL_H

#include "base/buf.h"

/* Appends text for the query or one part of the path: all but letters, digits and "-_.~" as %XX. */
void url_encode(struct buf *out, const char *text);
/* The host of a URL, without user, port and brackets; "" when it has none. Returns dst. */
char *url_host(char *dst, size_t size, const char *url);

#endif
