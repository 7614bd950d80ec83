/* Where files live: XDG directories, the installed data, the build tree. */
#ifndef TOCSIN_BASE_PATH_H
#define TOCSIN_BASE_PATH_H

#include "base/buf.h"

/* Remembers how the program was started; call first, with argv[0]. */
void path_init(const char *argv0);

/* A shipped file or directory, as an owned path: `kind` is "themes", "runbooks",
 * "drills", "libexec". Looked for in $TOCSIN_DATA_DIR, beside the executable's own
 * prefix (relocatable), in the configured prefix, and in the build tree when run
 * uninstalled. NULL when it is nowhere. */
char *path_shipped(const char *kind, const char *name);

/* $XDG_CONFIG_HOME/tocsin/NAME and $XDG_DATA_HOME/tocsin/NAME, owned. The data
 * directory is made with mode 0700 on demand. */
char *path_config(const char *name);
enum status path_data(const char *name, char **out, struct error *err) TOCSIN_CHECK;

/* Reads a whole regular file of at most `limit` bytes. */
enum status file_read(const char *path, size_t limit, struct buf *out, struct error *err) TOCSIN_CHECK;
/* Writes through a temporary file in the same directory, fsync and rename; mode is
 * the final mode. Nothing half-written is ever visible. */
enum status file_write(const char *path, const void *bytes, size_t len, unsigned mode, struct error *err) TOCSIN_CHECK;

#endif
