import { connect } from 'nats';
import t from 'tap';
import { encodeCommand } from '../../src/bus/command-codec.js';
import { systemClock } from '../../src/clock.js';
import { changesOfRun } from '../support/changing-work.js';
import { createFaultBed, longRun, TENANT } from '../support/fault-bed.js';
import { FAULT_TYPE } from '../support/fault-operations.js';
import { skipWithoutNats } from '../support/system-parts.js';

const RUNS = longRun ? 60 : 8;
const AWAY_MS = longRun ? 20_000 : 2_000;
const ITEMS = 3;
const STREAM = 'OPSLEDGER_COMMANDS';

t.test('a bus in trouble', { skip: skipWithoutNats() }, async (t) => {
  const bed = await createFaultBed(t);
  await Promise.all([
    bed.process({ kind: 'program', roles: ['projector'] }),
    bed.process({ kind: 'program', roles: ['worker'] }),
    bed.process({ kind: 'program', roles: ['worker'] }),
  ]);
  let started = 0;
  const startSome = async (what: string, pauseMs: number) => {
    const begun = Array.from({ length: RUNS }, (_, index) =>
      bed.start(`${what} ${index}`, { items: ITEMS, pauseMs }),
    );
    started += RUNS;
    return Promise.all(begun);
  };
  const judge = async (t: { same: (a: unknown, b: unknown) => boolean }) => {
    await bed.settled(started);
    t.same(await bed.broken(), []);
  };

  await t.test('X9: NATS is gone under load, and back', async (t) => {
    await startSome('before', 200);
    await bed.nats.kill();
    const refused = await bed.start('while it is away');
    started += 1;
    t.match(refused, { kind: 'started', dispatched: false }, 'a start then fails its run at once');
    await systemClock.sleep(AWAY_MS);
    await bed.nats.start();
    await bed.busReached();
    await judge(t);
    t.equal(bed.target.effects.length, (started - 1) * changesOfRun(ITEMS), 'all others were carried out');
  });

  await t.test('X10: NATS loses everything it holds', async (t) => {
    await startSome('wiped', 200);
    await bed.nats.kill();
    await bed.nats.wipe();
    await bed.nats.start();
    await bed.busReached();
    await judge(t);
    t.equal(
      bed.target.effects.length,
      (started - 1) * changesOfRun(ITEMS),
      'the log knew what was to be done',
    );
  });

  await t.test('X11, X12: commands twice, late, and out of order', async (t) => {
    const nats = await connect({ servers: bed.nats.url });
    const runs = await startSome('again', 150);
    const runIds = runs.flatMap((run) => (run.kind === 'refused' ? [] : [run.runId])).reverse();
    const sendAgain = async () => {
      for (const runId of runIds) {
        const command = { tenantId: TENANT, type: FAULT_TYPE, runId, correlationId: 'again' };
        await nats.jetstream().publish(`cmd.${FAULT_TYPE}.${TENANT}.${runId}`, encodeCommand(command));
      }
    };
    await bed.seen(
      ({ type, metadata }) =>
        type === 'RunStarted' && runIds.includes(String((metadata as { runId?: string }).runId)),
    );
    // The bus forgets what it delivered, so it accepts and delivers every command a second time, to any free worker.
    const manager = await nats.jetstreamManager();
    await manager.streams.purge(STREAM);
    await sendAgain();
    await judge(t);
    await manager.streams.purge(STREAM);
    await sendAgain();
    t.match(await bed.start('after the late ones', { items: ITEMS }), { kind: 'started' });
    started += 1;
    await judge(t);
    await nats.close();
    t.equal(
      bed.target.effects.length,
      (started - 1) * changesOfRun(ITEMS),
      'every change reached the target, once',
    );
  });
});
