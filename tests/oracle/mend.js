'use strict';
/*
 * oracle/mend.js - where xterm.js is not what xterm is, made so.  Each is a
 * limit of the judge that would otherwise hide what the test is about.
 */

/*
 * xterm.js saves colours and one charset, and neither restores origin mode nor
 * a pending wrap.
 */
function savedCursor(handler, core) {
	const charsets = core._charsetService;
	const modes = core.coreService.decPrivateModes;
	const plain = handler._curAttrData.clone();

	handler.saveCursor = function () {
		const b = this._activeBuffer;
		b.saved = {
			x: b.x, line: b.ybase + b.y, pen: this._curAttrData.clone(),
			charsets: [0, 1, 2, 3].map((i) => charsets._charsets[i]),
			glevel: charsets.glevel, origin: modes.origin,
		};
		return true;
	};
	handler.restoreCursor = function () {
		const b = this._activeBuffer, k = b.saved;
		modes.origin = !!k && k.origin;
		this._curAttrData = k ? k.pen.clone() : plain.clone();
		for (let i = 0; i < 4; i++)
			charsets.setgCharset(i, k ? k.charsets[i] : undefined);
		charsets.setgLevel(k ? k.glevel : 0);
		b.x = k ? k.x : 0;
		b.y = k ? Math.max(0, k.line - b.ybase) : 0;
		const pending = b.x >= this._bufferService.cols;
		this._restrictCursor();
		if (pending)
			b.x = this._bufferService.cols;
		return true;
	};
}

/* SD inserts lines of the current background, as all other scrolling. */
function scrollDown(handler) {
	handler.scrollDown = function (params) {
		const b = this._activeBuffer;
		for (let n = params.params[0] || 1; n > 0; n--) {
			b.lines.splice(b.ybase + b.scrollBottom, 1);
			b.lines.splice(b.ybase + b.scrollTop, 0,
				b.getBlankLine(this._eraseAttrData()));
		}
		return true;
	};
}

/* Relative movement, and CHA, stay in their row in origin mode. */
function move(handler) {
	handler.charPosAbsolute = handler.cursorCharAbsolute = function (params) {
		this._restrictCursor();
		this._activeBuffer.x = (params.params[0] || 1) - 1;
		this._restrictCursor();
		return true;
	};
	handler._moveCursor = function (x, y) {
		const b = this._activeBuffer;
		this._restrictCursor();
		b.x += x;
		b.y += y;
		this._restrictCursor();
	};
}

/*
 * Without autowrap, a character at the margin leaves half of a wide one there.
 */
function halves(handler) {
	const print = handler.print;

	handler.print = function (data, start, end) {
		print.call(this, data, start, end);
		const b = this._activeBuffer, last = this._bufferService.cols - 1;
		const line = b.lines.get(b.ybase + b.y), pen = this._curAttrData;

		if (last < 1 || line.getWidth(last - 1) !== 2 ||
		    line.getWidth(last) === 0)
			return;
		if (line.hasContent(last))
			line.setCellFromCodepoint(last - 1, 0, 1, pen);
		else
			line.setCellFromCodepoint(last, 0, 0, pen);
	};
}

/*
 * ED 1 at the last column ends the wrap of the next row, not of some line in
 * the history, and is no exception in the last row.
 */
function eraseAbove(handler) {
	const erase = handler.eraseInDisplay;

	handler.eraseInDisplay = function (params, protect) {
		const b = this._activeBuffer, { cols } = this._bufferService;

		this._restrictCursor(cols);
		if (params.params[0] !== 1 || b.x + 1 < cols)
			return erase.call(this, params, protect);
		for (let y = 0; y <= b.y; y++)
			this._resetBufferLine(y, protect);
		const next = b.lines.get(b.ybase + b.y + 1);
		if (next)
			next.isWrapped = false;
		return true;
	};
}

/* A link outlives the lines that it was first written on. */
function links(core) {
	core._oscLinkService._removeMarkerFromLink = () => {};
}

function mend(terminal) {
	const core = terminal._core, handler = core._inputHandler;

	savedCursor(handler, core);
	scrollDown(handler);
	move(handler);
	halves(handler);
	eraseAbove(handler);
	links(core);
}

module.exports = { mend };
