// A small API server of Kubernetes, for kubectl and what sits behind it: lists in pages,
// watches as streams of lines, and what goes wrong with both.
//
//   node apiserver.js
//
// prints its URL. It reads orders from its input, one JSON object per line, and prints
// "done" after each:
//
//   {"put": RESOURCE, "object": {...}}  adds or replaces an object
//   {"delete": RESOURCE, "name": NAME}
//   {"expire": true}     forgets what changed: watches of older versions get 410, those that
//                        run an error of that code
//   {"hold": true}       changes are kept back from watches until {"hold": false}
//   {"forbid": RESOURCE} answers 403, until {"allow": RESOURCE}; null: everything
//   {"cut": true}        ends all watches in the middle of a line
//   {"count": true}      prints how many lists, pages and watches were asked for, as JSON
"use strict";
const http = require("http");
const readline = require("readline");

const groups = { pods: "v1", events: "v1", statefulsets: "apps/v1", deployments: "apps/v1" };
const paths = { "/api/v1": ["pods", "events"], "/apis/apps/v1": ["statefulsets", "deployments"] };
const kinds = { pods: "Pod", events: "Event", statefulsets: "StatefulSet", deployments: "Deployment" };

const objects = Object.fromEntries(Object.keys(groups).map(resource => [resource, new Map()]));
const forbidden = new Set();
const watches = new Set();
const counts = { lists: 0, pages: 0, watches: 0, gone: 0, refused: 0 };
let version = 1000; // one for all, as with etcd
let oldest = version; // nothing older is known
let history = []; // { version, resource, line }
let held = false;

function change(resource, type, object) {
	version++;
	object.metadata.resourceVersion = String(version);
	const line = JSON.stringify({ type, object: { kind: kinds[resource], apiVersion: groups[resource], ...object } }) + "\n";
	history.push({ version, resource, line });
	send_new();
}

function send_new() {
	for (const watch of held ? [] : watches) {
		for (const event of history.filter(event => event.resource === watch.resource && event.version > watch.version))
			watch.reply.write(event.line);
		watch.version = version;
	}
}

const gone = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message: "too old resource version", reason: "Expired", code: 410 };

function expire() {
	version++;
	oldest = version;
	history = [];
	for (const watch of watches) {
		counts.gone++;
		watch.reply.end(JSON.stringify({ type: "ERROR", object: gone }) + "\n");
	}
	watches.clear();
}

function cut() {
	for (const watch of watches) {
		watch.reply.write('{"type":"MODIFIED","object":{"kind":"Pod","metadata":{"name":"besu-val');
		setTimeout(() => watch.reply.socket.destroy(), 50);
	}
	watches.clear();
}

// --- requests ---------------------------------------------------------------------------

function answer(reply, status, body) {
	reply.writeHead(status, { "Content-Type": "application/json" });
	reply.end(JSON.stringify(body) + "\n");
}

function refuse(reply, status, reason, message) {
	answer(reply, status, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code: status });
}

// Equality only, as the tests ask for.
function selects(selector, object) {
	return !selector || selector.split(",").every(term => {
		const [key, value] = term.split(/==?/);
		return object.metadata.labels?.[key] === value;
	});
}

// Two objects to a page whatever was asked for: a server may give less.
function list(resource, query, reply) {
	const [at, from] = (query.get("continue") ?? `${version}:0`).split(":").map(Number);
	if (at < oldest) {
		counts.gone++;
		answer(reply, 410, gone);
		return;
	}
	const all = [...objects[resource].values()].filter(object => selects(query.get("labelSelector"), object));
	const more = query.has("limit") && from + 2 < all.length;
	counts[from ? "pages" : "lists"]++;
	answer(reply, 200, {
		kind: kinds[resource] + "List", apiVersion: groups[resource],
		metadata: { resourceVersion: String(version), ...(more && { continue: `${at}:${from + 2}`, remainingItemCount: all.length - from - 2 }) },
		items: query.has("limit") ? all.slice(from, from + 2) : all,
	});
}

function watch(resource, query, reply) {
	const since = Number(query.get("resourceVersion"));
	if (since < oldest) {
		counts.gone++;
		answer(reply, 410, gone);
		return;
	}
	counts.watches++;
	const entry = { resource, version: since, reply };
	reply.writeHead(200, { "Content-Type": "application/json", "Transfer-Encoding": "chunked" });
	reply.flushHeaders();
	watches.add(entry);
	reply.on("close", () => watches.delete(entry));
	send_new();
}

function serve(request, reply) {
	const url = new URL(request.url, "http://localhost");
	const [path, namespace, resource] = url.pathname.match(/^(.*)\/namespaces\/([^/]*)\/([^/]*)$/)?.slice(1) ?? [];

	if (url.pathname === "/version")
		return answer(reply, 200, { major: "1", minor: "20", gitVersion: "v1.20.2-of-a-test", platform: "linux/amd64" });
	if (!paths[path]?.includes(resource))
		return refuse(reply, 404, "NotFound", "the server could not find the requested resource");
	if (forbidden.has(resource) || forbidden.has(null)) {
		counts.refused++;
		return refuse(reply, 403, "Forbidden", `${resource} is forbidden: User "tocsin" cannot list resource "${resource}" in the namespace "${namespace}"`);
	}
	if (url.searchParams.get("watch"))
		return watch(resource, url.searchParams, reply);
	return list(resource, url.searchParams, reply);
}

// --- orders -----------------------------------------------------------------------------

function obey(order) {
	if (order.put) {
		const known = objects[order.put].has(order.object.metadata.name);
		objects[order.put].set(order.object.metadata.name, order.object);
		change(order.put, known ? "MODIFIED" : "ADDED", order.object);
	} else if (order.delete) {
		const object = objects[order.delete].get(order.name);
		objects[order.delete].delete(order.name);
		change(order.delete, "DELETED", object);
	} else if (order.expire) {
		expire();
	} else if (order.cut) {
		cut();
	} else if ("hold" in order) {
		held = order.hold;
		send_new();
	} else if ("forbid" in order) {
		forbidden.add(order.forbid);
	} else if ("allow" in order) {
		forbidden.delete(order.allow);
	} else if (order.count) {
		console.log(JSON.stringify(counts));
	}
	console.log("done");
}

const server = http.createServer(serve);
server.keepAliveTimeout = 1000;
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
readline.createInterface({ input: process.stdin }).on("line", line => obey(JSON.parse(line))).on("close", () => process.exit(0));
