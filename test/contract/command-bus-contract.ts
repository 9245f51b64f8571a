/** The behaviour that every adapter of the command bus must have. */
import type { Test } from 'tap';
import {
  BusUnavailableError,
  type CommandBus,
  type ConsumeLimits,
  type RunCommand,
} from '../../src/bus/command-bus.js';
import { systemClock } from '../../src/clock.js';
import { createCommandProbe, done } from '../support/command-probe.js';
import { until } from '../support/until.js';

/** Opens a fresh, empty bus; the contract closes it. */
export type OpenBus = (options: { readonly throwDelayMs: number; readonly closeLimitMs: number }) => Promise<{
  readonly bus: CommandBus;
  /** Resolves when the consumer of this type holds `count` commands and no command waits on the server. */
  readonly holds: (type: string, count: number) => Promise<void>;
}>;

const TIMEOUT_MS = 5_000;
const roomy: ConsumeLimits = { total: 8, perTenant: 8, perType: {} };
const THROW_DELAY_MS = 50;
/** How many commands one tenant has waiting while another tenant's single one arrives. */
const floodCommands = process.env.OPSLEDGER_LONG === '1' ? 1_000 : 300;

export function command(tenantId: string, runId: string, type = 'drift.generate'): RunCommand {
  return { tenantId, type, runId, correlationId: `because-${runId}` };
}

