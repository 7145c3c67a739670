'use strict';
/* oracle/differential.js - every snapshot gives the same terminal again. */

const { judge, subjects } = require('./judge.js');

/* usage: differential.js VTSNAP [FILE...], of the size COLS and ROWS */
const [vtsnap, ...files] = process.argv.slice(2);

async function main() {
	let n = 0;

	for (const s of subjects(vtsnap, files)) {
		const wrong = await judge(s);

		n++;
		console.log(`${wrong.length ? 'not ' : ''}ok ${n} - ${s.name}`);
		for (const d of wrong.slice(0, 8))
			console.log(`#   ${d}`);
	}
	console.log(`1..${n}`);
}

main().catch((e) => {
	console.log(`Bail out! ${e.message}`);
	process.exitCode = 1;
});
