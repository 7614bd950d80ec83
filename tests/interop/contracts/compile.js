// Compiles the contracts of package.json, each with the compiler that it asks for, and
// writes one file with the interface and the code of each: node compile.js PLACE, where
// PLACE/node_modules holds the packages and PLACE/contracts.json is written.
"use strict";
const fs = require("fs");
const path = require("path");

const place = path.resolve(process.argv[2]);
const packages = path.join(place, "node_modules");

const v14 = "ccip-1.4/src/v0.8/ccip/";
const v15 = "ccip-1.5/src/v0.8/ccip/";
const v16 = "ccip-1.6/contracts/";
const shared = "@chainlink/contracts/src/v0.8/";

// [our name, its file, its name there]
const units = [
	{
		solc: "solc-0.8.19",
		contracts: [["PriceRegistry", v14 + "PriceRegistry.sol"]],
	},
	{
		solc: "solc-0.8.24",
		contracts: [
			["OnRamp15", v15 + "onRamp/EVM2EVMOnRamp.sol", "EVM2EVMOnRamp"],
			["OffRamp15", v15 + "offRamp/EVM2EVMOffRamp.sol", "EVM2EVMOffRamp"],
			["CommitStore", v15 + "CommitStore.sol"],
			["RMN", v15 + "RMN.sol"],
		],
	},
	{
		solc: "solc-0.8.26",
		contracts: [
			["OnRamp16", v16 + "onRamp/OnRamp.sol", "OnRamp"],
			["OffRamp16", v16 + "offRamp/OffRamp.sol", "OffRamp"],
			["FeeQuoter", v16 + "FeeQuoter.sol"],
			["NonceManager", v16 + "NonceManager.sol"],
			["Router", v16 + "Router.sol"],
			["RMNProxy", v16 + "rmn/RMNProxy.sol"],
			["RMNRemote", v16 + "rmn/RMNRemote.sol"],
			["TokenAdminRegistry", v16 + "tokenAdminRegistry/TokenAdminRegistry.sol"],
			["Receiver", v16 + "test/helpers/receivers/MaybeRevertMessageReceiver.sol", "MaybeRevertMessageReceiver"],
			["MessageHasher", v16 + "test/helpers/MessageHasher.sol"],
			["ReportCodec", v16 + "test/helpers/ReportCodec.sol"],
			["Token", v16 + "test/helpers/BurnMintERC677Helper.sol", "BurnMintERC677Helper"],
			["WETH9", shared + "vendor/canonical-weth/WETH9.sol"],
			["Aggregator", shared + "shared/mocks/MockV3Aggregator.sol", "MockV3Aggregator"],
		],
	},
];

function source(file) {
	return fs.readFileSync(path.join(packages, file), "utf8");
}

function compile(unit) {
	const solc = require(path.join(packages, unit.solc));
	const input = { language: "Solidity", sources: {}, settings: { evmVersion: "paris", optimizer: { enabled: true, runs: 1 }, outputSelection: {} } };
	for (const [, file, name] of unit.contracts) {
		input.sources[file] = { content: source(file) };
		input.settings.outputSelection[file] = { [name ?? path.basename(file, ".sol")]: ["abi", "evm.bytecode.object"] };
	}
	const output = JSON.parse(solc.compile(JSON.stringify(input), { import: file => ({ contents: source(file) }) }));
	const error = (output.errors ?? []).find(e => e.severity === "error");
	if (error)
		throw new Error(error.formattedMessage);
	return unit.contracts.map(([ours, file, name]) => {
		const made = output.contracts[file][name ?? path.basename(file, ".sol")];
		return [ours, { abi: made.abi, code: "0x" + made.evm.bytecode.object }];
	});
}

const made = path.join(place, "contracts.json");
fs.writeFileSync(made + ".part", JSON.stringify(Object.fromEntries(units.flatMap(compile))));
fs.renameSync(made + ".part", made);
