import { randomBytes } from 'node:crypto';
import t from 'tap';
import { type Clock, systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { startEventStore } from '../../src/embedded/event-store/index.js';
import { examine } from '../../src/program/doctor.js';
import { silent, testDatabase } from '../support/database.js';
import { freePort } from '../support/free-port.js';
import { startNatsServer } from '../support/nats-server.js';
import { temporaryFolder } from '../support/running-product.js';
import { skipWithoutNats } from '../support/system-parts.js';

async function look(environment: NodeJS.ProcessEnv, clock: Clock = systemClock) {
  const findings = await examine({ config: readConfig(environment), clock, logger: silent });
  return {
    findings,
    wrong: findings.filter(({ state }) => state === 'wrong').map(({ part, detail }) => `${part}: ${detail}`),
  };
}

t.test('servers without problems', { skip: skipWithoutNats() }, async (t) => {
  const { url, hubUrl, adminUrl } = await testDatabase(t);
  const nats = await startNatsServer();
  const store = await startEventStore({ dataDir: await temporaryFolder(t, 'doctor') });
  t.teardown(() => Promise.all([nats.dispose(), store.stop()]));
  const environment = {
    DATABASE_URL: url,
    HUB_DATABASE_URL: hubUrl,
    EVENTSTORE_URL: store.url,
    NATS_URL: nats.url,
    OPSLEDGER_MASTER_KEY: randomBytes(32).toString('hex'),
  };
  const { findings, wrong } = await look(environment);
  t.same(wrong, []);
  for (const part of ['PostgreSQL', 'hub’s database login', 'event store', 'NATS', 'master key'])
    t.ok(
      findings.some((finding) => finding.part === part && finding.state === 'ok'),
      part,
    );

  const ahead: Clock = { ...systemClock, now: () => systemClock.now() + 60_000 };
  t.match((await look(environment, ahead)).wrong, [
    /this machine’s clock is \d+\.\d s ahead of PostgreSQL’s: both must be set by NTP/,
    /this machine’s clock is \d+\.\d s ahead of the event store’s: /,
  ]);
  t.match(
    (await look({ ...environment, HUB_DATABASE_URL: adminUrl.replace('postgres:', 'postgresql:') })).wrong,
    [],
  );
});

t.test('each problem is reported with what to do', { skip: skipWithoutNats() }, async (t) => {
  const { url } = await testDatabase(t);
  const port = await freePort();
  const nats = await startNatsServer({ args: ['--user', 'ops', '--pass', 'right'] });
  t.teardown(() => nats.dispose());
  const wrongPassword = new URL(url);
  wrongPassword.password = 'wrong';
  const { wrong } = await look({
    DATABASE_URL: wrongPassword.href,
    EVENTSTORE_URL: `esdb://127.0.0.1:${port}?tls=false`,
    NATS_URL: nats.url.replace('nats://', 'nats://ops:wrong@'),
    OPSLEDGER_MASTER_KEY: randomBytes(32).toString('hex'),
  });
  t.match(
    wrong.join('\n'),
    /PostgreSQL: The database refuses the program’s login \(password authentication failed/,
  );
  t.match(wrong.join('\n'), /event store: .*does(n't| not) answer/);
  t.match(wrong.join('\n'), /NATS: .*Authorization/i);
  t.notMatch(wrong.join('\n'), 'right');
});
