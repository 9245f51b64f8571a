import path from 'node:path';
import t from 'tap';
import { ConfigError, readConfig } from '../src/config.js';

/** The error message for an invalid environment. */
function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

t.test('everything has a default, and empty variables count as not set', async (t) => {
  const config = readConfig({ DATABASE_URL: '', PATH: '/bin' });
  t.equal(config.DATABASE_URL, undefined);
  t.equal(config.OPSLEDGER_DATA, path.resolve('.data'));
  t.equal(config.OPSLEDGER_HOST, '127.0.0.1');
});

t.test('the command line takes precedence over the environment', async (t) => {
  t.equal(readConfig({ OPSLEDGER_PORT: '1' }, { OPSLEDGER_PORT: '2' }).OPSLEDGER_PORT, 2);
});

t.test('limits of single operation types are a list', async (t) => {
  t.same(readConfig({}).OPSLEDGER_WORKER_RUNS_PER_TYPE, {});
  const limits = readConfig({ OPSLEDGER_WORKER_RUNS_PER_TYPE: 'inventory.sync=2, drift.generate=1,' });
  t.same(limits.OPSLEDGER_WORKER_RUNS_PER_TYPE, { 'inventory.sync': 2, 'drift.generate': 1 });
});

t.test('a bad value ends with a sentence that names its variable', async (t) => {
  const bad: NodeJS.ProcessEnv[] = [
    { OPSLEDGER_PORT: 'eighty' },
    { OPSLEDGER_PORT: '70000' },
    { OPSLEDGER_LOST_AFTER_MS: '0' },
    { OPSLEDGER_LOG_LEVEL: 'loud' },
    { OPSLEDGER_WORKER_RUNS_PER_TYPE: 'inventory.sinc' },
    { OPSLEDGER_WORKER_RUNS_PER_TYPE: 'inventory.sync=0x' },
    { DATABASE_URL: 'mysql://x' },
    { EVENTSTORE_URL: 'http://x' },
    { NATS_URL: 'amqp://x' },
    { NATS_URL: 'nats://host:port' },
    { NATS_URL: 'nats://one:4222,nats://two:port' },
    { DATABASE_URL: 'postgres://user:s3cret@host:port/db' },
    { HUB_DATABASE_URL: 'postgres://[' },
    { EVENTSTORE_URL: 'esdb://host:2113/?tls=false?x' },
    { EVENTSTORE_URL: 'esdb://host:2113/?tlsCAFile=/no/such.pem' },
    { DATABASE_URL: 'postgres://host/db?sslmode=verify-full&sslrootcert=/no/such.pem' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@[::1]:2113' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@host:99999' },
    { EVENTSTORE_URL: 'esdb://user:s3cr:et@host:2113' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@host:2113?tls=maybe' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@host:2113?tsl=false' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@host:2113?tls' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@host:2113?tlsVerifyCert=false' },
    { EVENTSTORE_URL: 'esdb://user:s3cret@host:2113?keepAliveInterval=soon' },
    { OIDC_ISSUER: 'https://' },
    { OPSLEDGER_PUBLIC_URL: 'https://ops.example.org/ledger?x=1' },
    { OPSLEDGER_PUBLIC_URL: 'https://ops.example.org/a;b' },
    { OPSLEDGER_TRUSTED_PROXIES: '10.0.0.0/33' },
    { OPSLEDGER_TRUSTED_PROXIES: 'proxy.example.org' },
    { OPSLEDGER_PUBLIC_URL: 'https://ops.example.org/?a=1' },
  ];
  for (const environment of bad) {
    const [name = ''] = Object.keys(environment);
    const said = refusal(environment);
    t.match(said, new RegExp(`^${name} is not usable: .+\\.$`), JSON.stringify(environment));
    t.notMatch(said, environment[name] ?? '', 'its value is never repeated');
    t.notMatch(said, 's3cr');
  }
});

t.test('addresses of several servers are taken in the forms that their clients take', async (t) => {
  const usable: NodeJS.ProcessEnv[] = [
    { EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false' },
    { EVENTSTORE_URL: 'esdb+discover://user:pass@node1:2113,node2:2113/?tlsCAFile=/etc/passwd' },
    { EVENTSTORE_URL: 'esdb://user:pa%3Ass@host/?tls=true&nodePreference=follower&keepAliveInterval=10000/' },
    { NATS_URL: 'nats://one:4222, tls://two:4222' },
    { DATABASE_URL: 'postgres:///opsledger?host=/var/run/postgresql' },
    { DATABASE_URL: 'postgres://host/db?sslrootcert=' },
    { OPSLEDGER_PUBLIC_URL: 'https://ops.example.org' },
    { OPSLEDGER_PUBLIC_URL: 'https://ops.example.org/' },
  ];
  for (const environment of usable) t.equal(refusal(environment), '', JSON.stringify(environment));
});

t.test('an unknown variable of ours is named, with the one that was probably meant', async (t) => {
  t.equal(
    refusal({ OPSLEDGER_LOST_AFTER_SM: '5' }),
    'There is no variable OPSLEDGER_LOST_AFTER_SM (did you mean OPSLEDGER_LOST_AFTER_MS?).',
  );
  t.equal(refusal({ OPSLEDGER_NOTHING_LIKE_IT: '1' }), 'There is no variable OPSLEDGER_NOTHING_LIKE_IT.');
  t.equal(refusal({ SOMETHING_ELSE: '1' }), '');
});
