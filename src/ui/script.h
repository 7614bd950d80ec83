/* Scripts: a file of keys and ":" commands drives the console without a terminal.
 * Lines: `:command`, `key Enter`, `type text`, `:wait CONDITION [TIMEOUT]`, `:dump FILE`,
 * `:size 80x24`, `# comment`. */
#ifndef TOCSIN_UI_SCRIPT_H
#define TOCSIN_UI_SCRIPT_H

#include "ui/ui.h"

/* Runs the script to its end or to its first failing line (file and line in err). */
enum status script_run(struct loop *loop, struct ui *ui, const char *path, struct error *err) TOCSIN_CHECK;

#endif
