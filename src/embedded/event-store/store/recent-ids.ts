/**
 * The ids of the newest events and their positions, so that an append repeated without an expected revision is
 * recognised. It is a table of fixed size with 128 bits of id and a position for each event; a new entry replaces the
 * oldest.
 */
const WORDS = 4;
const DIGITS_PER_WORD = 8;
const [HYPHEN, DIGIT_ZERO, DIGIT_NINE, LETTER_A] = [0x2d, 0x30, 0x39, 0x61];

export interface RecentIds {
  /** `id` is a UUID of 36 characters, in lower case. An id that is known already gets the new position. */
  add(id: string, position: number): void;
  /** Everything before `end` is on disk, so `cut` never has to undo it. */
  settle(end: number): void;
  /** Events at `end` and later were not kept: ids that got a position there have their earlier one again. */
  cut(end: number): void;
  /** Position of the newest event with this id; the event may have been removed since. */
  find(id: string): number | undefined;
}

/** Remembers the positions of the newest ids, `capacity` of them. */
export function createRecentIds(capacity: number): RecentIds {
  const slotCount = 2 * capacity;
  const words = new Uint32Array(capacity * WORDS);
  const positions = new Float64Array(capacity);
  /** Open addressing: entry number + 1, or 0 for free. */
  const slots = new Uint16Array(slotCount);
  const key = new Uint32Array(WORDS);
  /** Known ids that got another position which isn't on disk yet, oldest first. */
  let replaced: { readonly id: string; readonly position: number; readonly earlier: number }[] = [];
  let next = 0;
  let used = 0;

  function parse(id: string): void {
    let bits = 0;
    let digits = 0;
    for (let i = 0; i < id.length; i++) {
      const code = id.charCodeAt(i);
      if (code === HYPHEN) continue;
      bits = (bits << 4) | (code <= DIGIT_NINE ? code - DIGIT_ZERO : code - LETTER_A + 10);
      digits += 1;
      if (digits % DIGITS_PER_WORD === 0) key[digits / DIGITS_PER_WORD - 1] = bits;
    }
  }

  const home = (a: number, b: number, c: number, d: number) =>
    ((Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d) ^ d) >>> 0) % slotCount;
  const word = (entry: number, i: number) => words[entry * WORDS + i] ?? 0;
  const homeOf = (entry: number) => home(word(entry, 0), word(entry, 1), word(entry, 2), word(entry, 3));

  function slotOf(): number {
    let slot = home(key[0] ?? 0, key[1] ?? 0, key[2] ?? 0, key[3] ?? 0);
    for (;;) {
      const stored = slots[slot] ?? 0;
      if (stored === 0) return slot;
      const entry = stored - 1;
      if (
        word(entry, 0) === key[0] &&
        word(entry, 1) === key[1] &&
        word(entry, 2) === key[2] &&
        word(entry, 3) === key[3]
      ) {
        return slot;
      }
      slot = (slot + 1) % slotCount;
    }
  }

  /** Frees the slot of an entry and moves the later entries of its chain. */
  function forget(entry: number): void {
    let free = homeOf(entry);
    while ((slots[free] ?? 0) !== entry + 1) {
      if ((slots[free] ?? 0) === 0) return;
      free = (free + 1) % slotCount;
    }
    slots[free] = 0;
    let slot = (free + 1) % slotCount;
    for (;;) {
      const stored = slots[slot] ?? 0;
      if (stored === 0) return;
      const wanted = homeOf(stored - 1);
      const distance = (slot - wanted + slotCount) % slotCount;
      if (distance >= (slot - free + slotCount) % slotCount) {
        slots[free] = stored;
        slots[slot] = 0;
        free = slot;
      }
      slot = (slot + 1) % slotCount;
    }
  }

  return {
    add(id, position) {
      parse(id);
      const known = slotOf();
      const stored = slots[known] ?? 0;
      if (stored !== 0) {
        replaced.push({ id, position, earlier: positions[stored - 1] ?? 0 });
        positions[stored - 1] = position;
        return;
      }
      if (used === capacity) forget(next);
      else used += 1;
      words.set(key, next * WORDS);
      positions[next] = position;
      slots[slotOf()] = next + 1;
      next = (next + 1) % capacity;
    },
    settle(end) {
      if (replaced.length > 0) replaced = replaced.filter(({ position }) => position >= end);
    },
    cut(end) {
      for (const { id, position, earlier } of replaced.toReversed()) {
        if (position < end) continue;
        parse(id);
        const stored = slots[slotOf()] ?? 0;
        if (stored !== 0) positions[stored - 1] = earlier;
      }
      replaced = [];
    },
    find(id) {
      parse(id);
      const stored = slots[slotOf()] ?? 0;
      return stored === 0 ? undefined : positions[stored - 1];
    },
  };
}
