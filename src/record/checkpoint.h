/* Checkpoints: three lines (origin, size, hash) that leave the file, because a bare
 * chain does not notice a cut tail (DESIGN section 3). */
#ifndef TOCSIN_RECORD_CHECKPOINT_H
#define TOCSIN_RECORD_CHECKPOINT_H

#include "record/store.h"

struct checkpoint {
	char origin[STORE_ORIGIN_SIZE]; /* "tocsin/<record id>" */
	struct head head;               /* size is the seq */
};

enum { CHECKPOINT_TEXT = 256 };
/* The origin of a record never changes: it is made when the record is created. */
enum status checkpoint_take(struct store *store, struct checkpoint *out, struct error *err) TOCSIN_CHECK;
char *checkpoint_text(char dst[CHECKPOINT_TEXT], const struct checkpoint *checkpoint);
/* Exactly the three lines, nothing after them; else STATUS_INVALID. */
enum status checkpoint_parse(const char *text, struct checkpoint *out, struct error *err) TOCSIN_CHECK;
enum status checkpoint_load(const char *path, struct checkpoint *out, struct error *err) TOCSIN_CHECK;
/* Writes PATH (mode 0644) whole or not at all. */
enum status checkpoint_save(const char *path, const struct checkpoint *checkpoint, struct error *err) TOCSIN_CHECK;
/* RECORD.checkpoint, owned: where store_append keeps the newest head. It is written
 * after COMMIT and under the record's write lock: never ahead, and never going back.
 * One that contradicts the record is left alone, as evidence; store_warning tells. */
char *checkpoint_beside(const char *record);

/* STATUS_OK: the record contains exactly this head at this size. STATUS_CORRUPT: it
 * does not (cut, rewritten, or another record), and err says which. */
enum status checkpoint_match(struct store *store, const struct checkpoint *checkpoint, struct error *err) TOCSIN_CHECK;

#endif
