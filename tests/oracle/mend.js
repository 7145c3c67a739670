'use strict';
/*
 * oracle/mend.js - where xterm.js is not what xterm is, made so.  Each is a
 * limit of the judge that would otherwise hide what the test is about; each
 * has a name, what xterm does (ctlseqs, or its source where that is named),
 * and can be left out, so that quirks.js can count what it explains.
 */

const wrapped = (object, method, around) => {
	const original = object[method].bind(object);
	object[method] = (...args) => around(original, ...args);
};

/*
 * The saved cursor.  DECSC keeps position, rendition, the character sets and
 * which is shifted in, the wrap flag, origin mode and selective erase (VT510,
 * DECSC; xterm's CursorSave).  xterm.js keeps the position, two words of
 * colours and one charset.
 */
function kept(core, save, restore) {
	const handler = core._inputHandler;

	wrapped(handler, 'saveCursor', (original) => {
		const b = handler._activeBuffer;
		original();
		b.kept = { ...b.kept, ...save(b) };
		return true;
	});
	wrapped(handler, 'restoreCursor', (original) => {
		const b = handler._activeBuffer;
		return restore(b, b.kept || {}, original);
	});
}

function savedPen(core) {
	const handler = core._inputHandler;
	const plain = handler._curAttrData.clone();

	kept(core, () => ({ pen: handler._curAttrData.clone() }),
		(b, k, original) => {
			original();
			handler._curAttrData = (k.pen || plain).clone();
			return true;
		});
}

function savedCharsets(core) {
	const sets = core._charsetService, all = [0, 1, 2, 3];

	kept(core, () => ({
		charsets: all.map((i) => sets._charsets[i]), glevel: sets.glevel,
	}), (b, k, original) => {
		original();
		for (const i of all)
			sets.setgCharset(i, k.charsets && k.charsets[i]);
		sets.setgLevel(k.glevel || 0);
		return true;
	});
}

function savedOrigin(core) {
	const modes = core.coreService.decPrivateModes;

	kept(core, () => ({ origin: modes.origin }), (b, k, original) => {
		modes.origin = !!k.origin;
		return original();
	});
}

function savedWrap(core) {
	const { cols } = core._bufferService;

	kept(core, () => ({}), (b, k, original) => {
		original();
		if (b.savedX >= cols)
			b.x = cols;
		return true;
	});
}

/* SD "scroll down" inserts lines of the current background, as SU does. */
function scrollDown(core) {
	const handler = core._inputHandler;

	handler.scrollDown = (params) => {
		const b = handler._activeBuffer;
		for (let n = params.params[0] || 1; n > 0; n--) {
			b.lines.splice(b.ybase + b.scrollBottom, 1);
			b.lines.splice(b.ybase + b.scrollTop, 0,
				b.getBlankLine(handler._eraseAttrData()));
		}
		return true;
	};
}

/*
 * Relative movement and CHA start where the cursor is.  In origin mode
 * xterm.js adds the top margin to that once more.
 */
function relativeMove(core) {
	const handler = core._inputHandler;

	handler.charPosAbsolute = handler.cursorCharAbsolute = (params) => {
		handler._restrictCursor();
		handler._activeBuffer.x = (params.params[0] || 1) - 1;
		handler._restrictCursor();
		return true;
	};
	handler._moveCursor = (x, y) => {
		const b = handler._activeBuffer;
		handler._restrictCursor();
		b.x += x;
		b.y += y;
		handler._restrictCursor();
	};
}

/*
 * No half of a wide character stays when the other goes (xterm fills both with
 * blanks): without autowrap, a character at the margin ...
 */
function halfAtMargin(core) {
	const handler = core._inputHandler;

	wrapped(handler, 'print', (original, data, start, end) => {
		original(data, start, end);
		const b = handler._activeBuffer;
		const line = b.lines.get(b.ybase + b.y), last = line.length - 1;
		const pen = handler._curAttrData;

		if (last < 1 || line.getWidth(last - 1) !== 2 ||
		    line.getWidth(last) === 0)
			return;
		if (line.hasContent(last))
			line.setCellFromCodepoint(last - 1, 0, 1, pen);
		else
			line.setCellFromCodepoint(last, 0, 0, pen);
	});
}

