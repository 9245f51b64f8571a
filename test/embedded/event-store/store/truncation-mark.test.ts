import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../../../src/clock.js';
import { silentLogger } from '../../../../src/embedded/event-store/logger.js';
import { openTruncationMark } from '../../../../src/embedded/event-store/store/truncation-mark.js';
import { testFolder } from '../support/test-store.js';

t.test(
  'what waits to leave the disk is remembered over restarts, until a pass has taken it all',
  async (t) => {
    const folder = testFolder(t);
    let now = 1_000;
    const clock = { ...systemClock, now: () => now };
    const open = () => openTruncationMark(folder, clock, silentLogger);
    t.match(open(), { fresh: false, sinceMs: undefined });
    const first = open();
    first.set();
    now = 2_000;
    first.set();
    t.match(first, { fresh: true, sinceMs: 1_000 });
    first.beginPass();
    t.match(open(), { fresh: true, sinceMs: 1_000 }, 'a crash in the middle of a pass loses nothing');
    first.endPass(true);
    t.match(first, { fresh: false, sinceMs: 1_000 }, 'what stayed has waited since then');
    t.match(open(), { fresh: true, sinceMs: 1_000 });
    first.beginPass();
    first.set();
    first.endPass(false);
    t.match(first, { fresh: true, sinceMs: 2_000 }, 'what was truncated during a pass is left to the next');
    t.match(open(), { sinceMs: 2_000 });
    first.beginPass();
    first.endPass(false);
    t.match(open(), { fresh: false, sinceMs: undefined });
    t.notOk(existsSync(join(folder, 'truncated')));
  },
);

t.test('for an empty mark, as older versions wrote it, the file’s time counts', async (t) => {
  const folder = testFolder(t);
  writeFileSync(join(folder, 'truncated'), '');
  utimesSync(join(folder, 'truncated'), 1_500, 1_500);
  const mark = openTruncationMark(folder, systemClock, silentLogger);
  t.match(mark, { fresh: true, sinceMs: 1_500_000 });
});
