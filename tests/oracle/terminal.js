'use strict';
/* oracle/terminal.js - terminals of @xterm/headless, loaded and compared. */

const { Terminal } = require('@xterm/headless');
const { Unicode11Addon } = require('@xterm/addon-unicode11');
const { QUIRKS, mend } = require('./mend.js');

/* Set at power-on; all others are not. */
const AT_START = { 7: 1, 25: 1 };
/* One alternate screen, whatever the number. */
const SAME_MODE = { 47: 1049, 1047: 1049 };
/* Transient, or told better by the terminal itself (see modesOf). */
const NOT_A_BIT = new Set([2026, 1048, 3, 40, 6, 9, 1000, 1001, 1002, 1003,
	1005, 1006, 1015, 1016]);
const DYNAMIC = [10, 11, 12, 13, 14, 17, 19];
const KITTY_STACK = 17;
const first = (p) => (Array.isArray(p[0]) ? p[0][0] : p[0]) || 0;

/*
 * What xterm.js parses but does not keep, or does not tell: followed beside
 * it in t.beside.
 */
function follow(t) {
	const b = t.beside = {
		modes: {}, ansi: {}, kitty: { normal: [0], alternate: [0] },
		modifyOtherKeys: 0, colors: {}, title: '', icon: '', titles: [],
		icons: [],
		cwd: '', progress: '', pointer: '', replies: [],
	};
	const csi = (id, f) => t.parser.registerCsiHandler(id, f);
	const esc = (id, f) => t.parser.registerEscHandler(id, f);
	const osc = (n, f) => t.parser.registerOscHandler(n, (d) => {
		f(d);
		return false;
	});
	const stack = () => b.kitty[t.buffer.active.type];

	for (const final of ['h', 'l']) {
		csi({ prefix: '?', final }, (p) => {
			for (const n of p)
				b.modes[SAME_MODE[n] || n] = final === 'h' ? 1 : 0;
			return false;
		});
		csi({ final }, (p) => {
			for (const n of p)
				b.ansi[n] = final === 'h' ? 1 : 0;
			return false;
		});
	}
	csi({ prefix: '>', final: 'u' }, (p) => {
		const s = stack();
		s.push(first(p));
		if (s.length > KITTY_STACK)
			s.splice(1, 1);
		return true;
	});
	csi({ prefix: '<', final: 'u' }, (p) => {
		const s = stack();
		for (let n = first(p) || 1; n > 0 && s.length > 1; n--)
			s.pop();
		return true;
	});
	csi({ prefix: '=', final: 'u' }, (p) => {
		const s = stack(), i = s.length - 1, how = p[1] || 1;
		const flags = first(p);
		s[i] = how === 1 ? flags : how === 2 ? s[i] | flags : s[i] & ~flags;
		return true;
	});
	csi({ prefix: '>', final: 'm' }, (p) => {
		if (first(p) === 4)
			b.modifyOtherKeys = p[1] > 0 ? p[1] : 0;
		else if (!first(p))
			b.modifyOtherKeys = 0;
		return true;
	});
	csi({ intermediates: '!', final: 'p' }, () => {
		for (const m of [1, 6, 7, 25, 66])
			delete b.modes[m];
		delete b.ansi[4];
		return false;
	});
	csi({ final: 't' }, (p) => {
		const what = p[1] || 0;
		if (p[0] === 22 && what !== 1)
			b.titles.push(b.title);
		if (p[0] === 22 && what !== 2)
			b.icons.push(b.icon);
		if (p[0] === 23 && what !== 1 && b.titles.length)
			b.title = b.titles.pop();
		if (p[0] === 23 && what !== 2 && b.icons.length)
			b.icon = b.icons.pop();
		return false;
	});
	esc({ final: '=' }, () => { b.modes[66] = 1; return false; });
	esc({ final: '>' }, () => { b.modes[66] = 0; return false; });
	osc(0, (d) => { b.title = b.icon = d; });
	osc(1, (d) => { b.icon = d; });
	osc(2, (d) => { b.title = d; });
	osc(7, (d) => { b.cwd = d; });
	osc(9, (d) => {
		if (/^4(;|$)/.test(d))
			b.progress = /^4;0/.test(d) ? '' : d;
	});
	osc(22, (d) => { b.pointer = d; });
	osc(4, (d) => {
		const a = d.split(';');
		for (let i = 0; i + 1 < a.length; i += 2)
			if (a[i + 1] !== '?')
				b.colors['4;' + a[i]] = a[i + 1];
	});
	osc(104, (d) => {
		const which = d ? d.split(';').map((n) => '4;' + n) :
			Object.keys(b.colors).filter((k) => k.startsWith('4;'));
		for (const k of which)
			delete b.colors[k];
	});
	for (const n of DYNAMIC) {
		osc(n, (d) => d.split(';').forEach((v, i) => {
			if (v !== '?')
				b.colors[n + i] = v;
		}));
		osc(n + 100, () => { delete b.colors[n]; });
	}
	t.onData((d) => b.replies.push(d));
}

