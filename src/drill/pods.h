/* Orders to the simulated cluster, and its pods as text: what the control page takes and
 * the stand-in kubectl shows. Private to src/drill. The orders, one line of words each:
 *
 *   break · heal · status
 *   stop NODE · start NODE · restart NODE|SET · delete NODE · scale SET COUNT
 *   send ADDRESS FUNCTION
 *   pods validator|rpc|all|NAME [wide] · sets [SET] · rollout SET
 *   describe NODE · logs NODE [LINES] · top [validator|rpc|all|NAME] · events [NODE]
 */
#ifndef TOCSIN_DRILL_PODS_H
#define TOCSIN_DRILL_PODS_H

#include "drill/scenario.h"

/* Carries out one order at the engine's present time and appends the answer to `out`.
 * STATUS_NOT_FOUND for a name that is nothing's, STATUS_USAGE for an order that is none. */
enum status pods_order(struct scenario_run *run, struct engine *engine, const char *order, struct buf *out, struct error *err) TOCSIN_CHECK;

/* A log line as the node writes it. */
void pods_log_line(const struct engine_line *line, struct buf *out);

#endif
