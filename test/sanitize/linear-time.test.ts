import fc from 'fast-check';
import t from 'tap';
import { sanitizeText } from '../../src/sanitize/index.js';
import { OUTPUT_CHARACTERS_MAX } from '../../src/sanitize/text.js';
import { hostileFragments } from './corpus/hostile.js';

const SMALL = 16_000;
const LARGE = 64_000;
/** Four times the text should take four times as long; the limit is higher, because the machine may be busy. */
const RATIO_MAX = 10;
/** Shorter times depend on the clock and garbage collection more than on the patterns. */
const FLOOR_MS = 150;
/** The longest time that any text may take. */
const BUDGET_MS = 2000;

function fill(fragment: string, characters: number): string {
  return fragment.repeat(Math.ceil(characters / fragment.length)).slice(0, characters);
}

/** The shortest processor time of five; wall time would also count the other work of a test machine. */
function millisecondsFor(text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage();
    sanitizeText(text);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
    if (best < FLOOR_MS) break;
  }
  return best;
}

function staysLinear(pattern: string): string | undefined {
  const large = millisecondsFor(fill(pattern, LARGE));
  if (large < FLOOR_MS) return undefined;
  const small = millisecondsFor(fill(pattern, SMALL));
  if (large > BUDGET_MS) return `${large} ms for ${JSON.stringify(pattern)}`;
  return large > small * RATIO_MAX
    ? `${small} ms, then ${large} ms for ${JSON.stringify(pattern)}`
    : undefined;
}

t.test('each repeated hostile fragment takes linear time', async (t) => {
  t.same(hostileFragments.map(staysLinear).filter(Boolean), []);
});

t.test('no control character takes longer than the others', async (t) => {
  const controls = Array.from({ length: 160 }, (_, code) => code)
    .filter((code) => code < 32 || code >= 127)
    .map((code) => String.fromCharCode(code));
  for (const after of ['', 'x', '\u001b', '0;']) {
    const times = controls.map((control) => millisecondsFor(fill(control + after, SMALL)));
    const median = [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;
    const slow = controls.filter(
      (_, index) => (times[index] ?? 0) > Math.max(median * RATIO_MAX, FLOOR_MS / 4),
    );
    t.same(
      slow.map((control) => control.charCodeAt(0).toString(16)),
      [],
      JSON.stringify(after),
    );
  }
});

t.test('mixtures of hostile fragments are linear, stable, bounded and never throw', async (_t) => {
  const mixture = fc
    .array(fc.constantFrom(...hostileFragments), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(mixture, (pattern) => {
      const once = sanitizeText(fill(pattern, 2000));
      return once.length <= OUTPUT_CHARACTERS_MAX && once.isWellFormed() && sanitizeText(once) === once;
    }),
    { numRuns: 400 },
  );
  fc.assert(
    fc.property(mixture, (pattern) => {
      const problem = staysLinear(pattern);
      if (problem) throw new Error(problem);
    }),
    { numRuns: 60 },
  );
});

t.test('any text at all is stable, well formed and bounded', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const once = sanitizeText(text);
      return once.isWellFormed() && sanitizeText(once) === once;
    }),
    { numRuns: 1000 },
  );
});