export function commandBusContract(t: Test, open: OpenBus): void {
  // A NATS consumer stops within a second, when its last request for commands is over; all are awaited at once.
  const closings: Promise<void>[] = [];
  t.teardown(() => Promise.all(closings));
  const bench = async (child: Test, closeLimitMs = 5_000) => {
    const opened = await open({ throwDelayMs: THROW_DELAY_MS, closeLimitMs });
    child.teardown(() => void closings.push(opened.bus.close()));
    const publish = (...commands: RunCommand[]) =>
      Promise.all(commands.map((each) => opened.bus.publish(each, { timeoutMs: TIMEOUT_MS })));
    return { ...opened, publish };
  };

  t.test('delivers a published command once, whole, and forgets it when it is done', async (t) => {
    const { bus, publish } = await bench(t);
    const probe = createCommandProbe();
    bus.consume({ types: ['drift.generate'], limits: roomy }, probe.handle);
    t.strictSame(await publish(command('a', 'r1')), ['published']);
    const first = await probe.nth(1);
    t.strictSame(first.command, command('a', 'r1'));
    first.end(done);
    // The same run is accepted again only after its first command is removed, so this shows that the first is
    // removed.
    await until(
      async () => (await bus.publish(command('a', 'r1'), { timeoutMs: TIMEOUT_MS })) !== 'already-queued',
      0,
    );
    (await probe.nth(2)).end(done);
    t.equal(probe.begun.length, 2);
  });

  t.test('delivers what was published before anybody consumed', async (t) => {
    const { bus, publish } = await bench(t);
    await publish(command('a', 'r1'), command('b', 'r2'));
    const probe = createCommandProbe(async () => done);
    bus.consume({ types: ['drift.generate'], limits: roomy }, probe.handle);
    await probe.nth(2);
    t.strictSame(probe.begun.map(({ command }) => command.runId).sort(), ['r1', 'r2']);
  });

  t.test('accepts a run once: while it waits, while it is handled, and during its delay', async (t) => {
    const { bus, publish } = await bench(t);
    const again = () => publish(command('a', 'r1'));
    t.strictSame(await again(), ['published']);
    t.strictSame(await again(), ['already-queued'], 'waiting');
    const probe = createCommandProbe();
    bus.consume({ types: ['drift.generate'], limits: roomy }, probe.handle);
    const first = await probe.nth(1);
    t.strictSame(await again(), ['already-queued'], 'in hand');
    first.end({ kind: 'release', delayMs: 300 });
    t.strictSame(await again(), ['already-queued'], 'resting');
    (await probe.nth(2)).end(done);
  });

  t.test('answers one of many simultaneous publishes of a run with published', async (t) => {
    const { publish } = await bench(t);
    const answers = await publish(...Array.from({ length: 50 }, () => command('a', 'r1')));
    t.equal(answers.filter((answer) => answer === 'published').length, 1);
  });

  t.test('delivers a released command again after its delay, not before', async (t) => {
    const { bus, publish } = await bench(t);
    const probe = createCommandProbe();
    bus.consume({ types: ['drift.generate'], limits: roomy }, probe.handle);
    await publish(command('a', 'r1'));
    (await probe.nth(1)).end({ kind: 'release', delayMs: 250 });
    const releasedMs = performance.now();
    const second = await probe.nth(2);
    t.ok(second.beganMs - releasedMs >= 240, `came back after ${second.beganMs - releasedMs} ms`);
    second.end({ kind: 'release', delayMs: 0 });
    (await probe.nth(3)).end(done);
  });

  t.test('delivers a command again whose handler threw, and goes on with the others', async (t) => {
    const { bus, publish } = await bench(t);
    const probe = createCommandProbe();
    bus.consume({ types: ['drift.generate'], limits: { ...roomy, total: 1 } }, probe.handle);
    await publish(command('a', 'poison'), command('b', 'good'));
    (await probe.run('poison')).fail(new Error('thrown by the test'));
    (await probe.run('good')).end(done);
    (await probe.run('poison', 2)).end(done);
  });

  t.test('keeps the limits of the process, of each tenant and of each type', async (t) => {
    const { bus, publish } = await bench(t);
    const probe = createCommandProbe(async () => {
      await systemClock.sleep(5);
      return done;
    });
    const types = ['drift.generate', 'inventory.sync', 'restore.execute'];
    const tenants = ['a', 'b', 'c', 'd'];
    const commands = Array.from({ length: 120 }, (_, n) =>
      command(tenants[n % 4] ?? 'a', `r${n}`, types[n % 3] ?? 'drift.generate'),
    );
    bus.consume(
      { types, limits: { total: 6, perTenant: 2, perType: { 'restore.execute': 1 } } },
      probe.handle,
    );
    await publish(...commands);
    await probe.nth(commands.length);
    t.equal(new Set(probe.begun.map(({ command }) => command.runId)).size, commands.length);
    t.ok(probe.mostRunning() <= 6, `${probe.mostRunning()} at once`);
    t.ok(probe.mostRunning(({ tenantId }) => tenantId) <= 2);
    const restores = probe.mostRunning(({ type, runId }) => (type === 'restore.execute' ? type : runId));
    t.equal(restores, 1);
  });

  t.test('leaves commands of other types alone', async (t) => {
    const { bus, publish } = await bench(t);
    const drift = createCommandProbe(async () => done);
    bus.consume({ types: ['drift.generate'], limits: roomy }, drift.handle);
    await publish(command('a', 'r1', 'inventory.sync'), command('a', 'r2'));
    await drift.nth(1);
    const inventory = createCommandProbe(async () => done);
    bus.consume({ types: ['inventory.sync'], limits: roomy }, inventory.handle);
    t.equal((await inventory.nth(1)).command.runId, 'r1');
    t.strictSame(
      drift.begun.map(({ command }) => command.runId),
      ['r2'],
    );
  });

  t.test(
    'consumes many types, and releases many commands, without a warning of leaked listeners',
    async (t) => {
      const warnings: string[] = [];
      const onWarning = (warning: Error) => void warnings.push(warning.name);
      process.on('warning', onWarning);
      t.teardown(() => void process.off('warning', onWarning));
      const { bus, publish } = await bench(t);
      const types = Array.from({ length: 12 }, (_, n) => `type${n}.work`);
      const released = new Set<string>();
      const probe = createCommandProbe(async ({ runId }) => {
        if (released.has(runId)) return done;
        released.add(runId);
        return { kind: 'release', delayMs: 300 };
      });
      bus.consume({ types, limits: roomy }, probe.handle);
      await publish(...types.map((type, n) => command('a', `r${n}`, type)));
      await probe.nth(2 * types.length);
      t.strictSame(warnings, []);
    },
  );

  t.test('lets tenants take turns', async (t) => {
    const { bus, publish, holds } = await bench(t);
    for (const id of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) await publish(command(id.slice(0, 1), id));
    const probe = createCommandProbe();
    bus.consume({ types: ['drift.generate'], limits: { total: 1, perTenant: 1, perType: {} } }, probe.handle);
    await holds('drift.generate', 6);
    for (let n = 1; n <= 6; n += 1) (await probe.nth(n)).end(done);
    const order = probe.begun.map(({ command }) => command.runId);
    t.strictSame(order, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  t.test("doesn't let one tenant's hundreds delay another tenant's one", async (t) => {
    const { bus, publish } = await bench(t);
    const slots = 4;
    const handlingMs = 20;
    const probe = createCommandProbe(async () => {
      await systemClock.sleep(handlingMs);
      return done;
    });
    await publish(...Array.from({ length: floodCommands }, (_, n) => command('a', `a${n}`)));
    const limits = { total: slots, perTenant: slots, perType: {} };
    bus.consume({ types: ['drift.generate'], limits }, probe.handle);
    await probe.nth(slots);
    const publishedMs = performance.now();
    await publish(command('b', 'b1'));
    const before = probe.begun.length;
    const other = await probe.run('b1');
    const overtaken = probe.begun.indexOf(other) - before;
    t.comment(`began after ${(other.beganMs - publishedMs).toFixed(0)} ms, behind ${overtaken} others`);
    // All slots are taken when it arrives, so it must wait for one round of them. The rest of the limit is for the
    // way through the queue.
    t.ok(overtaken <= 8 * slots, `${overtaken} others began before it`);
    await probe.nth(floodCommands + 1);
    t.equal(new Set(probe.begun.map(({ command }) => command.runId)).size, floodCommands + 1);
  });

  t.test("doesn't let several tenants' floods delay another tenant's one", async (t) => {
    const { bus, publish } = await bench(t);
    const slots = 4;
    const floods = ['a', 'b', 'c', 'd', 'e', 'f'];
    const probe = createCommandProbe(async () => {
      await systemClock.sleep(10);
      return done;
    });
    await publish(...floods.flatMap((id) => Array.from({ length: 50 }, (_, n) => command(id, `${id}${n}`))));
    const limits = { total: slots, perTenant: slots, perType: {} };
    bus.consume({ types: ['drift.generate'], limits }, probe.handle);
    await probe.nth(25);
    await publish(command('one', 'one'));
    const before = probe.begun.length;
    const other = await probe.run('one');
    const overtaken = probe.begun.indexOf(other) - before;
    t.comment(`began behind ${overtaken} others`);
    t.ok(overtaken <= 8 * floods.length, `${overtaken} others began before it`);
    await probe.nth(301);
  });

  t.test('shares the work between two consumers, each command with one of them', async (t) => {
    const { bus, publish } = await bench(t);
    const finish = async () => {
      await systemClock.sleep(2);
      return done;
    };
    const all: string[] = [];
    const probe = createCommandProbe(async ({ runId }) => {
      all.push(runId);
      return finish();
    });
    const limits = { total: 2, perTenant: 2, perType: {} };
    bus.consume({ types: ['drift.generate'], limits }, probe.handle);
    bus.consume({ types: ['drift.generate'], limits }, probe.handle);
    await publish(...Array.from({ length: 40 }, (_, n) => command(`t${n % 5}`, `r${n}`)));
    await probe.nth(40);
    t.equal(new Set(all).size, 40);
    t.ok(probe.mostRunning() <= 4);
  });

  t.test(
    'on stop begins no command, ends those that it handles, and leaves the others to other consumers',
    async (t) => {
      const { bus, publish } = await bench(t);
      const first = createCommandProbe();
      const limits = { total: 1, perTenant: 1, perType: {} };
      const consumption = bus.consume({ types: ['drift.generate'], limits }, first.handle);
      await publish(command('a', 'r1'), command('a', 'r2'), command('b', 'r3'));
      const inHand = await first.nth(1);
      let isStopped = false;
      const stopped = consumption.stop().then(() => {
        isStopped = true;
      });
      const second = createCommandProbe(async () => done);
      bus.consume({ types: ['drift.generate'], limits: roomy }, second.handle);
      const stoppingMs = performance.now();
      await second.nth(2);
      t.ok(performance.now() - stoppingMs < 10_000, 'nothing waits for somebody who has left');
      t.notOk(isStopped, 'the handler in hand has not ended');
      t.notOk(inHand.signal.aborted, 'a stop does not abort');
      inHand.end(done);
      await stopped;
      await consumption.stop();
      t.equal(first.begun.length, 1);
      t.equal(second.begun.length, 2);
    },
  );

  t.test('while paused takes no command and releases those that wait; handlers that run go on', async (t) => {
    const { bus, publish } = await bench(t);
    const first = createCommandProbe();
    const limits = { total: 1, perTenant: 1, perType: {} };
    const consumption = bus.consume({ types: ['drift.generate'], limits }, first.handle);
    await publish(command('a', 'r1'), command('a', 'r2'));
    const inHand = await first.nth(1);
    await consumption.pause();
    await consumption.pause();
    const second = createCommandProbe();
    const other = bus.consume({ types: ['drift.generate'], limits: roomy }, second.handle);
    const inHandId = inHand.command.runId;
    const waiting = await second.nth(1);
    t.not(waiting.command.runId, inHandId, 'another consumer has what waited');
    // A command that the paused consumer gives back goes to the other one as well.
    inHand.end({ kind: 'release', delayMs: 0 });
    (await second.run(inHandId)).end(done);
    waiting.end({ kind: 'release', delayMs: 0 });
    (await second.run(waiting.command.runId, 2)).end(done);
    await other.stop();
    await publish(command('b', 'r3'));
    consumption.resume();
    (await first.run('r3')).end(done);
    t.equal(first.begun.length, 2);
  });

  t.test('on close ends the commands that it handles, and takes no others', async (t) => {
    const { bus, publish } = await bench(t);
    const probe = createCommandProbe();
    bus.consume({ types: ['drift.generate'], limits: roomy }, probe.handle);
    await publish(command('a', 'r1'));
    const inHand = await probe.nth(1);
    const closed = bus.close();
    await t.rejects(bus.publish(command('a', 'r2'), { timeoutMs: TIMEOUT_MS }), BusUnavailableError);
    t.throws(() => bus.consume({ types: ['drift.generate'], limits: roomy }, probe.handle));
    t.notOk(inHand.signal.aborted);
    inHand.end(done);
    await closed;
    await bus.close();
    t.notOk(bus.health().ok);
  });

  t.test('on close aborts a handler that does not end, and closes nevertheless', async (t) => {
    const { bus, publish } = await bench(t, 50);
    const probe = createCommandProbe(
      (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(done), { once: true })),
    );
    bus.consume({ types: ['drift.generate'], limits: roomy }, probe.handle);
    await publish(command('a', 'r1'));
    const inHand = await probe.nth(1);
    await bus.close();
    t.ok(inHand.signal.aborted);
  });

  t.test('refuses a command that not every bus could carry', async (t) => {
    const { bus } = await bench(t);
    for (const wrong of [
      command('a.b', 'r1'),
      command('a', 'r 1'),
      command('*', 'r1'),
      command('a', '>'),
      command('a', 'r1', 'drift'),
      command('a', 'r1', 'drift.generate.more'),
      command('', 'r1'),
    ]) {
      await t.rejects(
        bus.publish(wrong, { timeoutMs: TIMEOUT_MS }),
        { name: 'ZodError' },
        JSON.stringify(wrong),
      );
    }
    t.throws(() => bus.consume({ types: ['*.>'], limits: roomy }, async () => done), RangeError);
  });

  t.end();
}
