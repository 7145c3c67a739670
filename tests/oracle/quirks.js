'use strict';
/* oracle/quirks.js - how many streams each quirk of xterm.js explains. */

const { judge, subjects } = require('./judge.js');
const { QUIRKS } = require('./mend.js');

/* usage: quirks.js VTSNAP [FILE...], as differential.js; with SEEDS=100 */
const [vtsnap, ...files] = process.argv.slice(2);
const all = Object.keys(QUIRKS);

async function main() {
	const needed = new Map(all.map((name) => [name, 0]));
	let n = 0, plain = 0, mended = 0;

	for (const s of subjects(vtsnap, files)) {
		const fails = async (names) => (await judge(s, names)).length > 0;

		n++;
		if (await fails(all))
			console.log(`not explained: ${s.name}`);
		else
			mended++;
		if (!await fails([])) {
			plain++;
			continue;
		}
		for (const name of all)
			if (await fails(all.filter((other) => other !== name)))
				needed.set(name, needed.get(name) + 1);
	}
	console.log(`${plain} of ${n} pass as xterm.js is, ${mended} mended`);
	for (const [name, count] of needed)
		console.log(`${String(count).padStart(5)} fail without ${name}`);
}

main();
