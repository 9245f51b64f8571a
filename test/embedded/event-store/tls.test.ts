import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import t from 'tap';
import { EventStoreConfigurationError, startEventStore } from '../../../src/embedded/event-store/index.js';
import { errorOf, event, testFolder } from './support/test-store.js';

t.test('addresses other than loopback need a user, a password and TLS', async (t) => {
  const dataDir = testFolder(t);
  const credentials = { username: 'ops', password: 'secret' };
  await t.rejects(startEventStore({ dataDir, host: '0.0.0.0' }), EventStoreConfigurationError);
  await t.rejects(startEventStore({ dataDir, host: '0.0.0.0', credentials }), EventStoreConfigurationError);
});

t.test('over TLS, with user and password', async (t) => {
  const dataDir = testFolder(t);
  const [key, certificate] = [join(dataDir, 'key.pem'), join(dataDir, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'pipe' },
  );
  const store = await startEventStore({
    dataDir: join(dataDir, 'store'),
    host: '0.0.0.0',
    credentials: { username: 'ops', password: 'right' },
    tls: { certificate: readFileSync(certificate), key: readFileSync(key) },
  });
  t.teardown(() => store.stop());
  const connect = (login: string, scheme = 'esdb') => {
    const client = EventStoreDBClient.connectionString(
      `${scheme}://${login}localhost:${store.port}?tls=true&tlsCAFile=${certificate}`,
    );
    t.teardown(() => client.dispose());
    return client;
  };
  const right = connect('ops:right@');
  t.equal(await errorOf(right.appendToStream('a', event())), 'none');
  t.equal(
    await errorOf(connect('ops:right@', 'esdb+discover').appendToStream('b', event())),
    'none',
    'discovery gives the name that the certificate is for',
  );
  let count = 0;
  for await (const _ of right.readStream('a')) count += 1;
  t.equal(count, 1);
  for (const login of ['ops:wrong@', 'someone:right@', '']) {
    const client = connect(login);
    t.equal(
      await errorOf(async () => {
        for await (const _ of client.readStream('a')) count += 1;
      }),
      'access-denied',
      login || 'nobody',
    );
  }
  t.equal(count, 1);
});
