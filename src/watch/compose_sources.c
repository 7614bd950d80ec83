/* The part of a written configuration that names what is watched beside the nodes. */
#include "watch/compose.h"

#include "base/text.h"
#include "io/http.h"

#include <inttypes.h>
#include <stdio.h>

static void write_kube(const struct compose_sources *s, struct buf *out)
{
	buf_printf(out, "\n[kubernetes]\n# Where runbooks look for pods, and whose pods are watched.\nnamespace = %s\n", s->kube_namespace);
	if (s->kube_context)
		buf_printf(out, "context = %s\n", s->kube_context);
	else
		buf_puts(out, "# The context of kubectl; without it, kubectl's current one.\n# context = NAME\n");
	if (s->kube)
		buf_puts(out, "# Through kubectl proxy, so that credentials stay with kubectl.\naccess = kubectl\n");
	else
		buf_puts(out, "# Not watched. Change it to auto, kubectl, pod or url to see pods on the board.\naccess = none\n");
}

static void write_urls(const char *word, const char *const *urls, size_t count, struct buf *out)
{
	for (size_t i = 0; i < count; i++) {
		char name[24];
		text_format(name, sizeof(name), i == 0 ? "main" : "%zu", i + 1);
		buf_printf(out, "\n[%s %s]\nurl = %s\n", word, name, urls[i]);
	}
}

/* "network" for the chain of the nodes, else a name made of the chain id. */
static const char *chain_name(const struct compose_sources *s, size_t router, uint64_t own_chain, char *dst, size_t size)
{
	uint64_t id = s->ccip->routers[router].chain_id;

	if (own_chain != 0 && id == own_chain)
		return text_format(dst, size, "network");
	return text_format(dst, size, "chain-%" PRIu64, id);
}

static void write_chain(const struct compose_sources *s, size_t i, uint64_t own_chain, struct buf *out)
{
	const struct found_router *found = &s->ccip->routers[i];
	char name[48], masked[256];

	if (!found->answers || !found->is_router) {
		buf_printf(out, "\n# The router at %s: %s\n", http_mask_url(masked, sizeof(masked), s->routers[i].url), found->why);
		return;
	}
	chain_name(s, i, own_chain, name, sizeof(name));
	buf_printf(out, "\n[chain %s]\n# %s answered; %zu source%s are wired to it.\n", name, found->version, found->source_count, found->source_count == 1 ? "" : "s");
	if (own_chain == 0 || found->chain_id != own_chain)
		buf_printf(out, "rpc = %s\nchain_id = %" PRIu64 "\n", s->routers[i].url, found->chain_id);
	if (found->selector)
		buf_printf(out, "# As an off-ramp says.\nselector = %" PRIu64 "\n", found->selector);
	else
		buf_puts(out, "# No off-ramp told it; CCIP's directory has it. It is not the chain id.\n# selector = NUMBER\n");
}

static void write_lane(const struct compose_sources *s, const struct found_lane *lane, uint64_t own_chain, struct buf *out)
{
	char from[48], to[48], address[ADDRESS_TEXT];

	chain_name(s, lane->from, own_chain, from, sizeof(from));
	chain_name(s, lane->to, own_chain, to, sizeof(to));
	buf_printf(out, "\n[lane %s to %s]\n# The source's router has an on-ramp for it.\nsource = %s\ndest = %s\n", from, to, from, to);
	buf_printf(out, "source_router = %s\n", address_text(address, &s->routers[lane->from].router));
	buf_printf(out, "dest_router = %s\n", address_text(address, &s->routers[lane->to].router));
	buf_puts(out, "# How long a message should take at most.\n# slo = 30m\n");
}

void compose_sources(const struct compose_sources *s, uint64_t own_chain, struct buf *out)
{
	write_kube(s, out);
	write_urls("prometheus", s->prometheus, s->prometheus_count, out);
	write_urls("alertmanager", s->alertmanagers, s->alertmanager_count, out);
	for (size_t i = 0; s->ccip && i < s->ccip->router_count; i++)
		write_chain(s, i, own_chain, out);
	for (size_t i = 0; s->ccip && i < s->ccip->lane_count; i++)
		write_lane(s, &s->ccip->lanes[i], own_chain, out);
}
