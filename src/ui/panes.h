/* All panes; each in a file of its own name. */
#ifndef TOCSIN_UI_PANES_H
#define TOCSIN_UI_PANES_H

#include "ui/pane.h"

extern const struct pane pane_nodes;
extern const struct pane pane_validators;
extern const struct pane pane_lanes;
extern const struct pane pane_feeds;
extern const struct pane pane_pods;
extern const struct pane pane_workloads;
extern const struct pane pane_alerts;
extern const struct pane pane_probes;
extern const struct pane pane_proposals; /* open incidents, proposals, reports that wait */
extern const struct pane pane_timeline;  /* of the incident on the screen, else of the whole record */
extern const struct pane pane_runbook;
extern const struct pane pane_affected; /* components of the incident and their recent past */
extern const struct pane pane_evidence; /* why Tocsin thinks so, and what it ruled out */
extern const struct pane pane_gate;     /* what the stage still needs before it can be left */
extern const struct pane pane_output;   /* what the last command of the incident said */
extern const struct pane pane_sections; /* of the review */
extern const struct pane pane_actions;  /* action items of the review */
extern const struct pane pane_people;   /* who has which role */
extern const struct pane pane_clocks;   /* what is due, and when */
extern const struct pane pane_tasks;
extern const struct pane pane_ladder;  /* of the escalation: who was told, and who answered */
extern const struct pane pane_beliefs; /* hypotheses, findings, decisions */

extern const struct pane pane_update; /* the update that is being written */
extern const struct pane pane_outbox; /* what leaves, and what became of it */
extern const struct pane pane_leaves; /* the update or message as it leaves */

#endif
