import fc from 'fast-check';
import t from 'tap';
import { BAR_WIDTH, barSegments, barText } from '../../../src/web/view/progress-bar.js';

const counts = (
  total: number | null,
  succeeded: number,
  failed: number,
  skipped: number,
  finished_at: number | null = null,
) => ({
  finished_at,
  total,
  processed: succeeded + failed + skipped,
  succeeded,
  failed,
  skipped,
});

t.test('segments and words', async (t) => {
  t.same(barSegments(counts(null, 0, 0, 0)), []);
  t.same(barSegments(counts(4, 2, 0, 0)), [{ kind: 'succeeded', x: 0, width: 60 }]);
  t.equal(barText(counts(14, 13, 1, 0)), '13 of 14');
  t.equal(barText(counts(68, 40, 1, 0)), '41 of 68', 'while it runs, the text counts processed items');
  t.equal(barText(counts(null, 3, 0, 0)), '3 so far');
  t.equal(barText(counts(null, 3, 0, 0, 1)), '3');
  t.same(barSegments(counts(null, 3, 1, 0)), [], 'no part of an unknown whole is drawn');
  t.same(barSegments(counts(null, 3, 0, 0, 1)), [{ kind: 'succeeded', x: 0, width: 120 }]);
});

t.test(
  'a single failure is visible among any number of items, and segments stay inside the bar',
  async () => {
    const size = fc.nat(1_000_000);
    fc.assert(
      fc.property(size, size, size, fc.option(size), (succeeded, failed, skipped, total) => {
        const segments = barSegments(counts(total, succeeded, failed, skipped, 1));
        const end = segments.reduce((edge, { x, width }) => Math.max(edge, x + width), 0);
        const visible =
          failed === 0 || segments.some(({ kind, width }) => kind === 'failed' && width >= 6.99);
        return visible && end <= BAR_WIDTH + 0.05 && segments.every(({ width }) => width > 0);
      }),
    );
  },
);
