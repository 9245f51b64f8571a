import { once } from 'node:events';
import pg from 'pg';
import t from 'tap';
import { CHANGES_CHANNEL, noticeOf } from '../../../projections/engine/changes.js';
import { systemChance, systemClock } from '../../../src/clock.js';
import type { ChangedRuns } from '../../../src/web/live/changed-runs.js';
import { changedTenants, createHubChanges } from '../../../src/web/live/hub-changes.js';
import { silent, testDatabase } from '../../support/database.js';
import { freePort } from '../../support/free-port.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';

t.test('it listens for the notification that the projector sends', async (t) => {
  t.same(changedTenants(JSON.stringify(noticeOf(7, []))), new Map());
  t.same(
    changedTenants('{"position":7,"tenants":{"a":["run"],"b":"all"}}'),
    new Map<string, ChangedRuns>([
      ['a', new Set(['run'])],
      ['b', 'all'],
    ]),
  );
  for (const odd of [undefined, '', 'x', '{}', '{"position":1}', '{"position":1,"tenants":"all"}']) {
    t.equal(changedTenants(odd), 'all', `everybody is notified on ${odd}`);
  }
});

t.test('a connection that dies without a sign is noticed and replaced', async (t) => {
  const database = await testDatabase(t);
  const address = new URL(database.url);
  const proxy = await startTcpProxy(Number(address.port));
  t.teardown(() => proxy.close());
  address.port = String(proxy.port);
  const changes = createHubChanges({
    url: address.href,
    clock: systemClock,
    chance: systemChance,
    logger: silent,
    ping: { everyMs: 20, timeoutMs: 500 },
  });
  await changes.start();
  t.teardown(() => changes.stop());
  t.ok(changes.connected());
  proxy.hang();
  await until(() => !changes.connected());
  const moved = new Promise<void>((resolve) => changes.onMove(resolve));
  proxy.heal();
  await moved;
  t.ok(changes.connected(), 'listeners are notified after it listens again');
});

t.test('reconnecting leaves no listeners behind', async (t) => {
  const warnings: string[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning.name);
  process.on('warning', onWarning);
  t.teardown(() => void process.off('warning', onWarning));
  let tries = 0;
  const changes = createHubChanges({
    url: `postgres://nobody@127.0.0.1:${await freePort()}/none`,
    clock: { ...systemClock, sleep: (_, signal) => systemClock.sleep(tries++ < 12 ? 0 : 60_000, signal) },
    chance: systemChance,
    logger: silent,
  });
  t.teardown(() => changes.stop());
  await changes.start();
  await until(() => tries > 12);
  t.strictSame(warnings, []);
});

t.test('after a lost connection it listens again and notifies every listener', async (t) => {
  const database = await testDatabase(t);
  const changes = createHubChanges({
    url: database.url,
    clock: systemClock,
    chance: systemChance,
    logger: silent,
  });
  await changes.start();
  t.teardown(() => changes.stop());
  const notified: string[] = [];
  const heard = new EventTarget();
  const listen = (tenant: string) =>
    changes.subscribe(tenant, () => {
      notified.push(tenant);
      heard.dispatchEvent(new Event(tenant));
    });
  const stop = listen('a');
  listen('b');
  const admin = new pg.Client(database.adminUrl);
  await admin.connect();
  t.teardown(() => admin.end());
  const notify = (tenant: string) =>
    admin.query('select pg_notify($1, $2)', [
      CHANGES_CHANNEL,
      JSON.stringify({ position: 1, tenants: { [tenant]: [] } }),
    ]);

  let next = once(heard, 'a');
  await notify('a');
  await next;
  t.same(notified, ['a'], 'only who was changed');

  next = once(heard, 'b');
  await admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'opsledger live' and datname = current_database()`,
  );
  await next;
  t.same(notified.slice(1).sort(), ['a', 'b'], 'everybody, since something may have been missed');
  stop();
  next = once(heard, 'b');
  await notify('a');
  await notify('b');
  await next;
  t.equal(notified.filter((tenant) => tenant === 'a').length, 2, 'who left is not notified');
});
