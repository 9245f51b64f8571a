import t from 'tap';
import {
  SPARKLINE_HEIGHT,
  SPARKLINE_HOURS,
  SPARKLINE_STEP,
  sparkline,
} from '../../../src/web/view/sparkline.js';

const NOW = 500_000;

t.test('each hour is a bar, the present one is last, and older hours are left out', async (t) => {
  const { bars, total } = sparkline(
    new Map([
      [NOW, 5],
      [NOW - 23, 10],
      [NOW - 24, 99],
      [NOW + 1, 99],
    ]),
    NOW,
  );
  t.equal(total, 15);
  t.same(bars, [
    { x: 0, y: 0, height: SPARKLINE_HEIGHT, count: 10 },
    {
      x: (SPARKLINE_HOURS - 1) * SPARKLINE_STEP,
      y: SPARKLINE_HEIGHT / 2,
      height: SPARKLINE_HEIGHT / 2,
      count: 5,
    },
  ]);
});

t.test('one failure beside thousands is visible, and a day without failures has no bars', async (t) => {
  const { bars } = sparkline(
    new Map([
      [NOW, 9_000],
      [NOW - 1, 1],
    ]),
    NOW,
  );
  t.ok((bars[0]?.height ?? 0) >= 2);
  t.match(sparkline(new Map(), NOW), { bars: [], total: 0 });
});
