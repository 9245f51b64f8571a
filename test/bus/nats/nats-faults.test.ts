/** The NATS bus under faults: servers that are absent, frozen, killed or wiped, and consumers that die. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect, ErrorCode, NatsError } from 'nats';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import {
  BusUnavailableError,
  type CommandBus,
  type ConsumeLimits,
  type RunCommand,
} from '../../../src/bus/command-bus.js';
import { isNoResponders, isRefusal, isUnready } from '../../../src/bus/nats/js-errors.js';
import { createNatsBus, type NatsBusOptions } from '../../../src/bus/nats/nats-bus.js';
import { mayPublish } from '../../../src/bus/nats/permission-probe.js';
import { systemClock } from '../../../src/clock.js';
import { type CommandProbe, createCommandProbe, done } from '../../support/command-probe.js';
import { startNatsServer, type TestNatsServer } from '../../support/nats-server.js';
import { temporaryFolder } from '../../support/running-product.js';
import { skipWithoutNats } from '../../support/system-parts.js';
import { until } from '../../support/until.js';

const stream = 'OPSLEDGER_COMMANDS';
const type = 'drift.generate';
const TIMEOUT_MS = 5_000;
/** Far longer than every limit that these tests use, so a wait of this length would never have ended. */
const HANGS_MS = 30_000;
const roomy: ConsumeLimits = { total: 8, perTenant: 8, perType: {} };

/** An error of the client with JetStream's answer in it. */
function answered(code: number, errCode: number, description: string): NatsError {
  const error = new NatsError(description, String(code));
  error.api_error = { code, err_code: errCode, description };
  return error;
}

t.test(
  'a cluster without a leader is not ready; every other answer with an error is a refusal',
  async (t) => {
    const electing = answered(503, 10008, 'JetStream system temporarily unavailable');
    t.same([isUnready(electing), isRefusal(electing), isNoResponders(electing)], [true, false, false]);
    const forming = answered(400, 10005, 'no suitable peers for placement');
    t.same([isUnready(forming), isRefusal(forming)], [true, false]);
    const full = answered(503, 10077, 'maximum messages exceeded');
    t.same([isUnready(full), isRefusal(full)], [false, true]);
    const silent = new NatsError('503', ErrorCode.NoResponders);
    t.same([isUnready(silent), isRefusal(silent), isNoResponders(silent)], [false, false, true]);
  },
);

function command(runId: string, tenantId = 'a'): RunCommand {
  return { tenantId, type, runId, correlationId: 'c' };
}

async function server(t: Test): Promise<TestNatsServer> {
  const started = await startNatsServer();
  t.teardown(() => started.dispose());
  return started;
}

function openBus(t: Test, { url }: TestNatsServer, options: Partial<NatsBusOptions> = {}): CommandBus {
  const bus = createNatsBus({
    servers: url,
    clock: systemClock,
    ackWaitMs: 10_000,
    throwDelayMs: 50,
    closeLimitMs: 500,
    closeGraceMs: 500,
    ...options,
  });
  t.teardown(() => bus.close());
  return bus;
}

function consume(bus: CommandBus, probe: CommandProbe, limits = roomy) {
  return bus.consume({ types: [type], limits }, probe.handle);
}

async function managerOf(t: Test, { url }: TestNatsServer, login: { user?: string; pass?: string } = {}) {
  const nc = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 50, ...login });
  t.teardown(() => nc.close());
  return nc.jetstreamManager({ checkAPI: false });
}

async function untilHealth(bus: CommandBus, ok: boolean): Promise<void> {
  await until(() => bus.health().ok === ok, 10);
}

