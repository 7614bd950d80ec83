// Two chains with lanes of CCIP between them, worked by hand. The contracts are the
// published ones; what their networks of oracles would do, sign and report, is done here,
// with keys that the contracts were told to trust.
//
//   node ccip.js PLACE deploy URL-A URL-B    from A to B a lane of version 1.6, and from B to
//                                            A one of 1.5; prints the addresses
//   node ccip.js PLACE COMMAND 1.5|1.6 [...] one step of that lane:
//     send COUNT           messages
//     commit               all that were sent and not committed, in one report
//     bless                the last report (1.5 only: 1.6 has it switched off)
//     execute NUMBER       what the execution network does
//     manual NUMBER        what anybody may do with a message that failed
//     receiver revert|accept
//     curse source|dest    that lane; lift source|dest
//     pause, unpause       the commit store (1.5 only)
//     truth                what the contracts themselves say, as JSON
//
// PLACE holds node_modules and contracts.json (compile.js), and keeps state.json.
"use strict";
const fs = require("fs");
const path = require("path");

const place = path.resolve(process.argv[2]);
const { ethers } = require(path.join(place, "node_modules", "ethers"));
const contracts = JSON.parse(fs.readFileSync(path.join(place, "contracts.json"), "utf8"));
const state_file = path.join(place, "state.json");

const coder = ethers.AbiCoder.defaultAbiCoder();
const nobody = ethers.ZeroAddress;
// That of chain 138 is made up, for it has none; beyond 2^63, as real ones are.
const selectors = { a: 13800000000000000138n, b: 3379446385462418246n };
const lanes = { "1.6": { source: "a", dest: "b" }, "1.5": { source: "b", dest: "a" } };

// The oracles: four that sign, one of which may be faulty. Those that send are accounts of anvil.
const oracles = [0, 1, 2, 3].map(i => new ethers.SigningKey(ethers.id("oracle " + i)));
const oracle_addresses = oracles.map(key => ethers.computeAddress(key.publicKey));
const FAULTY = 1;
const digest16 = ethers.id("configuration of this test");

const manual_after_s = 3600;
// Accounts of anvil: who sends reports, and who owns the contracts of a chain. Two owners,
// so that no address on one chain is one on the other.
const transmitter = 1;
const owners = { a: 0, b: 5 };
const gas = { gasLimit: 30_000_000 };

// --- chains ---------------------------------------------------------------------------

class Chain {
	constructor(name, url) {
		this.name = name;
		this.url = url;
		this.provider = new ethers.JsonRpcProvider(url, undefined, { batchMaxCount: 1, cacheTimeout: -1, staticNetwork: true, polling: true, pollingInterval: 50 });
		this.at = {};
	}

	async accounts() {
		this.owner ??= await this.provider.getSigner(owners[this.name]);
		this.transmitter ??= await this.provider.getSigner(transmitter);
		this.addresses ??= (await this.provider.listAccounts()).map(account => account.address);
		return this;
	}

	// Deploys a contract; afterwards contract(role) is it.
	async deploy(role, name, ...args) {
		const factory = new ethers.ContractFactory(contracts[name].abi, contracts[name].code, this.owner);
		const made = await factory.deploy(...args, gas);
		await made.waitForDeployment();
		this.at[role] = { name, address: await made.getAddress() };
	}

	contract(role, signer = this.owner) {
		return new ethers.Contract(this.at[role].address, contracts[this.at[role].name].abi, signer);
	}

	address(role) {
		return this.at[role].address;
	}
}

// Calls a contract and waits until the call is in a block. What the contract has against it
// is asked first: a receipt would not say.
async function call(contract, method, ...args) {
	await contract[method].staticCall(...args, gas);
	await (await contract[method](...args, gas)).wait();
}

const chains = {};

function remember() {
	const kept = {};
	for (const { name, url, at } of Object.values(chains))
		kept[name] = { url, at };
	fs.writeFileSync(state_file, JSON.stringify({ chains: kept }, null, "\t"));
}

