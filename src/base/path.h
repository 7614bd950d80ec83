/* Where files live: XDG directories, the installed data, the build tree. */
#ifndef TOCSIN_BASE_PATH_H
#define TOCSIN_BASE_PATH_H

#include "base/buf.h"

/* Remembers how the program was started; call first, with argv[0]. */
void path_init(const char *argv0);

/* A shipped file or directory, as an owned path: `kind` is "themes", "runbooks",
 * "drills", "libexec"; without a name (NULL) the directory itself. Looked for in
 * $TOCSIN_DATA_DIR, in the build tree when the program runs from there, beside the
 * executable's own prefix (relocatable), and in the configured prefix. NULL when it
 * is nowhere, or when the name would leave its directory. */
char *path_shipped(const char *kind, const char *name);

/* $XDG_CONFIG_HOME/tocsin/NAME and $XDG_DATA_HOME/tocsin/NAME, owned. The data
 * directory is made with mode 0700 on demand. Variables that are no absolute path
 * count as unset, as the XDG specification wants. */
char *path_config(const char *name);
enum status path_data(const char *name, char **out, struct error *err) TOCSIN_CHECK;

/* The same place without making anything; NULL when no home directory is known. */
char *path_data_place(const char *name);
/* Makes the directories above a file that are missing, mode 0700. */
enum status path_make_parents(const char *path, struct error *err) TOCSIN_CHECK;

/* Appends a whole regular file of at most `limit` bytes to out, which the caller has
 * made; never waits on a pipe or a device. */
enum status file_read(const char *path, size_t limit, struct buf *out, struct error *err) TOCSIN_CHECK;
/* Writes through a temporary file in the same directory, fsync and rename; mode is
 * the final mode. Nothing half-written is ever visible. STATUS_REFUSED: there is a
 * device or a pipe of that name. */
enum status file_write(const char *path, const void *bytes, size_t len, unsigned mode, struct error *err) TOCSIN_CHECK;

#endif
