import { connect } from 'nats';
import t from 'tap';
import { createFaultBed, TENANT } from '../support/fault-bed.js';
import { BAD_TYPE, FAULT_TYPE } from '../support/fault-operations.js';
import { skipWithoutNats } from '../support/system-parts.js';
import { until } from '../support/until.js';

/** How often a run of the bad type is attempted. */
const ATTEMPTS = 2;

/** How a run ends, by the fault of its handler. */
const ENDS = {
  throws: 'graph_forbidden',
  hangs: 'budget_exceeded',
  floods: 'unexpected',
  unstorable: 'unexpected',
} as const;

t.test('bad handlers and bad commands', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  const [, first, second] = await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.supervise({ kind: 'program', roles: ['worker'] }),
    bed.supervise({ kind: 'program', roles: ['worker'] }),
  ]);
  const nats = await connect({ servers: bed.nats.url });
  const manager = await nats.jetstreamManager();
  const commands = () => manager.streams.info('OPSLEDGER_COMMANDS');
  // The workers make the stream in the background.
  await until(() => commands().catch(() => undefined));

  await t.test('X20: a poison command is removed, and others go on', async (t) => {
    const publish = (subject: string, body: string) => nats.jetstream().publish(subject, Buffer.from(body));
    await publish(`cmd.${FAULT_TYPE}.${TENANT}.nonsense`, 'not a command');
    await publish(
      `cmd.${FAULT_TYPE}.${TENANT}.no-run`,
      JSON.stringify({ tenantId: TENANT, type: FAULT_TYPE, runId: 'no-run', correlationId: '' }),
    );
    await bed.start('beside poison');
    await bed.settled(1);
    t.same(await bed.broken(), []);
    // The stream is empty when every command was confirmed or removed.
    await until(async () => (await commands()).state.messages === 0);
    t.pass('the bus holds nothing any more');
  });

  await t.test('X21: bad handlers harm their own runs alone', async (t) => {
    const moods = Object.keys(ENDS) as (keyof typeof ENDS)[];
    const bad = new Map<string, string>();
    for (const mood of moods) {
      const run = await bed.start(`bad ${mood}`, { items: 1, changes: false, mood }, { type: BAD_TYPE });
      if (run.kind !== 'refused') bad.set(run.runId, mood);
      await bed.start(`beside ${mood}`, { items: 3, pauseMs: 100 });
    }
    await bed.settled(1 + 2 * moods.length);
    t.same(await bed.broken(), []);
    const ends: Record<string, unknown> = {};
    let completed = 0;
    await bed.seen(({ type, metadata, data }) => {
      const mood = bad.get(String((metadata as { runId?: string }).runId));
      if (mood && /^Run(Failed|Aborted)$/.test(type))
        ends[mood] = (data as { reasonCode?: string }).reasonCode;
      if (type === 'RunCompleted') completed += 1;
      return Object.keys(ends).length === moods.length && completed === 1 + moods.length;
    });
    t.same(ends, ENDS);
  });

  await t.test('X21: a run that kills its worker is given up', async (t) => {
    const bad = await bed.start('kills', { items: 1, changes: false, mood: 'kills' }, { type: BAD_TYPE });
    const runId = bad.kind === 'refused' ? '' : bad.runId;
    const end = await bed.seen(
      ({ type, metadata }) =>
        /^Run(Completed|Failed|Aborted)$/.test(type) && (metadata as { runId?: string }).runId === runId,
    );
    t.match(end, { type: 'RunAborted', data: { reasonCode: 'worker_lost', counts: { processed: 0 } } });
    await bed.start('after it');
    await bed.settled(3 + 2 * Object.keys(ENDS).length);
    t.same(await bed.broken(), []);
    t.equal(first.deaths() + second.deaths(), ATTEMPTS, 'it killed its process in each of its attempts');
  });

  await nats.close();
  await Promise.all([first.stop(), second.stop()]);
});