async function recall() {
	const kept = JSON.parse(fs.readFileSync(state_file, "utf8"));
	for (const [name, { url, at }] of Object.entries(kept.chains)) {
		chains[name] = await new Chain(name, url).accounts();
		chains[name].at = at;
	}
}

// --- deployment -------------------------------------------------------------------------

async function deploy_common(chain) {
	const selector = selectors[chain.name];
	const voters = [{ blessVoteAddr: chain.owner.address, curseVoteAddr: chain.addresses[9], blessWeight: 1, curseWeight: 1 }];

	await chain.deploy("link", "Token", "ChainLink Token", "LINK");
	await chain.deploy("native", "WETH9");
	await chain.deploy("blesser", "RMN", { voters, blessWeightThreshold: 1, curseWeightThreshold: 1 });
	await chain.deploy("curser", "RMNRemote", selector, chain.address("blesser"));
	await chain.deploy("rmn", "RMNProxy", chain.address("curser"));
	await chain.deploy("router", "Router", chain.address("native"), chain.address("rmn"));
	await chain.deploy("registry", "TokenAdminRegistry");
	await chain.deploy("nonces", "NonceManager", []);
	await chain.deploy("receiver", "Receiver", false);
	await chain.deploy("prices15", "PriceRegistry", [chain.owner.address], [chain.address("link"), chain.address("native")], 90000);
}

const fee_settings = {
	isEnabled: true, maxNumberOfTokensPerMsg: 5, maxDataBytes: 30000, maxPerMsgGasLimit: 3000000, destGasOverhead: 300000, destGasPerPayloadByteBase: 16,
	destGasPerPayloadByteHigh: 40, destGasPerPayloadByteThreshold: 3000, destDataAvailabilityOverheadGas: 0, destGasPerDataAvailabilityByte: 16,
	destDataAvailabilityMultiplierBps: 0, chainFamilySelector: "0x2812d52c", enforceOutOfOrder: false, defaultTokenFeeUSDCents: 25,
	defaultTokenDestGasOverhead: 90000, defaultTxGasLimit: 200000, gasMultiplierWeiPerEth: 10n ** 18n, gasPriceStalenessThreshold: 90000, networkFeeUSDCents: 10,
};

async function deploy_fees16(chain, other) {
	const tokens = [chain.address("link"), chain.address("native")];

	await chain.deploy("fees16", "FeeQuoter", { maxFeeJuelsPerMsg: 10n ** 21n, linkToken: tokens[0], tokenPriceStalenessThreshold: 90000 }, [chain.owner.address], tokens, [], [],
		tokens.map(token => ({ token, premiumMultiplierWeiPerEth: 10n ** 18n })), [{ destChainSelector: selectors[other.name], destChainConfig: fee_settings }]);
}

async function deploy_lane16(source, dest) {
	await deploy_fees16(source, dest);
	await deploy_fees16(dest, source);
	await source.deploy("on16", "OnRamp16",
		{ chainSelector: selectors[source.name], rmnRemote: source.address("rmn"), nonceManager: source.address("nonces"), tokenAdminRegistry: source.address("registry") },
		{ feeQuoter: source.address("fees16"), reentrancyGuardEntered: false, messageInterceptor: nobody, feeAggregator: source.owner.address, allowlistAdmin: nobody },
		[{ destChainSelector: selectors[dest.name], router: source.address("router"), allowlistEnabled: false }]);
	await dest.deploy("off16", "OffRamp16",
		{ chainSelector: selectors[dest.name], gasForCallExactCheck: 5000, rmnRemote: dest.address("rmn"), tokenAdminRegistry: dest.address("registry"), nonceManager: dest.address("nonces") },
		{ feeQuoter: dest.address("fees16"), permissionLessExecutionThresholdSeconds: manual_after_s, messageInterceptor: nobody },
		[{ router: dest.address("router"), sourceChainSelector: selectors[source.name], isEnabled: true, isRMNVerificationDisabled: true, onRamp: coder.encode(["address"], [source.address("on16")]) }]);
	const oracle_config = { configDigest: digest16, F: FAULTY, transmitters: dest.addresses.slice(transmitter, transmitter + 4) };
	await call(dest.contract("off16"), "setOCR3Configs", [
		{ ...oracle_config, ocrPluginType: 0, isSignatureVerificationEnabled: true, signers: oracle_addresses },
		{ ...oracle_config, ocrPluginType: 1, isSignatureVerificationEnabled: false, signers: [] },
	]);
	await call(source.contract("nonces"), "applyAuthorizedCallerUpdates", { addedCallers: [source.address("on16")], removedCallers: [] });
	await call(dest.contract("nonces"), "applyAuthorizedCallerUpdates", { addedCallers: [dest.address("off16")], removedCallers: [] });
}