/* ... and ICH in the middle of one, which moves the right half away. */
function halfInserted(core) {
	const handler = core._inputHandler;

	wrapped(handler, 'insertChars', (original, params) => {
		original(params);
		const b = handler._activeBuffer, n = params.params[0] || 1;
		const line = b.lines.get(b.ybase + b.y), x = b.x + n;

		if (x < line.length && line.getWidth(x) === 0)
			line.setCellFromCodepoint(x, 0, 1,
				handler._eraseAttrData());
		return true;
	});
}

/*
 * ED 1 at the last column ends the wrap of the next row: in xterm.js of some
 * line in the history, and not in the last row.
 */
function eraseAbove(core) {
	const handler = core._inputHandler;

	wrapped(handler, 'eraseInDisplay', (original, params, protect) => {
		const b = handler._activeBuffer, { cols } = core._bufferService;

		handler._restrictCursor(cols);
		if (params.params[0] !== 1 || b.x + 1 < cols)
			return original(params, protect);
		for (let y = 0; y <= b.y; y++)
			handler._resetBufferLine(y, protect);
		const next = b.lines.get(b.ybase + b.y + 1);
		if (next)
			next.isWrapped = false;
		return true;
	});
}

/*
 * That a line goes on is a flag of that line (LINEWRAPPED in xterm), which goes
 * with it.  xterm.js has it on the next one: on the first row, with nothing
 * above, it stays behind, and no bytes give it.
 */
function firstRow(core) {
	const handler = core._inputHandler, screen = core._bufferService;
	const after = (original, ...args) => {
		const result = original(...args), b = screen.buffer;
		if (b.ybase === 0)
			b.lines.get(0).isWrapped = false;
		return result;
	};

	for (const method of ['deleteLines', 'scrollUp'])
		wrapped(handler, method, after);
	wrapped(screen, 'scroll', after);
}

/* A link outlives the lines that it was first written on. */
function links(core) {
	core._oscLinkService._removeMarkerFromLink = () => {};
}

/*
 * Pictures of today take two columns, and joined ones, flags, skin tones and
 * what U+FE0F makes a picture take two together, as mode 2027 has it.  xterm.js
 * has the widths of Unicode 11, character by character.
 */
const PLAIN = 0, PICTURE = 1, JOINED = 2, HALF_FLAG = 3, KEY = 4;

function clusterOf(rune, kind, width, base) {
	const text = String.fromCodePoint(rune);

	if (rune === 0x200d)
		return [kind === PICTURE ? JOINED : kind, width, true];
	if (rune === 0xfe0f)
		return [kind, kind === PLAIN || kind === HALF_FLAG ? width : 2,
			true];
	if ((kind === PICTURE || kind === JOINED) &&
	    /\p{Emoji_Modifier}/u.test(text))
		return [PICTURE, 2, true];
	if (/\p{Regional_Indicator}/u.test(text))
		return kind === HALF_FLAG ? [PLAIN, 2, true] :
			[HALF_FLAG, 1, false];
	if (/\p{Extended_Pictographic}/u.test(text)) {
		const wide = /\p{Emoji_Presentation}/u.test(text);
		return kind === JOINED ? [PICTURE, width, true] :
			[PICTURE, wide ? 2 : base, false];
	}
	if (base === 0) /* a mark; behind it, nothing joins */
		return [kind === JOINED ? PICTURE :
			kind === HALF_FLAG ? PLAIN : kind, width, true];
	return [/[0-9#*]/.test(text) ? KEY : PLAIN, base, false];
}

function clusters(core) {
	const unicode = core.unicodeService;
	const old = unicode._providers[unicode.activeVersion];

	unicode.register({
		version: 'clusters',
		wcwidth: (rune) => old.wcwidth(rune),
		charProperties(rune, before) {
			const base = old.wcwidth(rune), width = before >> 1 & 3;
			const [kind, columns, joins] =
				clusterOf(rune, before >> 3, width, base);
			if (joins && width === 0)
				return base << 1;
			return kind << 3 | columns << 1 | (joins ? 1 : 0);
		},
	});
	unicode.activeVersion = 'clusters';
}

const QUIRKS = {
	'saved-pen': savedPen,
	'saved-charsets': savedCharsets,
	'saved-origin': savedOrigin,
	'saved-wrap': savedWrap,
	'scroll-down': scrollDown,
	'relative-move': relativeMove,
	'half-at-margin': halfAtMargin,
	'half-inserted': halfInserted,
	'erase-above': eraseAbove,
	'first-row': firstRow,
	links,
	clusters,
};

/* Mends the quirks of these names. */
function mend(terminal, names) {
	for (const name of names)
		QUIRKS[name](terminal._core);
}

module.exports = { QUIRKS, mend };
