'use strict';
/* oracle/differential.js - snapshots judged by another terminal. */

const { spawnSync } = require('child_process');
const { readFileSync } = require('fs');
const { join } = require('path');
const { compare, load } = require('./terminal.js');
const { stream } = require('./stream.js');

const SIZES = [[80, 24], [40, 10], [120, 40]];
const SEEDS = +process.env.SEEDS || 30, CUTS = +process.env.CUTS || 4;
const LENGTH = 4000;
const RECORDED = ['claude.bin', 'codex.bin', 'gemini.bin', 'vim.bin'];
/* usage: differential.js VTSNAP [FILE...], of the size COLS and ROWS */
const [vtsnap, ...files] = process.argv.slice(2);

/* Where a whole token ends: not within a sequence. */
function boundaries(text) {
	const token = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[^@-~]*[@-~]|\x1b[ -/]*[0-~]|[^]/gu;
	return [...text.matchAll(token)].map((m) => m.index);
}

function snapshot(input, cols, rows) {
	const r = spawnSync(vtsnap, {
		input, env: { ...process.env, COLS: cols, ROWS: rows },
		maxBuffer: 1 << 28,
	});
	if (r.status !== 0)
		throw new Error(`${vtsnap}: ${r.signal || r.status} ${r.stderr}`);
	return r.stdout;
}

/* One stream: at each cut, now and after all the rest. */
async function judge(text, cols, rows) {
	const ends = boundaries(text);
	const whole = await load(cols, rows, text), wrong = [];

	for (let i = 1; i <= CUTS; i++) {
		const at = ends[Math.floor((ends.length - 1) * i / CUTS)];
		const before = text.slice(0, at), after = text.slice(at);
		const snap = snapshot(before, cols, rows);
		const now = compare(await load(cols, rows, before),
			await load(cols, rows, snap));
		const later = compare(whole, await load(cols, rows, snap, after));
		for (const d of now)
			wrong.push(`at ${at}, now: ${d}`);
		for (const d of later)
			wrong.push(`at ${at}, later: ${d}`);
	}
	return wrong;
}

function* subjects() {
	const { COLS = 80, ROWS = 24 } = process.env;

	for (const f of files)
		yield [f, +COLS, +ROWS, readFileSync(f, 'utf8')];
	if (files.length)
		return;
	for (const name of RECORDED)
		yield [name, 80, 24,
			readFileSync(join(__dirname, '../streams', name), 'utf8')];
	for (const [cols, rows] of SIZES)
		for (let seed = 1; seed <= SEEDS; seed++)
			yield [`${cols}x${rows} seed ${seed}`, cols, rows,
				stream(seed, cols, rows, LENGTH)];
}

async function main() {
	let n = 0;

	for (const [name, cols, rows, text] of subjects()) {
		const wrong = await judge(text, cols, rows);

		n++;
		console.log(`${wrong.length ? 'not ' : ''}ok ${n} - ${name}`);
		for (const d of wrong.slice(0, 8))
			console.log(`#   ${d}`);
	}
	console.log(`1..${n}`);
}

main().catch((e) => {
	console.log(`Bail out! ${e.message}`);
	process.exitCode = 1;
});