// Each test has a server of its own and mostly waits, so several run at a time.
t.test('NATS among faults', { skip: skipWithoutNats(), jobs: 5 }, async (t) => {
  t.test('a number of copies that the server can’t keep is reported', async (t) => {
    const bus = openBus(t, await server(t), { replicas: 3 });
    await t.rejects(bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS }), { name: 'BusUnavailableError' });
    t.match(bus.health(), {
      ok: false,
      detail: /NATS takes no commands: replicas > 1 not supported in non-clustered mode/,
    });
  });

  t.test('credentials in the address are used, and wrong ones are reported', async (t) => {
    const nats = await startNatsServer({ args: ['--user', 'ops', '--pass', 'p:w'] });
    t.teardown(() => nats.dispose());
    const at = (login: string) => `nats://${login}@127.0.0.1:${nats.port}`;
    const good = openBus(t, nats, { servers: at('ops:p%3Aw') });
    t.equal(await good.publish(command('r1'), { timeoutMs: TIMEOUT_MS }), 'published');
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
    const bad = openBus(t, nats, { servers: at('ops:wrong'), logger });
    const named = /refuses the credentials \(authorization violation\)/;
    await until(() => named.test(bad.health().detail), 10);
    await t.rejects(bad.publish(command('r2'), { timeoutMs: 1_500 }), { message: named });
    t.equal(lines.length, 1, 'it is logged once');
    t.notMatch(lines.join(), /wrong/);
  });

  t.test('a missing permission is reported before the first command', async (t) => {
    const folder = await temporaryFolder(t, 'nats');
    const file = join(folder, 'server.conf');
    const user = (name: string, publish: string, more = '') =>
      `{ user: ${name}, password: pw, permissions: { publish: ${publish} ${more} } }`;
    const users = [
      user('mute', '{ deny: "cmd.>" }'),
      user('deaf', '{ deny: "$JS.ACK.>" }'),
      user('ops', '["cmd.>", "$JS.API.>", "$JS.ACK.>"]', ', subscribe: "_INBOX.>"'),
    ];
    await writeFile(file, `authorization { users: [${users.join(', ')}] }`);
    const nats = await startNatsServer({ args: ['--config', file] });
    t.teardown(() => nats.dispose());
    const busOf = (name: string) => openBus(t, nats, { servers: `nats://${name}:pw@127.0.0.1:${nats.port}` });
    for (const name of ['mute', 'deaf']) {
      const bus = busOf(name);
      await until(() => /refuses a permission .* to publish to cmd\.>/.test(bus.health().detail), 10);
      t.notOk(bus.health().ok);
    }
    const bus = busOf('ops');
    const probe = createCommandProbe(async () => done);
    consume(bus, probe);
    t.equal(await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS }), 'published');
    await probe.nth(1);
    const jsm = await managerOf(t, nats, { user: 'ops', pass: 'pw' });
    await until(async () => (await jsm.streams.info(stream)).state.messages === 0, 10);
    t.ok(bus.health().ok, 'the permissions that the sentence names are enough');
  });

  t.test('a permission that was refused long ago is not why a connection is lost', async (t) => {
    const folder = await temporaryFolder(t, 'nats');
    const file = join(folder, 'server.conf');
    const user = '{ user: ops, password: pw, permissions: { publish: { deny: "cmd.>" } } }';
    await writeFile(file, `authorization { users: [${user}] }`);
    const nats = await startNatsServer({ args: ['--config', file] });
    t.teardown(() => nats.dispose());
    let aheadMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs };
    const bus = openBus(t, nats, { servers: `nats://ops:pw@127.0.0.1:${nats.port}`, clock });
    await until(() => /refuses a permission/.test(bus.health().detail), 10);
    await until(() => {
      aheadMs += 120_000;
      return bus.health().ok;
    }, 10);
    await nats.kill();
    const lost = await until(() => (bus.health().ok ? undefined : bus.health()), 1);
    t.match(lost.detail, /not reachable, reconnecting/);
  });

  t.test('the probe of permissions leaves nothing in the stream', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    t.ok(await mayPublish({ nc, js: nc.jetstream() }, { stream, prefix: 'cmd' }));
    const { state } = await (await managerOf(t, nats)).streams.info(stream);
    t.equal(state.messages, 1);
    t.equal(state.last_seq, 1);
    t.ok(bus.health().ok);
  });

  t.test('a server without JetStream is reported', async (t) => {
    const nats = await startNatsServer({ jetStream: false });
    t.teardown(() => nats.dispose());
    const bus = openBus(t, nats);
    await until(() => /without JetStream: start it with --jetstream/.test(bus.health().detail), 10);
    t.notOk(bus.health().ok);
  });

  t.test('a command whose consumer process was killed is delivered to another', async (t) => {
    const nats = await server(t);
    const ackWaitMs = 900;
    const bus = openBus(t, nats, { ackWaitMs });
    await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    const { NODE_OPTIONS: _, ...env } = process.env;
    const script = new URL('./hold-commands.js', import.meta.url).pathname;
    const child = spawn(process.execPath, [script, nats.url, String(ackWaitMs)], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.teardown(() => child.kill('SIGKILL'));
    const [held] = await once(createInterface({ input: child.stdout }), 'line');
    t.equal(held, 'r1');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const probe = createCommandProbe(async () => done);
    consume(bus, probe);
    const taken = await probe.nth(1);
    t.equal(taken.command.runId, 'r1');
  });

  t.test(
    'a command that runs or waits here for longer than the ack wait isn’t delivered elsewhere',
    async (t) => {
      const nats = await server(t);
      const ackWaitMs = 300;
      const bus = openBus(t, nats, { ackWaitMs });
      const other = openBus(t, nats, { ackWaitMs });
      const probe = createCommandProbe();
      consume(bus, probe, { total: 1, perTenant: 1, perType: {} });
      await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
      const first = await probe.nth(1);
      const elsewhere = createCommandProbe(async () => done);
      consume(other, elsewhere);
      await systemClock.sleep(4 * ackWaitMs);
      t.equal(elsewhere.begun.length, 0);
      t.equal(probe.begun.length, 1);
      first.end(done);
    },
  );

  t.test('a process without free slots leaves waiting commands to one that has some', async (t) => {
    const nats = await server(t);
    const busy = openBus(t, nats);
    const idle = openBus(t, nats);
    const never = createCommandProbe();
    consume(busy, never, { total: 1, perTenant: 1, perType: {} });
    for (let n = 0; n < 6; n += 1) await busy.publish(command(`r${n}`, `t${n}`), { timeoutMs: TIMEOUT_MS });
    const inHand = await never.nth(1);
    const jsm = await managerOf(t, nats);
    await until(async () => (await jsm.consumers.info(stream, 'drift-generate')).num_pending === 0, 0);
    const probe = createCommandProbe(async () => done);
    consume(idle, probe);
    await probe.nth(5);
    t.equal(never.begun.length, 1);
    inHand.end(done);
  });

  t.test('a server that is absent at first is found once it is there (P7)', async (t) => {
    const nats = await server(t);
    await nats.stop();
    const bus = openBus(t, nats);
    const probe = createCommandProbe(async () => done);
    consume(bus, probe);
    const beganMs = performance.now();
    await t.rejects(bus.publish(command('early'), { timeoutMs: 300 }), BusUnavailableError);
    t.ok(performance.now() - beganMs < HANGS_MS, 'the timeout is kept');
    t.notOk(bus.health().ok);
    t.match(bus.health().detail, /not reachable/);
    await nats.start();
    t.equal(await bus.publish(command('late'), { timeoutMs: TIMEOUT_MS }), 'published');
    await probe.nth(1);
    await untilHealth(bus, true);
    t.strictSame(
      probe.begun.map(({ command }) => command.runId),
      ['late'],
      'a refused command is not delivered later',
    );
  });

  t.test('a server that is killed and comes back: work goes on, nothing is buffered (X9)', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    const probe = createCommandProbe();
    consume(bus, probe);
    await bus.publish(command('before'), { timeoutMs: TIMEOUT_MS });
    const before = await probe.nth(1);
    await nats.kill();
    await untilHealth(bus, false);
    await t.rejects(bus.publish(command('during'), { timeoutMs: 200 }), BusUnavailableError);
    t.notOk(before.signal.aborted, 'the log decides who owns a run, so an outage of the bus aborts no run');
    await nats.start();
    await untilHealth(bus, true);
    before.end(done);
    await bus.publish(command('after'), { timeoutMs: TIMEOUT_MS });
    (await probe.run('after')).end(done);
    t.strictSame(
      probe.begun.map(({ command }) => command.runId),
      ['before', 'after'],
    );
    t.equal(await bus.publish(command('during'), { timeoutMs: TIMEOUT_MS }), 'published');
    (await probe.run('during')).end(done);
  });

  t.test('a command that is delivered again while its handler runs is not started twice', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    const probe = createCommandProbe();
    consume(bus, probe);
    await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    const inHand = await probe.nth(1);
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    const jsm = await nc.jetstreamManager();
    // Releases the messages in the consumer's name, so that the server delivers the held ones again.
    nc.publish(`$JS.ACK.${stream}.drift-generate.1.1.1.0.0`, '-NAK');
    const redelivered = async () => (await jsm.consumers.info(stream, 'drift-generate')).num_redelivered;
    await until(async () => (await redelivered()) !== 0, 20);
    inHand.end(done);
    await bus.publish(command('r2'), { timeoutMs: TIMEOUT_MS });
    (await probe.run('r2')).end(done);
    t.strictSame(
      probe.begun.map(({ command }) => command.runId),
      ['r1', 'r2'],
    );
    await until(async () => (await jsm.streams.info(stream)).state.messages === 0, 20);
    t.pass('the second delivery was acknowledged');
  });

  for (const [how, wipe] of [
    [
      'killed, wiped and started again',
      async (nats: TestNatsServer) => {
        await nats.kill();
        await nats.wipe();
        await nats.start();
      },
    ],
    ['wiped while it runs', (nats: TestNatsServer) => nats.wipe()],
    [
      'told to delete the stream',
      async (nats: TestNatsServer) => {
        const nc = await connect({ servers: nats.url });
        await (await nc.jetstreamManager()).streams.delete(stream);
        await nc.close();
      },
    ],
    [
      'told to delete the consumer',
      async (nats: TestNatsServer) => {
        const nc = await connect({ servers: nats.url });
        await (await nc.jetstreamManager()).consumers.delete(stream, 'drift-generate');
        await nc.close();
      },
    ],
  ] as const) {
    t.test(`a server that is ${how}: stream and consumers are made again (X10)`, async (t) => {
      const nats = await server(t);
      const bus = openBus(t, nats);
      const probe = createCommandProbe(async () => done);
      consume(bus, probe);
      await bus.publish(command('before'), { timeoutMs: TIMEOUT_MS });
      await probe.nth(1);
      await wipe(nats);
      t.equal(await bus.publish(command('after'), { timeoutMs: TIMEOUT_MS }), 'published');
      await probe.run('after');
      await untilHealth(bus, true);
      t.strictSame(
        probe.begun.map(({ command }) => command.runId),
        ['before', 'after'],
      );
    });
  }

  t.test('publishing to a frozen server fails in time, and works again after the freeze', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    nats.freeze();
    const beganMs = performance.now();
    let last = 0;
    // The signal takes a moment to freeze every thread of the server; until then it answers.
    await t.rejects(async () => {
      for (; ; last += 1) await bus.publish(command(`frozen${last}`), { timeoutMs: 400 });
    }, BusUnavailableError);
    t.ok(performance.now() - beganMs < HANGS_MS);
    nats.thaw();
    const answer = await bus.publish(command(`frozen${last}`), { timeoutMs: TIMEOUT_MS });
    t.match(
      answer,
      /published|already-queued/,
      'the first publish may have been stored; after the second one the command surely is',
    );
  });

  t.test('closing while the server is gone ends within its limits', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    const probe = createCommandProbe();
    consume(bus, probe);
    await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    await probe.nth(1);
    await nats.kill();
    await untilHealth(bus, false);
    const beganMs = performance.now();
    await bus.close();
    t.ok(performance.now() - beganMs < HANGS_MS);
  });

  t.test('a command that is sent again at the moment its run ends is delivered again', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    const probe = createCommandProbe(async () => done);
    consume(bus, probe);
    const rounds = 200;
    for (let round = 0; round < rounds; round += 1) {
      await until(
        async () => (await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS })) !== 'already-queued',
        0,
      );
    }
    await probe.nth(rounds);
    t.equal(probe.begun.length, rounds);
  });

  t.test('a message that is no command is removed, and others are delivered (X20)', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    const probe = createCommandProbe(async () => done);
    consume(bus, probe);
    await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    await probe.nth(1);
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    const js = nc.jetstream();
    await js.publish(`cmd.${type}.a.garbage`, Uint8Array.of(0xff, 0xfe, 0x7b));
    await js.publish(`cmd.${type}.a.big`, new Uint8Array(100_000));
    await js.publish(`cmd.${type}.a.other`, JSON.stringify(command('somebody-elses', 'b')));
    await js.publish(`cmd.${type}.too.many.tokens.here`, JSON.stringify(command('here', 'too')));
    await bus.publish(command('r2'), { timeoutMs: TIMEOUT_MS });
    await probe.run('r2');
    const jsm = await nc.jetstreamManager();
    await until(async () => (await jsm.streams.info(stream)).state.messages === 0, 20);
    t.strictSame(
      probe.begun.map(({ command }) => command.runId),
      ['r1', 'r2'],
    );
  });

  t.test(
    'wrong credentials are reported, and the connection works once the server accepts them',
    async (t) => {
      const nats = await startNatsServer({ args: ['--user', 'ops', '--pass', 'right'] });
      t.teardown(() => nats.dispose());
      const wrong = openBus(t, nats, { credentials: { user: 'ops', password: 'wrong' } });
      await until(() => /authorization/.test(wrong.health().detail));
      await t.rejects(wrong.publish(command('r1'), { timeoutMs: 500 }), /authorization/);
      t.notMatch(wrong.health().detail, /wrong/);
      const right = openBus(t, nats, { credentials: { user: 'ops', password: 'right' } });
      t.equal(await right.publish(command('r1'), { timeoutMs: TIMEOUT_MS }), 'published');
    },
  );

  t.test('the settings of an older stream and consumer are updated', async (t) => {
    const nats = await server(t);
    const first = openBus(t, nats, { ackWaitMs: 1_000 });
    const probe = createCommandProbe(async () => done);
    consume(first, probe);
    await first.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    await probe.nth(1);
    await first.close();
    const jsm = await managerOf(t, nats);
    await jsm.streams.update(stream, { max_msgs: 10 });
    const second = openBus(t, nats, { ackWaitMs: 2_000 });
    consume(second, probe);
    await second.publish(command('r2'), { timeoutMs: TIMEOUT_MS });
    await probe.nth(2);
    t.equal((await jsm.consumers.info(stream, 'drift-generate')).config.ack_wait, 2_000_000_000);
    t.ok((await jsm.streams.info(stream)).config.max_msgs > 10);
  });

  t.test('a full stream refuses a command at once, with a sentence', async (t) => {
    const nats = await server(t);
    const bus = openBus(t, nats);
    await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS });
    const jsm = await managerOf(t, nats);
    await jsm.streams.update(stream, { max_msgs: 1 });
    await t.rejects(bus.publish(command('r2'), { timeoutMs: TIMEOUT_MS }), {
      name: 'BusUnavailableError',
      message: /maximum messages exceeded/,
    });
    t.match(bus.health(), { ok: false, detail: /takes no commands: maximum messages exceeded/ });
    await jsm.streams.update(stream, { max_msgs: 10 });
    t.equal(await bus.publish(command('r2'), { timeoutMs: TIMEOUT_MS }), 'published');
    t.ok(bus.health().ok);
    t.equal(await bus.publish(command('r1'), { timeoutMs: TIMEOUT_MS }), 'already-queued');
  });
});
