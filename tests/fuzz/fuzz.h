/* Fuzz targets: one table entry for each reader of foreign bytes. libFuzzer drives them
 * in `make fuzz` (fuzz.c); the corpus goes through them in `make check` (replay.c). */
#ifndef TOCSIN_TESTS_FUZZ_H
#define TOCSIN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
	const char *name; /* also the directory of its corpus */
	const char *help;
	void (*run)(const uint8_t *bytes, size_t len);
};
/* Ends with name NULL. */
extern const struct fuzz_target fuzz_targets[];
/* NULL when there is no such target. */
const struct fuzz_target *fuzz_target(const char *name);

/* What must hold for every input; else the program aborts and says what did not. */
#define require(condition) fuzz_require(!!(condition), #condition, __FILE__, __LINE__)
void fuzz_require(int holds, const char *what, const char *file, int line);

/* Takes an input apart: bytes for choices, then strings that end at a NUL or at `stop`. */
struct fuzz_input {
	const uint8_t *at, *end;
};
struct fuzz_input fuzz_input(const uint8_t *bytes, size_t len);
unsigned fuzz_byte(struct fuzz_input *in);           /* 0 when nothing is left */
char *fuzz_string(struct fuzz_input *in, char stop); /* owned; "" when nothing is left */
char *fuzz_rest(struct fuzz_input *in);              /* owned; without the NULs in it */

/* The targets, by what they read. */
void fuzz_json(const uint8_t *bytes, size_t len);
void fuzz_rlp(const uint8_t *bytes, size_t len);
void fuzz_number(const uint8_t *bytes, size_t len);
void fuzz_time(const uint8_t *bytes, size_t len);
void fuzz_text(const uint8_t *bytes, size_t len);
void fuzz_lines(const uint8_t *bytes, size_t len);
void fuzz_url(const uint8_t *bytes, size_t len);
void fuzz_extra(const uint8_t *bytes, size_t len);
void fuzz_block(const uint8_t *bytes, size_t len);
void fuzz_besu(const uint8_t *bytes, size_t len);
void fuzz_abi(const uint8_t *bytes, size_t len);
void fuzz_eth(const uint8_t *bytes, size_t len);
void fuzz_ccip(const uint8_t *bytes, size_t len);
void fuzz_kube(const uint8_t *bytes, size_t len);
void fuzz_monitor(const uint8_t *bytes, size_t len);
void fuzz_silence(const uint8_t *bytes, size_t len);
void fuzz_checkpoint(const uint8_t *bytes, size_t len);
void fuzz_fold(const uint8_t *bytes, size_t len);
void fuzz_report(const uint8_t *bytes, size_t len);
void fuzz_config(const uint8_t *bytes, size_t len);
void fuzz_runbook(const uint8_t *bytes, size_t len);
void fuzz_bind(const uint8_t *bytes, size_t len);
void fuzz_theme(const uint8_t *bytes, size_t len);
void fuzz_script(const uint8_t *bytes, size_t len);
void fuzz_prompt(const uint8_t *bytes, size_t len);

#endif
