import { randomUUID } from 'node:crypto';
import pg from 'pg';
import t from 'tap';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { streamOfRun } from '../../src/runs/run-streams.js';
import { createFaultBed, PERSON, TENANT } from '../support/fault-bed.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

t.test(
  'X19: a poison event elsewhere stops the hub’s projection, and nothing else',
  { skip: skipWithoutNats() },
  async (t) => {
    const bed = await createFaultBed(t);
    await Promise.all([
      bed.process({ kind: 'program', roles: ['projector'] }),
      bed.process({ kind: 'program', roles: ['worker'] }),
    ]);
    await bed.start('before');
    await bed.settled(1);
    const stream = `member-${TENANT}.${PERSON}`;
    const poison = { id: randomUUID(), type: 'WrittenByNobody', data: { any: 'thing' }, metadata: {} };
    await bed.log.append(stream, [poison], -1);

    const pausedAt = await untilSaid(
      bed.database.adminUrl,
      `select paused_event as said from ${hubProjection.schema}.projector_status where paused_reason is not null`,
    );
    t.equal(pausedAt, `${stream}@0`, 'the hub says where it stands');

    // The bus loses the command, so this run needs the dispatcher and its projection.
    await bed.start('after', { pauseMs: 0 });
    await bed.nats.kill();
    await bed.nats.wipe();
    await bed.nats.start();
    await bed.settled(2);
    const broken = await bed.broken();
    t.same(
      broken.filter((sentence) => !sentence.includes(stream)),
      [],
      'runs are started and carried out as ever',
    );
    t.ok(broken.length > 0, 'the checker reports the poison event too');
  },
);

t.test(
  'X19: a poison event in one operation stops that operation, and no other',
  { skip: skipWithoutNats() },
  async (t) => {
    const bed = await createFaultBed(t);
    const [holder] = await Promise.all([
      bed.process({ kind: 'program', roles: ['worker'] }),
      bed.process({ kind: 'program', roles: ['projector'] }),
    ]);
    const { runId } = await bed.start('poisoned');
    if (!runId) throw new Error('the run was refused');
    await bed.settled(1);
    const stream = streamOfRun(TENANT, runId);
    let revision = -1;
    for await (const last of bed.log.read(stream, { direction: 'backwards', maxCount: 1 }))
      revision = last.revision;
    const poison = { id: randomUUID(), type: 'WrittenByNobody', data: { any: 'thing' }, metadata: {} };
    await bed.log.append(stream, [poison], revision);
    const waitsAt = await untilSaid(
      bed.database.adminUrl,
      `select stream || '@' || revision as said from ${dispatchProjection.schema}.set_aside`,
    );
    t.equal(waitsAt, `${stream}@${revision + 1}`, 'it is written down where the operation waits');

    // One run needs the watchdog, because its worker dies. Another needs the dispatcher, because the bus loses its
    // command.
    const begun = await bed.start('taken over', { pauseMs: 500 });
    await bed.seen(({ type, metadata }) => type === 'RunStarted' && hasRun(metadata, begun.runId));
    holder.signal('SIGKILL');
    await bed.start('sent again');
    await bed.nats.kill();
    await bed.nats.wipe();
    await bed.nats.start();
    await bed.process({ kind: 'program', roles: ['worker'] });
    await bed.settled(3);
    t.same(
      (await bed.broken()).filter((sentence) => !sentence.includes(stream)),
      [],
      'every other run is carried out as ever',
    );
    await t.rejects(bed.start('poisoned'), /newer version of the program wrote it/, 'this operation waits');
  },
);

const hasRun = (metadata: unknown, runId: string | undefined): boolean =>
  (metadata as { runId?: string }).runId === runId;

const UNDEFINED_TABLE = '42P01';

/** Repeats a query until it returns a row, and returns the row's `said`. */
async function untilSaid(url: string, statement: string): Promise<unknown> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const row = await until(async () => {
      // The tables don't exist until the projector has made them.
      const { rows } = await client.query(statement).catch((error: unknown) => {
        if (error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE) return { rows: [] };
        throw error;
      });
      return rows[0] as { readonly said: unknown } | undefined;
    }, 100);
    return row.said;
  } finally {
    await client.end();
  }
}
