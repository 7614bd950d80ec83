/* libFuzzer's door: TOCSIN_FUZZ names the target. `--list` prints all names. */
#include "fuzz.h"

#include "base/hash.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const struct fuzz_target *chosen;

static _Noreturn void list(void)
{
	for (const struct fuzz_target *target = fuzz_targets; target->name; target++)
		puts(target->name);
	exit(0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("TOCSIN_FUZZ");

	if (*argc == 2 && strcmp((*argv)[1], "--list") == 0)
		list();
	chosen = fuzz_target(name ? name : "");
	if (!chosen) {
		fprintf(stderr, "%s: TOCSIN_FUZZ names no target (ask for them with --list)\n", (*argv)[0]);
		exit(64);
	}
	setlocale(LC_ALL, "C.UTF-8");
	hash_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	chosen->run(bytes, len);
	return 0;
}
