'use strict';
/* oracle/stream.js - random streams of what programs write. */

const WORDS = ['hello', 'world', 'x', '漢字', 'é', '😀', '日本語テキスト',
	'─│', 'e\u0301', 'a line that is longer than most others '.repeat(2)];
const SGR = ['0', '1', '2', '3', '4', '7', '9', '22', '23', '24', '27', '31',
	'42', '93', '104', '39', '49', '53', '38;5;200', '48;2;10;20;30',
	'4:3', '58:2::1:2:3', '38:2::9:8:7', '59'];
const MODES = [1, 1000, 1002, 1003, 1004, 1006, 2004, 25, 2031, 7, 7, 12];
const ERASE = ['K', '1K', '2K', 'J', '1J', '2J', '3X', '2P', '2@', 'L', 'M',
	'2L', 'S', 'T', '3b'];
const MOVE = ['A', 'B', 'C', 'D', '2A', '3C', '4D', 'G', '5G', '2d', 'E', 'F'];
const TITLES = ['\x1b]2;title\x1b\\', '\x1b[22;2t', '\x1b[23;2t',
	'\x1b]1;icon\x07', '\x1b]7;file://h/d\x07', '\x1b]22;text\x1b\\'];
const COLORS = ['\x1b]11;#102030\x07', '\x1b]111\x07', '\x1b]4;1;#aabbcc\x07',
	'\x1b]4;1;red;2;rgb:1/2/3\x07', '\x1b]104;1\x07', '\x1b]10;red\x1b\\'];
const KEYS = ['\x1b[>1u', '\x1b[<u', '\x1b[=5u', '\x1b[>4;2m', '\x1b[>4m'];
const CHARSETS = ['\x1b(0', '\x1b(B', '\x1b)0\x0e', '\x0f', '\x1b(B\x0f',
	'\x1b=', '\x1b>', '\x1b[4h', '\x1b[4l'];

/* mulberry32: the same numbers everywhere. */
function generator(seed) {
	let a = seed >>> 0;
	return (n) => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = Math.imul(a ^ (a >>> 15), a | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) % n;
	};
}

/* About `len` bytes, of which a terminal of this size makes sense. */
function stream(seed, cols, rows, len) {
	const below = generator(seed), one = (list) => list[below(list.length)];
	let out = '', alternate = false;

	const text = () => {
		for (let i = 1 + below(5); i > 0; i--)
			out += one(WORDS) + one([' ', '', '  ']);
	};
	const margins = () => {
		const top = 1 + below(rows - 2);
		out += below(3) ? `\x1b[${top};${top + 1 + below(rows - top)}r` :
			'\x1b[r';
	};
	const swap = () => {
		alternate = !alternate;
		out += `\x1b[?1049${alternate ? 'h' : 'l'}`;
	};
	const kinds = [text, text, text, text, text, text,
		() => { out += one(['\r\n', '\r\n', '\r', '\n', '\b', '\t']); },
		() => { out += one(['\r\n', '\r\n\r\n']); },
		() => { out += `\x1b[${1 + below(rows)};${1 + below(cols)}H`; },
		() => { out += '\x1b[' + one([...MOVE, cols + 'G']); },
		() => { out += '\x1b[' + one(ERASE); },
		() => { out += `\x1b[${one(SGR)};${one(SGR)}m`; },
		() => { out += `\x1b[${one(SGR)}m`; },
		margins,
		() => { out += one(['\x1b7', '\x1b8', '\x1bM', '\x1bD', '\x1bE']); },
		() => { swap(); if (below(3)) swap(); },
		() => { out += `\x1b[?${one(MODES)}${one(['h', 'l'])}`; },
		() => { out += one(CHARSETS); },
		() => { out += one(['\x1b[3g', '\x1bH', '\x1b[g', '\x1b[?6h',
			'\x1b[?6l', '\x1b[?6l']); },
		() => { out += one([...KEYS, `\x1b[${below(7)} q`]); },
		() => { out += one(TITLES); },
		() => { out += one(COLORS); },
		() => { out += `\x1b]8;;http://e/${below(3)}\x1b\\link` +
			'\x1b]8;;\x1b\\'; },
	];
	while (out.length < len)
		one(kinds)();
	return out;
}

module.exports = { stream };
