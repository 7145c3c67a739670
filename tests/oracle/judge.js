'use strict';
/* oracle/judge.js - snapshots of a stream, judged by another terminal. */

const { spawnSync } = require('child_process');
const { readFileSync } = require('fs');
const { join } = require('path');
const { compare, load } = require('./terminal.js');
const { stream } = require('./stream.js');

const SIZES = [[80, 24], [40, 10], [120, 40]];
const SEEDS = +process.env.SEEDS || 30, CUTS = +process.env.CUTS || 4;
const LENGTH = 4000;
const RECORDED = ['claude.bin', 'codex.bin', 'gemini.bin', 'vim.bin'];

/* Where a whole token ends: not within a sequence. */
function boundaries(text) {
	const token = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[^@-~]*[@-~]|\x1b[ -/]*[0-~]|[^]/gu;
	return [...text.matchAll(token)].map((m) => m.index);
}

function snapshot(vtsnap, input, cols, rows) {
	const r = spawnSync(vtsnap, {
		input, env: { ...process.env, COLS: cols, ROWS: rows },
		maxBuffer: 1 << 28,
	});
	if (r.status !== 0)
		throw new Error(`${vtsnap}: ${r.signal || r.status} ${r.stderr}`);
	return r.stdout;
}

/* A stream, cut, with the snapshot at each cut. */
function subject(vtsnap, name, cols, rows, text) {
	const ends = boundaries(text), cuts = [];

	for (let i = 1; i <= CUTS; i++) {
		const at = ends[Math.floor((ends.length - 1) * i / CUTS)];
		cuts.push({
			at, snap: snapshot(vtsnap, text.slice(0, at), cols, rows),
		});
	}
	return { name, cols, rows, text, cuts };
}

/* The files, of the size COLS and ROWS; else recordings and random streams. */
function* subjects(vtsnap, files) {
	const { COLS = 80, ROWS = 24 } = process.env;
	const recorded = join(__dirname, '../streams');

	for (const f of files)
		yield subject(vtsnap, f, +COLS, +ROWS, readFileSync(f, 'utf8'));
	if (files.length)
		return;
	for (const name of RECORDED)
		yield subject(vtsnap, name, 80, 24,
			readFileSync(join(recorded, name), 'utf8'));
	for (const [cols, rows] of SIZES)
		for (let seed = 1; seed <= SEEDS; seed++)
			yield subject(vtsnap, `${cols}x${rows} seed ${seed}`,
				cols, rows, stream(seed, cols, rows, LENGTH));
}

/* What is wrong: at each cut, now and after all the rest. */
async function judge({ cols, rows, text, cuts }, mended) {
	const how = { cols, rows, mended };
	const whole = await load(how, text), wrong = [];

	for (const { at, snap } of cuts) {
		const now = compare(await load(how, text.slice(0, at)),
			await load(how, snap));
		const later = compare(whole,
			await load(how, snap, text.slice(at)));
		for (const d of now)
			wrong.push(`at ${at}, now: ${d}`);
		for (const d of later)
			wrong.push(`at ${at}, later: ${d}`);
	}
	return wrong;
}

module.exports = { judge, subjects };
