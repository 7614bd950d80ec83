#include "vfs.h"

#include "base/mem.h"
#include "base/text.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR_BYTES = 512 };

static struct {
	sqlite3_vfs *real;
	char record[256];
	struct vfs_entry *entries;
	size_t count, capacity;
	unsigned fail_in; /* operations from now, 0: never */
	int fail_code;
	bool fail_on, failed;
} room;

struct file {
	sqlite3_file base;
	char name[16];
	bool seen;          /* belongs to the record */
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_file *real_of(sqlite3_file *file)
{
	return ((struct file *)(void *)file)->real;
}

static int failure(const struct file *file)
{
	if (!file->seen || room.fail_in == 0)
		return SQLITE_OK;
	if (room.fail_in > 1) {
		room.fail_in--;
		return SQLITE_OK;
	}
	if (!room.fail_on)
		room.fail_in = 0;
	room.failed = true;
	return room.fail_code;
}

static struct vfs_entry *add(enum vfs_change change, const char *name)
{
	room.entries = mem_grow(room.entries, &room.capacity, room.count, sizeof(*room.entries));
	struct vfs_entry *entry = &room.entries[room.count++];
	*entry = (struct vfs_entry){.change = change};
	text_format(entry->file, sizeof(entry->file), "%s", name);
	return entry;
}

/* --- a file --------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read_at(sqlite3_file *file, void *bytes, int len, sqlite3_int64 offset)
{
	int code = failure((struct file *)(void *)file);
	/* A full disk can still be read. */
	if (code != SQLITE_OK && code != SQLITE_FULL)
		return SQLITE_IOERR_READ;
	return real_of(file)->pMethods->xRead(real_of(file), bytes, len, offset);
}

static int file_write_at(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
	struct file *self = (struct file *)(void *)file;
	int code = failure(self);

	if (code != SQLITE_OK)
		return code;
	code = self->real->pMethods->xWrite(self->real, bytes, len, offset);
	if (code == SQLITE_OK && self->seen) {
		struct vfs_entry *entry = add(VFS_WRITE, self->name);
		entry->offset = offset;
		entry->len = (size_t)len;
		entry->bytes = xmalloc((size_t)len);
		memcpy(entry->bytes, bytes, (size_t)len);
	}
	return code;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct file *self = (struct file *)(void *)file;

	if (self->seen)
		add(VFS_TRUNCATE, self->name)->offset = size;
	return self->real->pMethods->xTruncate(self->real, size);
}

static int file_sync(sqlite3_file *file, int flags)
{
	struct file *self = (struct file *)(void *)file;
	int code = failure(self);

	if (code != SQLITE_OK)
		return code == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_FSYNC;
	code = self->real->pMethods->xSync(self->real, flags);
	if (code == SQLITE_OK && self->seen)
		add(VFS_SYNC, self->name);
	return code;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_reserved(sqlite3_file *file, int *out)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int file_control(sqlite3_file *file, int operation, void *arg)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), operation, arg);
}

static int file_sector(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
	return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int delete)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read_at,
	.xWrite = file_write_at,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
	.xShmMap = file_shm_map,
	.xShmLock = file_shm_lock,
	.xShmBarrier = file_shm_barrier,
	.xShmUnmap = file_shm_unmap,
};

/* --- the VFS -------------------------------------------------------------------------- */

/* The end of a path that belongs to the record, else NULL. */
static const char *name_in_record(const char *path)
{
	size_t len = strlen(room.record);

	return path && strncmp(path, room.record, len) == 0 ? path + len : NULL;
}

static int open_file(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags)
{
	struct file *self = (struct file *)(void *)file;
	const char *name = name_in_record(path);
	int there = 0;

	(void)vfs;
	*self = (struct file){.seen = name != NULL, .real = (sqlite3_file *)(void *)(self + 1)};
	text_format(self->name, sizeof(self->name), "%s", name ? name : "");
	if (failure(self) != SQLITE_OK)
		return SQLITE_CANTOPEN;
	if (name)
		room.real->xAccess(room.real, path, SQLITE_ACCESS_EXISTS, &there);
	int code = room.real->xOpen(room.real, path, self->real, flags, out_flags);
	if (self->real->pMethods)
		self->base.pMethods = &methods;
	if (code == SQLITE_OK && name && !there)
		add(VFS_CREATE, name);
	return code;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
	const char *name = name_in_record(path);
	struct file nothing = {.seen = name != NULL};

	(void)vfs;
	if (failure(&nothing) != SQLITE_OK)
		return SQLITE_IOERR_DELETE;
	int code = room.real->xDelete(room.real, path, sync_directory);
	if (code == SQLITE_OK && name)
		add(VFS_DELETE, name)->durable = sync_directory;
	return code;
}

static sqlite3_vfs shim;

void vfs_begin(const char *record)
{
	for (size_t i = 0; i < room.count; i++)
		free(room.entries[i].bytes);
	room.count = 0;
	text_format(room.record, sizeof(room.record), "%s", record);
	vfs_fail(0, 0, false);
	if (room.real)
		return;
	room.real = sqlite3_vfs_find(NULL);
	shim = *room.real;
	shim.zName = "tocsin-faults";
	shim.szOsFile = (int)sizeof(struct file) + room.real->szOsFile;
	shim.pNext = NULL;
	shim.xOpen = open_file;
	shim.xDelete = delete_file;
	sqlite3_vfs_register(&shim, 1);
}

