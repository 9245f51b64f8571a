/**
 * The part of the protobuf wire format that appends and reads use most. An event is encoded once, when it is appended,
 * and readers are sent the stored bytes. Everything else uses the client's generated message classes.
 */

const LOW_VARINT_LIMIT = 0x8000_0000;
/** Stands for a missing first byte; a byte of 128 or more is never a whole varint. */
const LONGER = 128;

/** Bytes that `value` (a whole number below 2^53) takes as a varint. */
export function varintLength(value: number): number {
  let length = 1;
  let rest = value;
  while (rest >= 128) {
    rest = Math.floor(rest / 128);
    length += 1;
  }
  return length;
}

/** Writes a varint and returns the offset after it. */
export function writeVarint(target: Buffer, offset: number, value: number): number {
  let at = offset;
  let rest = value;
  while (rest >= LOW_VARINT_LIMIT) {
    target[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest >= 128) {
    target[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  target[at++] = rest;
  return at;
}

/** The bytes are not a protobuf message. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

/**
 * Reads the fields of one message. It is a mutable class, because every field of every append is read here and this
 * allocates nothing.
 */
export class WireReader {
  offset: number;

  constructor(
    readonly buffer: Buffer,
    start: number,
    readonly end: number,
  ) {
    this.offset = start;
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  /** Any unsigned varint; a number beyond 2^53 is rounded. */
  varint(): number {
    // Nearly all varints are one byte long, as tags and lengths.
    const first = this.offset < this.end ? (this.buffer[this.offset] ?? 0) : LONGER;
    if (first < 128) {
      this.offset += 1;
      return first;
    }
    return this.longVarint();
  }

  private longVarint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.offset >= this.end) throw new WireError('a varint is cut off');
      const byte = this.buffer[this.offset++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new WireError('a varint is longer than ten bytes');
  }

  /** Length of the length-delimited field that starts here; checks that it lies inside the message. */
  private span(): number {
    const length = this.varint();
    if (length > this.end - this.offset) throw new WireError('a field is longer than its message');
    return length;
  }

  /** A length-delimited field, as a view. */
  bytes(): Buffer {
    const length = this.span();
    const view = this.buffer.subarray(this.offset, this.offset + length);
    this.offset += length;
    return view;
  }

  /** Whether the length-delimited field that starts here equals `expected`. Moves past the field either way. */
  holds(expected: Buffer): boolean {
    const length = this.span();
    const start = this.offset;
    this.offset += length;
    if (length !== expected.length) return false;
    for (let i = 0; i < length; i++) if (this.buffer[start + i] !== expected[i]) return false;
    return true;
  }

  /** A length-delimited field of one-byte characters. */
  latin1(): string {
    const length = this.span();
    const text = this.buffer.toString('latin1', this.offset, this.offset + length);
    this.offset += length;
    return text;
  }

  text(): string {
    const length = this.span();
    const text = this.buffer.toString('utf8', this.offset, this.offset + length);
    this.offset += length;
    return text;
  }

  /** A message inside this one. */
  message(): WireReader {
    const length = this.span();
    const inner = new WireReader(this.buffer, this.offset, this.offset + length);
    this.offset += length;
    return inner;
  }

  /** Moves past the value of a field with this tag. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        return;
      case 1:
        this.advance(8);
        return;
      case 2:
        this.advance(this.span());
        return;
      case 5:
        this.advance(4);
        return;
      default:
        throw new WireError(`wire type ${tag & 7} is unknown`);
    }
  }

  private advance(length: number): void {
    if (length > this.end - this.offset) throw new WireError('a field is longer than its message');
    this.offset += length;
  }
}