async function deploy_lane15(source, dest) {
	const no_limit = { isEnabled: false, capacity: 0, rate: 0 };
	const transmitters = dest.addresses.slice(transmitter, transmitter + 4);

	await source.deploy("on15", "OnRamp15",
		{
			linkToken: source.address("link"), chainSelector: selectors[source.name], destChainSelector: selectors[dest.name], defaultTxGasLimit: 200000,
			maxNopFeesJuels: 10n ** 24n, prevOnRamp: nobody, rmnProxy: source.address("rmn"), tokenAdminRegistry: source.address("registry"),
		},
		{
			router: source.address("router"), maxNumberOfTokensPerMsg: 5, destGasOverhead: 300000, destGasPerPayloadByte: 16, destDataAvailabilityOverheadGas: 0,
			destGasPerDataAvailabilityByte: 16, destDataAvailabilityMultiplierBps: 0, priceRegistry: source.address("prices15"), maxDataBytes: 30000,
			maxPerMsgGasLimit: 3000000, defaultTokenFeeUSDCents: 25, defaultTokenDestGasOverhead: 90000, enforceOutOfOrder: false,
		},
		no_limit,
		["link", "native"].map(token => ({ token: source.address(token), networkFeeUSDCents: 10, gasMultiplierWeiPerEth: 10n ** 18n, premiumMultiplierWeiPerEth: 10n ** 18n, enabled: true })),
		[], []);
	await dest.deploy("commit15", "CommitStore",
		{ chainSelector: selectors[dest.name], sourceChainSelector: selectors[source.name], onRamp: source.address("on15"), rmnProxy: dest.address("rmn") });
	await dest.deploy("off15", "OffRamp15",
		{
			commitStore: dest.address("commit15"), chainSelector: selectors[dest.name], sourceChainSelector: selectors[source.name], onRamp: source.address("on15"),
			prevOffRamp: nobody, rmnProxy: dest.address("rmn"), tokenAdminRegistry: dest.address("registry"),
		}, no_limit);
	await call(dest.contract("commit15"), "setOCR2Config", oracle_addresses, transmitters, FAULTY, coder.encode(["address"], [dest.address("prices15")]), 1, "0x");
	await call(dest.contract("off15"), "setOCR2Config", oracle_addresses, transmitters, FAULTY,
		coder.encode(["uint32", "uint32", "uint16", "address", "address"], [manual_after_s, 30000, 5, dest.address("router"), dest.address("prices15")]), 1, "0x");
}

async function tell_prices(chain, other) {
	const prices = {
		tokenPriceUpdates: [{ sourceToken: chain.address("link"), usdPerToken: 20n * 10n ** 18n }, { sourceToken: chain.address("native"), usdPerToken: 2000n * 10n ** 18n }],
		gasPriceUpdates: [{ destChainSelector: selectors[other.name], usdPerUnitGas: 2n * 10n ** 12n }],
	};
	await call(chain.contract("prices15"), "updatePrices", prices);
	await call(chain.contract("fees16"), "updatePrices", prices);
}

