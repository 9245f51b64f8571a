import { sql } from 'kysely';
import t from 'tap';
import { FencedError } from '../../../projections/engine/checkpoint.js';
import { BATCH_LIMITS } from '../../../projections/engine/intake.js';
import { createProgress } from '../../../projections/engine/progress.js';
import { runTerm } from '../../../projections/engine/term.js';
import { HUB_SCHEMA, hubProjection } from '../../../projections/hub/hub-projection.js';
import { systemChance, systemClock } from '../../../src/clock.js';
import { eventRegistry } from '../../../src/events.js';
import { silent } from '../../support/database.js';
import { generateLog } from '../../support/generated-log.js';
import { projectorBed } from '../projector-bed.js';

t.test(
  'writers that pass the lock are told apart by the checkpoint: one goes on, the rows stay right',
  async (t) => {
    const bed = await projectorBed(t);
    const { log } = await generateLog({ seed: 21, events: 800 });
    const head = await log.head();
    const enough = new AbortController();
    const term = async () => {
      const progress = createProgress(systemClock);
      const options = {
        projection: hubProjection,
        schema: HUB_SCHEMA,
        log,
        decode: eventRegistry.decode,
        limits: { ...BATCH_LIMITS, batchEventsMax: 50 },
        announce: true,
        setAsideMs: 1_000,
        progress,
        clock: systemClock,
        chance: systemChance,
        logger: silent,
      };
      const ended = bed.plain
        .connection()
        .execute((connection) => runTerm(connection, options, enough.signal));
      progress
        .waitUntil(({ position }) => position >= head, { timeoutMs: 20_000, signal: enough.signal })
        .then(() => enough.abort());
      return ended;
    };
    const ends = await Promise.allSettled([term(), term(), term()]);
    const fenced = ends.filter((end) => end.status === 'rejected');
    t.equal(fenced.length, 2, 'all but one were stopped');
    for (const end of fenced) t.ok(end.reason instanceof FencedError, String(end.reason));
    const { rows } = await sql<{
      events: number;
    }>`select events from ${sql.id(HUB_SCHEMA, 'checkpoint')}`.execute(bed.plain);
    t.equal(rows[0]?.events, log.events.length, 'every event was applied once');
    const raced = await bed.dump();
    t.same(raced, await bed.freshDump(log));
  },
);
