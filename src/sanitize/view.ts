import { isInvisible } from './clean.js';
import { foldText, foldUnit } from './fold.js';
import { matchesOf } from './matches-of.js';

/** A text in a form that rules read, with the positions of the text that it was made from. */
export interface View {
  readonly text: string;
  /** For each position here (the end included) its position in the original; absent when they are the same. */
  readonly origin?: Int32Array;
}

const ENCODED =
  /(?:%[0-9a-f]{2})+|%u[0-9a-f]{4}|\\+(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|["'`/bfnrt\\])|\\+$|&(?:quot|apos|amp|lt|gt|nbsp|equals|colon|commat|#\d{1,7}|#x[0-9a-f]{1,6});/gi;

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  amp: '&',
  lt: '<',
  gt: '>',
  nbsp: ' ',
  equals: '=',
  colon: ':',
  commat: '@',
};

const ESCAPES: Readonly<Record<string, string>> = { b: '', f: '\n', n: '\n', r: '\n', t: '\t' };

const LAYERS_MAX = 5;

/**
 * A line end inside a long token, as terminals, mails and base64 encoders write it, or after a sign that the line
 * goes on: a backtick in PowerShell, a backslash in shells and property files, a caret in batch files.
 */
const WRAP =
  /(?<=[\s=:,])[`\\^][ \t]?\n[ \t]*|(?<=[\w+/=~.-]{16})(?:["'`]?\s?[+\\]?[ \t]*\n[ \t]*["'`]?|=\n)(?![\w.-]{1,64}=[^=\s])(?=[\w+/=~.-]{4,}["'`]?[,;]?[ \t]*(?:\n|$))/g;

/**
 * Lists the forms in which a text is read: as written (folded to ASCII look-alikes), then with percent escapes,
 * backslash escapes and HTML entities undone, layer by layer, and each also with wrapped lines joined.
 */
export function viewsOf(text: string): readonly View[] {
  let view: View = { text: foldText(text) };
  const views: View[] = [];
  for (let layer = 0; layer < LAYERS_MAX; layer++) {
    views.push(view);
    const joined = joinLines(view);
    if (joined) views.push(joined);
    const decoded = decodeLayer(view);
    if (!decoded) break;
    view = decoded;
  }
  return views;
}

/** Collects the text and the origins of a view piece by piece. */
class ViewBuilder {
  private readonly pieces: string[] = [];
  private readonly origin: Int32Array;
  private length = 0;
  constructor(
    private readonly source: View,
    lengthMax: number,
  ) {
    this.origin = new Int32Array(lengthMax + 1);
  }
  copy(start: number, end: number): void {
    this.pieces.push(this.source.text.slice(start, end));
    for (let i = start; i < end; i++) this.origin[this.length++] = this.originOf(i);
  }
  put(text: string, at: number): void {
    this.pieces.push(text);
    for (let i = 0; i < text.length; i++) this.origin[this.length++] = this.originOf(at);
  }
  build(): View {
    const end = this.source.text.length;
    this.origin[this.length] = this.originOf(end);
    return { text: this.pieces.join(''), origin: this.origin.subarray(0, this.length + 1) };
  }
  private originOf(position: number): number {
    return this.source.origin ? (this.source.origin[position] as number) : position;
  }
}

function decodeLayer(view: View): View | undefined {
  if (!/[%\\&]/.test(view.text)) return undefined;
  const builder = new ViewBuilder(view, view.text.length);
  let position = 0;
  let changed = false;
  for (const match of matchesOf(view.text, ENCODED)) {
    changed = true;
    builder.copy(position, match.index);
    position = match.index + match[0].length;
    if (match[0][0] === '%' && match[0][1] !== 'u') decodePercent(match[0], match.index, builder);
    else putVisible(builder, decodeEscape(match[0]), match.index);
  }
  if (!changed) return undefined;
  builder.copy(position, view.text.length);
  return builder.build();
}

function decodePercent(run: string, at: number, builder: ViewBuilder): void {
  const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
  let offset = 0;
  for (const character of bytes.toString('utf8')) {
    putVisible(builder, character, at + Math.min(offset * 3, run.length - 3));
    offset += character === '\uFFFD' ? 1 : Buffer.byteLength(character);
  }
}

function decodeEscape(sequence: string): string {
  if (sequence[0] === '&') {
    const name = sequence.slice(1, -1).toLowerCase();
    if (name[0] !== '#') return ENTITIES[name] ?? '';
    return codePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
  }
  if (sequence[0] === '%') return codePoint(Number.parseInt(sequence.slice(2), 16));
  const backslashes = sequence.length - sequence.replace(/^\\+/, '').length;
  const body = sequence.slice(backslashes);
  // Two backslashes mean one backslash, and the text after them stays escaped for the next layer.
  if (backslashes > 1)
    return '\\'.repeat(backslashes >> 1) + (backslashes % 2 === 1 ? decodeBody(body) : body);
  return decodeBody(body);
}

function decodeBody(body: string): string {
  if (body.length > 1) return codePoint(Number.parseInt(body.replace(/[^0-9a-f]/gi, ''), 16));
  return ESCAPES[body] ?? body;
}

function codePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}

function putVisible(builder: ViewBuilder, text: string, at: number): void {
  for (const character of text) {
    if (/[\n\t]/.test(character)) builder.put(character, at);
    else if (!isInvisible(character))
      builder.put(character.length === 1 ? foldUnit(character) : character.normalize('NFKC'), at);
  }
}

function joinLines(view: View): View | undefined {
  if (!view.text.includes('\n')) return undefined;
  const builder = new ViewBuilder(view, view.text.length);
  let position = 0;
  for (const match of matchesOf(view.text, WRAP)) {
    builder.copy(position, match.index);
    position = match.index + match[0].length;
  }
  if (position === 0) return undefined;
  builder.copy(position, view.text.length);
  return builder.build();
}