async function route(chain, other, on, off) {
	const remote = selectors[other.name];

	await call(chain.contract("router"), "applyRampUpdates", [{ destChainSelector: remote, onRamp: chain.address(on) }], [], [{ sourceChainSelector: remote, offRamp: chain.address(off) }]);
	// The sender pays with LINK.
	await call(chain.contract("link"), "grantMintRole", chain.owner.address);
	await call(chain.contract("link"), "mint", chain.owner.address, 1000n * 10n ** 18n);
	await call(chain.contract("link"), "approve", chain.address("router"), ethers.MaxUint256);
}

async function deploy(url_a, url_b) {
	const a = chains.a = await new Chain("a", url_a).accounts();
	const b = chains.b = await new Chain("b", url_b).accounts();

	await Promise.all([deploy_common(a), deploy_common(b)]);
	await deploy_lane16(a, b);
	await deploy_lane15(b, a);
	await Promise.all([tell_prices(a, b), tell_prices(b, a)]);
	await Promise.all([route(a, b, "on16", "off15"), route(b, a, "on15", "off16")]);
	remember();
	const all = chain => Object.fromEntries(Object.entries(chain.at).map(([role, { address }]) => [role, address]));
	return { a: { selector: String(selectors.a), sender: a.owner.address, ...all(a) }, b: { selector: String(selectors.b), sender: b.owner.address, ...all(b) } };
}

// --- Merkle trees ---------------------------------------------------------------------------

function pair(left, right) {
	const [low, high] = BigInt(left) < BigInt(right) ? [left, right] : [right, left];
	return ethers.keccak256(coder.encode(["bytes32", "bytes32", "bytes32"], [ethers.toBeHex(1, 32), low, high]));
}

// The root over the leaves, and what proves that the leaf at `index` is under it.
function tree(leaves, index = 0) {
	const proof = [];
	for (let layer = leaves; ; index >>= 1) {
		if (layer.length === 1)
			return { root: layer[0], proof };
		if ((index ^ 1) < layer.length)
			proof.push(layer[index ^ 1]);
		const above = [];
		for (let i = 0; i < layer.length; i += 2)
			above.push(i + 1 < layer.length ? pair(layer[i], layer[i + 1]) : layer[i]);
		layer = above;
	}
}

// --- lanes ---------------------------------------------------------------------------------

class Lane {
	constructor(version) {
		this.version = version;
		this.digits = version.replace(".", "");
		this.source = chains[lanes[version].source];
		this.dest = chains[lanes[version].dest];
		this.on = this.source.contract("on" + this.digits);
		this.off = this.dest.contract("off" + this.digits);
		this.source_selector = selectors[this.source.name];
		this.dest_selector = selectors[this.dest.name];
	}

	async events(contract, name) {
		return (await contract.queryFilter(name, 0, "latest")).map(log => log.args);
	}

	async send(count) {
		const router = this.source.contract("router");
		const message = {
			receiver: coder.encode(["address"], [this.dest.address("receiver")]), data: "0x7465737420", tokenAmounts: [], feeToken: this.source.address("link"),
			// The tag of the second version of these arguments; messages may be executed out of order.
			extraArgs: ethers.concat(["0x181dcf10", coder.encode(["uint256", "bool"], [200000, true])]),
		};
		for (let i = 0; i < count; i++)
			await call(router, "ccipSend", this.dest_selector, message);
	}

	// Signed by as many as must be.
	sign(report, context) {
		const hash = ethers.keccak256(ethers.concat([ethers.keccak256(report), ...context]));
		const signatures = oracles.slice(0, FAULTY + 1).map(key => key.sign(hash));
		return [signatures.map(s => s.r), signatures.map(s => s.s), ethers.zeroPadBytes(ethers.hexlify(new Uint8Array(signatures.map(s => s.yParity))), 32)];
	}

	// The reports so far, each [first, last], both included.
	async reports() {
		return (await this.intervals()).map(([low, high]) => [Number(low), Number(high)]);
	}

	async leaves(low, high) {
		const messages = await this.messages();
		return Promise.all(messages.slice(low - 1, high).map(message => this.leaf(message)));
	}

