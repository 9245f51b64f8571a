import { type KyselyPlugin, sql } from 'kysely';
import t from 'tap';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { generateLog } from '../../support/generated-log.js';
import { feed, logOf, projectorBed, reach } from '../projector-bed.js';
import { arrive } from '../read-models.js';

t.test('a failed update of statistics stops neither events nor the next update', async (t) => {
  const bed = await projectorBed(t);
  const { events } = (await generateLog({ seed: 31, events: 1_200 })).log;
  const log = await logOf(events.slice(0, 1));
  let renewals = 0;
  const refusing: KyselyPlugin = {
    transformQuery({ node }) {
      const statement = node.kind === 'RawNode' ? (node.sqlFragments[0] ?? '') : '';
      if (statement.startsWith('analyze')) {
        renewals += 1;
        if (renewals === 1) throw new Error('permission denied');
      }
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const projector = bed.start(log, { db: bed.plain.withPlugin(refusing) });
  // Only events after the first build renew the statistics. The first build analyzes its tables itself.
  await reach(projector, ({ state, caughtUp }) => state === 'leading' && caughtUp);
  t.equal(renewals, 0, 'too few events came for new statistics');
  const half = events.length / 2;
  await feed(log, events.slice(1, half));
  await arrive(projector, log);
  await feed(log, events.slice(half));
  await arrive(projector, log);
  t.equal(projector.status().state, 'leading', 'it was not even stopped');
  await projector.stop();
  t.ok(renewals > 1, 'tried again as the rows grew');
  const { rows } = await sql<{ events: number }>`
    select events from ${sql.id(hubProjection.schema, 'checkpoint')}`.execute(bed.plain);
  t.equal(rows[0]?.events, events.length, 'every event was applied once');
  t.same(await bed.dump(), await bed.freshDump(log));
});
