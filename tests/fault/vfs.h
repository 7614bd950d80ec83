/* A SQLite VFS over the real one that writes down every change of a file, and that fails
 * when told to. With the log, the disk after a power cut can be made again. */
#ifndef TOCSIN_TESTS_VFS_H
#define TOCSIN_TESTS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vfs_change {
	VFS_WRITE,
	VFS_TRUNCATE,
	VFS_SYNC,
	VFS_CREATE,
	VFS_DELETE,
	VFS_MARK,
};

struct vfs_entry {
	enum vfs_change change;
	char file[16];  /* what follows the path of the record: "", "-journal", "-wal" */
	int64_t offset; /* of a write; the size after a truncate; the number of a mark */
	uint8_t *bytes; /* of a write */
	size_t len;
	bool durable; /* a delete: the directory was synced too */
};

/* Becomes the default VFS and forgets what was logged. Files that do not begin with
 * `record` pass unseen. */
void vfs_begin(const char *record);
void vfs_end(void);
size_t vfs_count(void);
const struct vfs_entry *vfs_entry(size_t i);
/* Puts a mark into the log: what came before was acknowledged. */
void vfs_mark(int64_t number);

/* The nth operation from now fails with this code, or all from the nth on; 0: none. */
void vfs_fail(unsigned nth, int code, bool all_after);
/* True when a failure was delivered since vfs_fail. */
bool vfs_failed(void);

/* Makes in `directory`/x.db… what a disk may hold after the power went with entry `end`:
 * what was synced, and of the rest any part, in any order, torn at 512 bytes. */
void vfs_crash(size_t end, uint32_t seed, const char *directory);

#endif
