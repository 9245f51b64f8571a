import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { catalogContent } from '../graph/simulator-and-client.js';
import { testCertificate } from '../graph/tokens/test-certificate.js';
import { commandLine } from '../support/command-line.js';
import { startProduct, temporaryFolder } from '../support/running-product.js';
import { until } from '../support/until.js';

/** Connects a tenant while the product runs, with the commands of the docs. Tested on the compiled program. */

t.setTimeout(290_000);

const DIRECTORY = '11111111-1111-4111-8111-111111111111';
const OTHER_DIRECTORY = '22222222-2222-4222-8222-222222222222';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const SECRET = 'Q~a-secret-of-the-test';

t.test('connect with a secret, with a certificate, check, disconnect', async (t) => {
  const certificate = testCertificate();
  const simulator = await startGraphSimulator({
    source: { content: catalogContent(3) },
    entra: {
      // Shorter than the product waits between runs, so that each run signs in again.
      tokenLifeSeconds: 60,
      directories: [
        {
          directoryId: DIRECTORY,
          apps: [
            {
              clientId: CLIENT,
              secrets: [{ value: SECRET }],
              certificates: [{ pem: certificate.certificatePem }],
            },
          ],
        },
        {
          directoryId: OTHER_DIRECTORY,
          tenant: 'other',
          apps: [{ clientId: CLIENT, secrets: [{ value: SECRET }] }],
        },
      ],
    },
  });
  t.teardown(() => simulator.stop());
  const dataDir = await temporaryFolder(t, 'connection');
  const folder = t.testdir();
  const file = async (name: string, content: string | Buffer) => {
    const place = path.join(folder, name);
    await writeFile(place, content);
    await chmod(place, 0o600);
    return place;
  };
  const inOneProcess = commandLine(t);
  const cli = (...args: readonly string[]) => inOneProcess([...args, '--data', dataDir]);
  const done = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await cli(...args);
    t.equal(code, 0, `${args.slice(0, 2).join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  await startProduct(t, dataDir, ['--no-demo']);
  await done(
    ...['tenant', 'add', 'contoso', '--name', 'Contoso', '--owner-issuer', 'https://login.example'],
    ...['--owner-subject', 'ann', '--owner-name', 'Ann'],
  );
  t.match(await done('tenant', 'list'), /^contoso {2}\S{36} {2}Contoso$/);
  t.match(await done('run', 'types'), /^restore\.execute .+\n {2}.*previewRunId.* dryRun/m);
  t.equal(await done('run', 'list', '--tenant', 'contoso', '--limit', '1'), 'No runs yet.');
  t.match(await cli('run', 'list', '--tenant', 'contoso', '--limit', 'x'), {
    code: 2,
    stderr: /--limit <n>.*takes a whole number/,
  });
  t.match(await cli('run', 'start', 'inventory', '--tenant', 'contoso'), {
    code: 1,
    stderr: /no operation type “inventory”\. There are inventory\.sync, /,
  });
  const app = [
    ...['--directory', DIRECTORY, '--client', CLIENT],
    ...['--authority', simulator.url, '--graph-url', simulator.url],
  ];
  const inventory = () => done('run', 'start', 'inventory.sync', '--tenant', 'contoso', '--wait');

  const wrong = await cli(
    'tenant',
    'connect',
    'contoso',
    ...app,
    '--secret-file',
    await file('wrong', 'hunter2'),
  );
  t.match(wrong, { code: 1, stderr: /AADSTS7000215.*copy the secret’s value.*Nothing was changed/ });
  t.notMatch(wrong.stderr, /hunter2/);

  const secretFile = await file('secret', `${SECRET}\n`);
  const connected = await done(
    ...['tenant', 'connect', 'contoso', ...app, '--secret-file', secretFile],
    ...['--secret-ends', '2039-01-31'],
  );
  t.match(connected, /by secret, good until 2039-01-31/);
  t.match(connected, /contoso is connected/);
  t.match(connected, /DeviceManagementConfiguration\.Read\.All/);
  t.notMatch(connected, SECRET);
  const [, checkRun = ''] = /being checked by run (\S+)\.$/.exec(connected) ?? [];
  await until(async () => /Everything answers|not work/.test(await done('run', 'show', checkRun)));
  t.match(await done('run', 'list', '--tenant', 'contoso', '--limit', '1'), /Check of the connection/);
  t.match(await inventory(), /3 policies read/);

  const others = app.with(1, OTHER_DIRECTORY);
  t.match(
    await cli('tenant', 'connect', 'contoso', ...others, '--secret-file', secretFile),
    {
      code: 1,
      stderr:
        /Entra gave a token, but nothing could be read with it\. Graph answered 401.*\. Nothing was changed/,
    },
    'a token that Graph takes for another tenant alone connects nothing',
  );
  t.match(await inventory(), /3 policies read/, 'over the connection before');

  const pfxFile = await file('app.pfx', certificate.pfx('a passphrase'));
  const unknown = app.with(3, OTHER_DIRECTORY);
  t.match(await cli('tenant', 'connect', 'contoso', ...unknown, '--secret-file', secretFile), {
    code: 1,
    stderr: /AADSTS700016.* Nothing was changed\.$/m,
    stdout: /^An administrator consents at http\S+\/adminconsent\?client_id=22222222-\S+$/m,
  });
  const passphraseFile = await file('passphrase', Buffer.from('\uFEFFa passphrase\r\n', 'utf16le'));
  const replaced = await done(
    ...['tenant', 'connect', 'contoso', ...app, '--certificate-file', pfxFile],
    ...['--passphrase-file', passphraseFile],
  );
  t.match(replaced, /by certificate, good until 2040/);
  const [, nextCheck] = /being checked by run (\S+)\.$/.exec(replaced) ?? [];
  t.notMatch(
    nextCheck,
    checkRun.replace(/-\d+$/, ''),
    'a check of its own, whatever the one before is doing',
  );
  t.match(await inventory(), /3 policies read/);
  t.match(await done('tenant', 'check', 'contoso'), /Settings catalog +answers/);

  t.match(await cli('tenant', 'connect', 'contoso', ...app), { code: 2, stderr: /--secret-file/ });
  t.match(await cli('tenant', 'connect', 'contoso'), { code: 2, stderr: /Give --directory/ });
  const refusals = [
    [[...app, '--secret-file', secretFile, '--secret-ends', '2020-01-31'], /end, 2020-01-31, is past/],
    [[...app, '--secret-file', secretFile, '--secret-ends', '31.01.2039'], /a day such as/],
    [
      [...app, '--secret-file', secretFile, '--passphrase-file', passphraseFile],
      /Leave --passphrase-file out: only/,
    ],
    [[...app, '--secret-file', await file('lines', 'one\ntwo\n')], /no client secret.*one word/],
    [[...app, '--secret-file', await file('bytes', Buffer.from([0xff, 0x80, 0x81]))], /holds no text/],
    [[...app, '--secret-file', folder], /is a folder/],
    [[...app, '--secret-file', path.join(folder, 'nowhere')], /There is no file .*nowhere/],
    [[...app, '--certificate-file', pfxFile], /has a passphrase.*--passphrase-file/],
    [[...app, '--certificate-file', '-', '--passphrase-file', '-'], /can’t hold that/],
    [[...app.with(1, 'contoso.example'), '--secret-file', secretFile], /directory id must be a GUID/],
    [[...app.with(3, 'x'), '--secret-file', secretFile], /client id must be a GUID/],
  ] as const;
  for (const [flags, stderr] of refusals)
    t.match(await cli('tenant', 'connect', 'contoso', ...flags), { code: 2, stderr });
  const elsewhere = app.with(-1, 'http://graph.example');
  t.match(await cli('tenant', 'connect', 'contoso', ...elsewhere, '--secret-file', secretFile), {
    code: 2,
    stderr: /https/,
  });

  t.match(await done('tenant', 'disconnect', 'contoso'), /not connected any more/);
  t.match(await cli('run', 'start', 'inventory.sync', '--tenant', 'contoso'), {
    code: 1,
    stderr: /no connection/,
  });
});
