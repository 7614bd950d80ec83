// One aggregator of an oracle: node feed.js PLACE URL COMMAND
//   deploy ANSWER        prints its address; eight decimals
//   answer ADDRESS TEXT  the next round answers that
//   truth ADDRESS        what it says itself, as JSON
"use strict";
const fs = require("fs");
const path = require("path");

const place = path.resolve(process.argv[2]);
const { ethers } = require(path.join(place, "node_modules", "ethers"));
const { abi, code } = JSON.parse(fs.readFileSync(path.join(place, "contracts.json"), "utf8")).Aggregator;
const DECIMALS = 8;

async function main(url, command, ...args) {
	const provider = new ethers.JsonRpcProvider(url, undefined, { staticNetwork: true, pollingInterval: 50, cacheTimeout: -1 });
	const owner = await provider.getSigner(0);

	if (command === "deploy") {
		const made = await new ethers.ContractFactory(abi, code, owner).deploy(DECIMALS, ethers.parseUnits(args[0], DECIMALS));
		await made.waitForDeployment();
		console.log(await made.getAddress());
		return;
	}
	const aggregator = new ethers.Contract(args[0], abi, owner);
	if (command === "answer") {
		await (await aggregator.updateAnswer(ethers.parseUnits(args[1], DECIMALS))).wait();
		return;
	}
	const [round, answer, , updated] = await aggregator.latestRoundData();
	console.log(JSON.stringify({ round: Number(round), answer: ethers.formatUnits(answer, DECIMALS), updated: Number(updated) }));
}

main(...process.argv.slice(3)).then(() => process.exit(0), error => {
	console.error(error.shortMessage ?? error.message);
	process.exit(1);
});
