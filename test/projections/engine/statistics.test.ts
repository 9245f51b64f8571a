import { type KyselyPlugin, sql } from 'kysely';
import t from 'tap';
import { hubProjection } from '../../../projections/hub/hub-projection.js';
import { generateLog } from '../../support/generated-log.js';
import { projectorBed } from '../projector-bed.js';
import { arrive } from '../read-models.js';

t.test('statistics that could not be renewed cost no event and no second one', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 31, events: 1_200 });
  let refused = 0;
  const refusing: KyselyPlugin = {
    transformQuery({ node }) {
      const statement = node.kind === 'RawNode' ? (node.sqlFragments[0] ?? '') : '';
      if (statement.startsWith('analyze')) {
        refused += 1;
        if (refused === 1) throw new Error('permission denied');
      }
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const projector = bed.start(log, { db: bed.plain.withPlugin(refusing) });
  await arrive(projector, log);
  t.equal(projector.status().state, 'leading', 'it was not even stopped');
  await projector.stop();
  t.ok(refused > 1, 'tried again as the rows grew');
  const { rows } = await sql<{ events: number }>`
    select events from ${sql.id(hubProjection.schema, 'checkpoint')}`.execute(bed.plain);
  t.equal(rows[0]?.events, log.events.length, 'every event was applied once');
  t.same(await bed.dump(), await bed.freshDump(log));
});
