import t from 'tap';
import {
  createActiveRuns,
  dispatchProjection,
} from '../../../projections/dispatch/active-runs-projection.js';
import { generateLog } from '../../support/generated-log.js';
import { projectorBed } from '../projector-bed.js';
import { arrive } from '../read-models.js';

t.test('only running runs can have lost their worker', async (t) => {
  const bed = await projectorBed(t);
  const runs = createActiveRuns(bed.plain);
  t.equal(await runs.known(), false, 'before a projector ran');
  const { log } = await generateLog({ seed: 8, events: 600 });
  await arrive(bed.start(log, { projection: dispatchProjection }), log);
  t.equal(await runs.known(), true);
  const all = await runs.page(-1, 1_000);
  const running = all.filter(({ state }) => state === 'running');
  t.ok(running.length > 0 && running.length < all.length, `${running.length} of ${all.length} run`);
  t.same(await runs.takeoverCandidates(-1, 1_000), running);
  t.same(await runs.takeoverCandidates(running[0]?.position ?? 0, 1), running.slice(1, 2));
});