	async commit() {
		const next = (await this.committed()) + 1;
		const last = (await this.messages()).length;
		if (next > last)
			throw new Error("nothing to commit");
		await this.send_commit(next, last, tree(await this.leaves(next, last)).root);
	}

	// The execution report of one message.
	async report_of(number) {
		const [low, high] = (await this.reports()).find(([first, last]) => number >= first && number <= last);
		const message = (await this.messages())[number - 1];
		return this.execution_report(message, tree(await this.leaves(low, high), number - low).proof);
	}

	// Which chain curses, and whom.
	rmn(side) {
		const remote = side === "source" ? this.dest_selector : this.source_selector;
		return [this[side].contract("curser"), ethers.zeroPadValue(ethers.toBeHex(remote), 16)];
	}

	async curse(side) {
		const [rmn, subject] = this.rmn(side);
		await call(rmn, "curse(bytes16)", subject);
	}

	async lift(side) {
		const [rmn, subject] = this.rmn(side);
		await call(rmn, "uncurse(bytes16)", subject);
	}

	async receiver(what) {
		const receiver = this.dest.contract("receiver");
		await call(receiver, "setErr", ethers.toUtf8Bytes("out of stock"));
		await call(receiver, "setRevert", what === "revert");
	}

	async truth() {
		const sent = await this.sent(), committed = await this.committed(), states = [];
		for (let number = 1; number <= sent; number++)
			states.push(Number(await this.execution_state(number)));
		const cursed = async side => {
			const [rmn, subject] = this.rmn(side);
			return rmn["isCursed(bytes16)"](subject);
		};
		const count = state => states.filter(s => s === state).length;
		return {
			version: await this.on.typeAndVersion(), sent, committed, executed: count(2), failed: count(3), awaiting_commit: sent - committed,
			// All up to this one are executed.
			executed_to: (states.findIndex(s => s !== 2) + sent + 1) % (sent + 1),
			cursed: await cursed("source") || await cursed("dest"), paused: await this.paused(),
		};
	}
}

class Lane16 extends Lane {
	async messages() {
		return (await this.events(this.on, "CCIPMessageSent")).map(args => args.message);
	}

	// As the destination sees it.
	arrived(message) {
		const [gas_limit] = coder.decode(["uint256", "bool"], ethers.dataSlice(message.extraArgs, 4));
		const [receiver] = coder.decode(["address"], message.receiver);
		return { header: message.header.toObject(), sender: coder.encode(["address"], [message.sender]), data: message.data, receiver, gasLimit: gas_limit, tokenAmounts: [] };
	}

	async leaf(message) {
		this.hasher ??= await new ethers.ContractFactory(contracts.MessageHasher.abi, contracts.MessageHasher.code, this.dest.owner).deploy(gas).then(made => made.waitForDeployment());
		return this.hasher.hash(this.arrived(message), coder.encode(["address"], [this.source.address("on16")]));
	}

	async sent() {
		return Number(await this.on.getExpectedNextSequenceNumber(this.dest_selector)) - 1;
	}

	async committed() {
		return Number((await this.off.getSourceChainConfig(this.source_selector)).minSeqNr) - 1;
	}

	async intervals() {
		return (await this.events(this.off, "CommitReportAccepted")).flatMap(args => args.unblessedMerkleRoots.map(root => [root.minSeqNr, root.maxSeqNr]));
	}

	async execution_state(number) {
		return this.off.getExecutionState(this.source_selector, number);
	}

	async send_commit(low, high, root) {
		const shape = new ethers.Interface(contracts.ReportCodec.abi).getFunction("decodeCommitReport").outputs[0];
		const report = coder.encode([shape], [{
			priceUpdates: { tokenPriceUpdates: [], gasPriceUpdates: [] }, blessedMerkleRoots: [], rmnSignatures: [],
			unblessedMerkleRoots: [{ sourceChainSelector: this.source_selector, onRampAddress: coder.encode(["address"], [this.source.address("on16")]), minSeqNr: low, maxSeqNr: high, merkleRoot: root }],
		}]);
		const context = [digest16, ethers.toBeHex(high, 32)];
		await call(this.off.connect(this.dest.transmitter), "commit", context, report, ...this.sign(report, context));
	}