/* A terminal with these quirks mended, after these parts of a stream. */
function load({ cols, rows, mended = Object.keys(QUIRKS) }, ...parts) {
	const t = new Terminal({
		cols, rows, scrollback: 10000, allowProposedApi: true,
		logLevel: 'off', windowOptions: { pushTitle: true, popTitle: true },
	});
	t.loadAddon(new Unicode11Addon());
	t.unicode.activeVersion = '11';
	t.plain = t._core._inputHandler._curAttrData.clone();
	mend(t, mended);
	follow(t);
	return new Promise((done) => {
		for (const p of parts)
			t.write(p);
		t.write('', () => done(t));
	});
}

/* --- parts of a terminal as plain values -------------------------------- */

const MODE = { none: 0, rgb: 0x3000000 };

function color(mode, value) {
	if (mode === MODE.none)
		return 'd';
	return mode === MODE.rgb ? '#' + value.toString(16) : String(value);
}

function linkOf(t, cell) {
	const id = cell.extended && cell.extended.urlId;
	const data = id && t._core._oscLinkService.getLinkData(id);
	return data ? data.uri : '';
}

/* Fields of a pen, or of a cell's. */
function penOf(t, c) {
	const e = c.extended || {}, under = c.isUnderline();
	const ul = under ? e.underlineColor || 0 : 0;
	return {
		fg: color(c.getFgColorMode(), c.getFgColor()),
		bg: color(c.getBgColorMode(), c.getBgColor()),
		bold: !!c.isBold(), dim: !!c.isDim(), italic: !!c.isItalic(),
		blink: !!c.isBlink(), inverse: !!c.isInverse(),
		conceal: !!c.isInvisible(), strike: !!c.isStrikethrough(),
		overline: !!c.isOverline(),
		underline: under ? e.underlineStyle || 1 : 0,
		ul: ul !== 0x3ffffff && ul & 0x3000000 ? ul & 0x3ffffff : 0,
		link: linkOf(t, c),
	};
}

const key = (value) => JSON.stringify(value);

/* The fields that say something. */
const penKey = (pen) => Object.entries(pen)
	.filter(([, v]) => v && v !== 'd').map(([k, v]) => k + '=' + v).join(' ');

/* What is seen of a cell: a blank hides most of its pen. */
function cellKey(t, cell) {
	if (cell.getWidth() === 0)
		return 'tail';
	const text = cell.getChars() || ' ', pen = penOf(t, cell);
	if (text === ' ') {
		pen.bold = pen.dim = pen.italic = pen.conceal = false;
		if (!pen.underline && !pen.strike && !pen.overline && !pen.inverse)
			pen.fg = 'd';
		if (!pen.underline && !pen.strike && !pen.overline && !pen.inverse &&
		    !pen.link)
			pen.blink = false;
	}
	return `${text} ${cell.getWidth()} ${penKey(pen)}`;
}

function charset(c) {
	return !c ? 'B' : c.q === '─' ? '0' : c['#'] === '£' ? 'A' : '?';
}

