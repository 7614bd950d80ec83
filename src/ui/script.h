/* Scripts: a file of keys and ":" commands drives the console without a terminal.
 *
 *   :command             a ":" command, as typed
 *   key NAME…            one or several keys: key Tab Down Enter
 *   type TEXT            characters, as typed into a prompt
 *   :wait CONDITION [TIMEOUT]   until it holds; 30 s unless said: "90s", "2m"
 *   :dump FILE           the screen as text, or as a picture (FILE.svg); "-" is standard output
 *   :size 80x24
 *   # comment
 *
 * Conditions: idle · recorded · text SUBSTRING · gone SUBSTRING · proposal CAUSE ·
 * health COMPONENT STATE · stage INC STAGE · check NAME passed · step N done.
 * After each line the runner waits until the console is idle. */
#ifndef TOCSIN_UI_SCRIPT_H
#define TOCSIN_UI_SCRIPT_H

#include "ui/ui.h"

/* Runs the script ("-": standard input) to its end, to :quit, or to its first failing
 * line (file and line in err). A command that fails fails the script. */
enum status script_run(struct loop *loop, struct ui *ui, const char *path, struct error *err) TOCSIN_CHECK;

#endif