	execution_report(message, proofs) {
		return [{ sourceChainSelector: this.source_selector, messages: [this.arrived(message)], offchainTokenData: [[]], proofs, proofFlagBits: 0 }];
	}

	async execute(number) {
		const report = coder.encode([this.off.interface.getFunction("manuallyExecute").inputs[0]], [await this.report_of(number)]);
		await call(this.off.connect(this.dest.transmitter), "execute", [digest16, ethers.toBeHex(number, 32)], report);
	}

	async manual(number) {
		await call(this.off, "manuallyExecute", await this.report_of(number), [[{ receiverExecutionGasLimit: 0, tokenGasOverrides: [] }]]);
	}

	// There is nothing that could be.
	async paused() {
		return false;
	}
}

class Lane15 extends Lane {
	constructor(version) {
		super(version);
		this.store = this.dest.contract("commit15");
	}

	async messages() {
		return (await this.events(this.on, "CCIPSendRequested")).map(args => args.message);
	}

	async leaf(message) {
		return message.messageId;
	}

	async sent() {
		return Number(await this.on.getExpectedNextSequenceNumber()) - 1;
	}

	async committed() {
		return Number(await this.store.getExpectedNextSequenceNumber()) - 1;
	}

	async intervals() {
		return (await this.events(this.store, "ReportAccepted")).map(args => [args.report.interval.min, args.report.interval.max]);
	}

	async execution_state(number) {
		return this.off.getExecutionState(number);
	}

	// What names a report: the digest of the oracles' configuration, epoch and round, and a hash that is not used.
	async context(contract, number) {
		return [(await contract.latestConfigDetails()).configDigest, ethers.toBeHex(number << 8, 32), ethers.ZeroHash];
	}

	async send_commit(low, high, root) {
		const report = coder.encode([this.store.interface.getEvent("ReportAccepted").inputs[0]], [{
			priceUpdates: { tokenPriceUpdates: [], gasPriceUpdates: [] }, interval: { min: low, max: high }, merkleRoot: root,
		}]);
		const context = await this.context(this.store, high);
		await call(this.store.connect(this.dest.transmitter), "transmit", context, report, ...this.sign(report, context));
	}

	async bless() {
		const last = (await this.events(this.store, "ReportAccepted")).at(-1);
		await call(this.dest.contract("blesser"), "voteToBless", [{ commitStore: this.dest.address("commit15"), root: last.report.merkleRoot }]);
	}

	execution_report(message, proofs) {
		return { messages: [message.toArray(true)], offchainTokenData: [[]], proofs, proofFlagBits: 0 };
	}

	async execute(number) {
		const report = coder.encode([this.off.interface.getFunction("manuallyExecute").inputs[0]], [await this.report_of(number)]);
		await call(this.off.connect(this.dest.transmitter), "transmit", await this.context(this.off, number), report, [], [], ethers.ZeroHash);
	}

	async manual(number) {
		await call(this.off, "manuallyExecute", await this.report_of(number), [{ receiverExecutionGasLimit: 0, tokenGasOverrides: [] }]);
	}

	async pause() {
		await call(this.store, "pause");
	}

	async unpause() {
		await call(this.store, "unpause");
	}

	async paused() {
		return this.store.paused();
	}
}

async function main(command, ...args) {
	let answer;

	if (command === "deploy") {
		answer = await deploy(...args);
	} else {
		await recall();
		const [version, ...rest] = args;
		const lane = version === "1.6" ? new Lane16(version) : new Lane15(version);
		answer = await lane[command](...rest.map(word => /^\d+$/.test(word) ? Number(word) : word));
	}
	if (answer)
		console.log(JSON.stringify(answer));
}

main(...process.argv.slice(3)).then(() => process.exit(0), error => {
	console.error(error.revert?.name ?? error.shortMessage ?? error.message);
	process.exit(1);
});