function modesOf(t) {
	const c = t._core, m = { ...c.coreService.decPrivateModes };
	delete m.synchronizedOutput;
	return {
		...m, insert: c.coreService.modes.insertMode,
		hidden: c.coreService.isCursorHidden,
		mouse: c.coreMouseService.activeProtocol,
		encoding: c.coreMouseService.activeEncoding,
	};
}

/* --- comparing ---------------------------------------------------------- */

function compareRows(name, a, b, differ) {
	const x = a.buffer[name], y = b.buffer[name];
	if (x.baseY !== y.baseY)
		differ(name + ' history', x.baseY, y.baseY);
	const lines = Math.min(x.baseY, y.baseY);
	for (let row = -lines; row < a.rows; row++) {
		const p = x.getLine(x.baseY + row), q = y.getLine(y.baseY + row);
		const where = `${name} row ${row}`;
		if (!p || !q) {
			if (p || q)
				differ(where, !!p, !!q);
			continue;
		}
		if (p.isWrapped !== q.isWrapped)
			differ(where + ' wrapped', p.isWrapped, q.isWrapped);
		for (let col = 0; col < a.cols; col++) {
			const k = cellKey(a, p.getCell(col));
			const l = cellKey(b, q.getCell(col));
			if (k !== l) {
				differ(`${where} column ${col}`, k, l);
				break;
			}
		}
	}
}

function pageOf(t, name) {
	const b = t.buffer[name]._buffer, k = b.kept || {};
	return {
		margins: [b.scrollTop, b.scrollBottom],
		saved: [Math.max(0, b.savedY - b.ybase), b.savedX],
		savedOrigin: !!k.origin,
		savedCharsets: [k.glevel || 0,
			(k.charsets || [0, 0, 0, 0]).map(charset)],
		savedPen: penKey(penOf(t, k.pen || t.plain)),
		tabs: Object.keys(b.tabs).filter((n) => +n < t.cols && b.tabs[n]),
		kitty: t.beside.kitty[name],
	};
}

function restOf(t) {
	const c = t._core, cs = c._charsetService, b = t.buffer.active;
	return {
		cursor: [b.cursorY, Math.min(b.cursorX, t.cols)],
		pen: penKey(penOf(t, c._inputHandler._curAttrData)),
		charsets: [cs.glevel, [0, 1, 2, 3].map((i) => charset(cs._charsets[i]))],
		...modesOf(t),
		title: t.beside.title, icon: t.beside.icon, titles: t.beside.titles,
		icons: t.beside.icons,
		cwd: t.beside.cwd, progress: t.beside.progress,
		pointer: t.beside.pointer,
		modifyOtherKeys: t.beside.modifyOtherKeys,
	};
}

function compareValues(prefix, x, y, differ) {
	for (const k of new Set([...Object.keys(x), ...Object.keys(y)]))
		if (key(x[k]) !== key(y[k]))
			differ(prefix + k, key(x[k]), key(y[k]));
}

/* The differences, as lines for people. */
function compare(a, b) {
	const found = [], alternate = a.buffer.active.type === 'alternate';
	const differ = (what, x, y) => found.push(`${what}: ${x}, ${y}`);

	if (a.buffer.active.type !== b.buffer.active.type)
		differ('screen', a.buffer.active.type, b.buffer.active.type);
	else
		for (const name of alternate ? ['normal', 'alternate'] : ['normal']) {
			compareRows(name, a, b, differ);
			compareValues(name + ' ', pageOf(a, name), pageOf(b, name),
				differ);
		}
	compareValues('', restOf(a), restOf(b), differ);
	compareValues('color ', a.beside.colors, b.beside.colors, differ);
	for (const part of ['modes', 'ansi']) {
		const x = a.beside[part], y = b.beside[part];
		for (const n of new Set([...Object.keys(x), ...Object.keys(y)])) {
			const start = part === 'modes' ? AT_START[n] || 0 : 0;
			if (part === 'modes' && NOT_A_BIT.has(+n))
				continue;
			if ((x[n] ?? start) !== (y[n] ?? start))
				differ(`${part} ${n}`, x[n] ?? start, y[n] ?? start);
		}
	}
	return found;
}

module.exports = { load, compare };