void vfs_end(void)
{
	sqlite3_vfs_unregister(&shim);
	sqlite3_vfs_register(room.real, 1);
	for (size_t i = 0; i < room.count; i++)
		free(room.entries[i].bytes);
	free(room.entries);
	memset(&room, 0, sizeof(room));
}

size_t vfs_count(void)
{
	return room.count;
}

const struct vfs_entry *vfs_entry(size_t i)
{
	return &room.entries[i];
}

void vfs_mark(int64_t number)
{
	add(VFS_MARK, "")->offset = number;
}

void vfs_fail(unsigned nth, int code, bool all_after)
{
	room.fail_in = nth;
	room.fail_code = code;
	room.fail_on = all_after;
	room.failed = false;
}

bool vfs_failed(void)
{
	return room.failed;
}

/* --- after the power cut ------------------------------------------------------------------ */

static uint32_t next_random(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(*state >> 8) * below >> 24);
}

struct disk {
	uint8_t *bytes;
	size_t len, capacity;
	bool there;
};

static void resize(struct disk *disk, size_t len)
{
	if (len > disk->capacity) {
		disk->bytes = xreallocarray(disk->bytes, len, 1);
		disk->capacity = len;
	}
	if (len > disk->len)
		memset(disk->bytes + disk->len, 0, len - disk->len);
	disk->len = len;
}

/* Applies `len` bytes of a write, from its byte `from` on. */
static void put(struct disk *disk, const struct vfs_entry *entry, size_t from, size_t len)
{
	size_t at = (size_t)entry->offset + from;

	if (at + len > disk->len)
		resize(disk, at + len);
	memcpy(disk->bytes + at, entry->bytes + from, len);
}

static void apply(struct disk *disk, const struct vfs_entry *entry)
{
	switch (entry->change) {
	case VFS_WRITE:
		put(disk, entry, 0, entry->len);
		break;
	case VFS_TRUNCATE:
		resize(disk, (size_t)entry->offset);
		break;
	case VFS_CREATE:
		disk->there = true;
		disk->len = 0;
		break;
	case VFS_DELETE:
		disk->there = false;
		disk->len = 0;
		break;
	default:
		break;
	}
}

/* What was not synced: gone, whole, or some of its sectors. */
static void apply_maybe(struct disk *disk, const struct vfs_entry *entry, uint32_t *random)
{
	uint32_t fate = next_random(random, 3);

	if (fate == 0)
		return;
	if (fate == 1 || entry->change != VFS_WRITE) {
		apply(disk, entry);
		return;
	}
	for (size_t from = 0; from < entry->len;) {
		size_t len = SECTOR_BYTES - (size_t)(entry->offset + (int64_t)from) % SECTOR_BYTES;
		if (len > entry->len - from)
			len = entry->len - from;
		if (next_random(random, 2))
			put(disk, entry, from, len);
		from += len;
	}
}

/* The last entry before `end` after which nothing of this file was in doubt. */
static size_t durable_until(const char *name, size_t end)
{
	size_t until = 0;

	for (size_t i = 0; i < end; i++) {
		const struct vfs_entry *entry = &room.entries[i];
		if (strcmp(entry->file, name) == 0 && (entry->change == VFS_SYNC || (entry->change == VFS_DELETE && entry->durable)))
			until = i + 1;
	}
	return until;
}

static void write_disk(const struct disk *disk, const char *directory, const char *name)
{
	char path[300];

	text_format(path, sizeof(path), "%s/x.db%s", directory, name);
	unlink(path);
	if (!disk->there)
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	for (size_t done = 0; fd >= 0 && done < disk->len;) {
		ssize_t n = write(fd, disk->bytes + done, disk->len - done);
		if (n <= 0)
			abort();
		done += (size_t)n;
	}
	close(fd);
}

static void crash_file(const char *name, size_t end, uint32_t *random, const char *directory)
{
	struct disk disk = {.there = name[0] == '\0'}; /* the record itself was made before */
	size_t durable = durable_until(name, end), order[512], pending = 0;

	for (size_t i = 0; i < durable; i++) {
		if (strcmp(room.entries[i].file, name) == 0)
			apply(&disk, &room.entries[i]);
	}
	/* Data may reach the disk in any order; a file's name comes and goes in its turn. */
	for (size_t i = durable; i < end; i++) {
		const struct vfs_entry *entry = &room.entries[i];
		if (strcmp(entry->file, name) != 0 || entry->change == VFS_MARK)
			continue;
		if (entry->change == VFS_CREATE || entry->change == VFS_DELETE)
			apply_maybe(&disk, entry, random);
		else if (pending < ARRAY_LENGTH(order))
			order[pending++] = i;
	}
	for (; pending > 0 && disk.there; pending--) {
		size_t pick = next_random(random, (uint32_t)pending);
		apply_maybe(&disk, &room.entries[order[pick]], random);
		order[pick] = order[pending - 1];
	}
	write_disk(&disk, directory, name);
	free(disk.bytes);
}

void vfs_crash(size_t end, uint32_t seed, const char *directory)
{
	static const char *const names[] = {"", "-journal", "-wal", "-shm"};
	uint32_t random = seed;

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		crash_file(names[i], end, &random, directory);
}
