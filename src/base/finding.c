#include "base/finding.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void finding_add(struct findings *list, enum finding_level level, const char *group, const char *what, const char *cure, const char *fmt, ...)
{
	struct finding *item;
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	list->items = mem_grow(list->items, &list->capacity, list->count, sizeof(*list->items));
	item = &list->items[list->count++];
	item->level = level;
	item->group = group;
	text_clean(item->what, sizeof(item->what), what, strlen(what));
	text_clean(item->text, sizeof(item->text), text, strlen(text));
	text_clean(item->cure, sizeof(item->cure), cure ? cure : "", cure ? strlen(cure) : 0);
}

void findings_free(struct findings *list)
{
	free(list->items);
	*list = (struct findings){0};
}

size_t findings_count(const struct findings *list, enum finding_level level)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->items[i].level == level;
	return count;
}

const char *finding_word(enum finding_level level)
{
	static const char *const words[] = {[FINDING_OK] = "OK", [FINDING_INFO] = "INFO", [FINDING_WARN] = "WARN", [FINDING_FAIL] = "FAIL"};

	return words[level];
}
