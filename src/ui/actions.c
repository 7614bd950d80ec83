/* The requests of incidents and runbooks. */
#include "ui/ui.h"

const struct request requests_actions[] = {
	{.name = NULL},
};
