/* A disk that is full while a test says so: SQLite's own VFS, whose writes then find no
 * room. What says so are files, because a journal's thread does the writing. */
#ifndef TOCSIN_TESTS_FULL_DISK_H
#define TOCSIN_TESTS_FULL_DISK_H

#include "record_fixture.h"

enum disk_state {
	DISK_ROOMY,
	DISK_TIGHT, /* there is only the room that the reserve holds */
	DISK_FULL,
};

static struct {
	sqlite3_vfs *real, vfs;
	char full[128], tight[128], reserve[128]; /* the files that say so */
} disk;

/* Lies behind what the real VFS keeps of an open file. */
struct disk_file {
	sqlite3_io_methods methods;
	int (*write)(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset);
};

static inline struct disk_file *disk_file_of(sqlite3_file *file)
{
	return (struct disk_file *)(void *)((char *)file + (disk.vfs.szOsFile - (int)sizeof(struct disk_file)));
}

static inline bool disk_has_no_room(void)
{
	return access(disk.full, F_OK) == 0 || (access(disk.tight, F_OK) == 0 && access(disk.reserve, F_OK) == 0);
}

static inline int disk_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	return disk_has_no_room() ? SQLITE_FULL : disk_file_of(file)->write(file, bytes, len, offset);
}

static inline int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *flags_out)
{
	int code = disk.real->xOpen(disk.real, name, file, flags, flags_out);

	(void)vfs;
	if (file->pMethods) {
		struct disk_file *own = disk_file_of(file);
		own->methods = *file->pMethods;
		own->write = own->methods.xWrite;
		own->methods.xWrite = disk_write;
		file->pMethods = &own->methods;
	}
	return code;
}

/* Becomes the default VFS, for the record of that place. */
static inline void disk_begin(const struct place *place)
{
	disk.real = sqlite3_vfs_find(NULL);
	disk.vfs = *disk.real;
	disk.vfs.zName = "full disk";
	disk.vfs.szOsFile = (disk.real->szOsFile + 15) / 16 * 16 + (int)sizeof(struct disk_file);
	disk.vfs.xOpen = disk_open;
	text_format(disk.full, sizeof(disk.full), "%s/full", place->dir);
	text_format(disk.tight, sizeof(disk.tight), "%s/tight", place->dir);
	text_format(disk.reserve, sizeof(disk.reserve), "%s.reserve", place->path);
	assert_int_equal(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

/* Once everything that it opened is closed. */
static inline void disk_end(void)
{
	sqlite3_vfs_unregister(&disk.vfs);
	assert_int_equal(sqlite3_vfs_register(disk.real, 1), SQLITE_OK);
}

static inline void disk_say(const char *path, bool so)
{
	FILE *file = so ? fopen(path, "w") : NULL;

	if (file)
		fclose(file);
	else
		unlink(path);
	assert_int_equal(access(path, F_OK) == 0, so);
}

static inline void disk_becomes(enum disk_state now)
{
	/* What is fuller comes before what is less full goes. */
	if (now == DISK_FULL)
		disk_say(disk.full, true);
	disk_say(disk.tight, now == DISK_TIGHT);
	if (now != DISK_FULL)
		disk_say(disk.full, false);
}

#endif
