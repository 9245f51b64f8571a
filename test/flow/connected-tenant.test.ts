import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { recordPerson } from '../../src/db/persons.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import { ROLES } from '../../src/program/program-context.js';
import { startProgram } from '../../src/program/start-program.js';
import { registerTenant, setMemberRole } from '../../src/tenancy/tenant-commands.js';
import { createSessionStore } from '../../src/web/auth/session-store.js';
import { catalogContent } from '../graph/simulator-and-client.js';
import { testCertificate } from '../graph/tokens/test-certificate.js';
import { temporaryFolder } from '../support/running-product.js';

/**
 * Goal: an owner connects a tenant on its page, a connection is used only after a sign-in with it worked, and each
 * failure says what to do (C1 to C4). Method: the whole program on embedded servers with the simulated Entra and
 * Graph, used through the page's forms.
 */
const DIRECTORY = '11111111-1111-4111-8111-111111111111';
const OTHER_DIRECTORY = '22222222-2222-4222-8222-222222222222';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
/** Apps whose sign-in is refused with a number of its own. */
const REFUSED = {
  53003: 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
  530003: 'b1bbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
  50034: 'b2bbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
  700024: 'b3bbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
} as const;
const UNCONSENTED = 'b4bbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const ENDED = 'b5bbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
const SECRET = 'Q~a-secret-of-the-test';
const OLD_SECRET = 'Q~a-secret-that-ended';
const OWNER = '33333333-3333-4333-8333-333333333333';
const READER = '44444444-4444-4444-8444-444444444444';
const LONG_AGO = '2026-01-01T00:00:00Z';
const LOOK_EVERY_MS = 50;

t.setTimeout(240_000);

t.test('a tenant is connected, checked, replaced and disconnected on its page', async (t) => {
  const certificate = testCertificate();
  const pfx = certificate.pfx('a passphrase').toString('base64');
  const app = {
    clientId: CLIENT,
    secrets: [{ value: SECRET }, { value: OLD_SECRET, endsAt: LONG_AGO }],
    certificates: [{ pem: certificate.certificatePem }],
    assertionAlgorithms: ['RS256' as const],
  };
  const simulator = await startGraphSimulator({
    source: { content: catalogContent(3) },
    entra: {
      directories: [
        {
          directoryId: DIRECTORY,
          apps: [
            app,
            ...Object.entries(REFUSED).map(([number, clientId]) => ({
              ...app,
              clientId,
              refusedWith: Number(number),
            })),
            { ...app, clientId: UNCONSENTED, consented: false },
            {
              ...app,
              clientId: ENDED,
              certificates: [{ pem: certificate.certificatePem, endsAt: LONG_AGO }],
            },
          ],
        },
        { directoryId: OTHER_DIRECTORY, tenant: 'other', apps: [app] },
      ],
    },
  });
  t.teardown(() => simulator.stop());
  const program = await startProgram({
    config: readConfig({}, { OPSLEDGER_DATA: await temporaryFolder(t, 'connected'), OPSLEDGER_PORT: '0' }),
    roles: ROLES,
    logger: pino({ level: 'silent' }),
  });
  t.teardown(() => program.stop());
  const { ledger, ledgerId, primary } = program.infrastructure;
  const change = { actor: { kind: 'system', id: 'test' }, correlationId: 'test' } as const;
  const tenant = { ledgerId, slug: 'contoso', name: 'Contoso', ownerId: OWNER };
  const { tenantId } = await registerTenant(ledger, tenant, change);
  const position = await setMemberRole(ledger, tenantId, { personId: READER, role: 'readonly' }, change);
  await program.directory.waitFor(position, 120_000);
  const url = await program.serve();
  for (const [personId, displayName] of [
    [OWNER, 'Owner'],
    [READER, 'Reader'],
  ] as const)
    await recordPerson(primary, {
      personId,
      issuer: 'urn:test',
      subject: personId,
      displayName,
      email: null,
    });
  const sessions = createSessionStore(primary, systemClock);

  async function visitor(personId: string) {
    const headers = { cookie: `opsledger_session=${await sessions.open(personId)}`, origin: url };
    /** The main part of a page, after the read models have been built. */
    const get = async (address: string): Promise<string> => {
      for (;;) {
        const answer = await fetch(`${url}${address}`, { headers });
        const html = await answer.text();
        if (answer.status !== 503) return sheetOf(html);
        await systemClock.sleep(LOOK_EVERY_MS);
      }
    };
    return {
      get,
      async post(address: string, fields: Readonly<Record<string, string>>) {
        const csrf = /name="_csrf" value="([^"]+)"/.exec(await get('/t/contoso/connection'))?.[1] ?? '';
        const body = new URLSearchParams({ _csrf: csrf, ...fields });
        return fetch(`${url}${address}`, { method: 'POST', headers, body, redirect: 'manual' });
      },
    };
  }
  const owner = await visitor(OWNER);
  const reader = await visitor(READER);
  const page = () => owner.get('/t/contoso/connection');
  const given = {
    directoryId: DIRECTORY,
    clientId: CLIENT,
    cloud: 'worldwide',
    authority: simulator.url,
    graphUrl: simulator.url,
  };
  /** Sends the form and waits for the end of its run. Resolves to the run's page. */
  async function connect(fields: Readonly<Record<string, string>>): Promise<string> {
    const answer = await owner.post('/t/contoso/connection/connect', { ...given, ...fields });
    if (answer.status !== 303) throw new Error(sheetOf(await answer.text()));
    return ended(answer.headers.get('location') ?? '');
  }
  async function ended(address: string): Promise<string> {
    for (;;) {
      const html = await owner.get(address);
      if (/<h1>.*class="state state-(succeeded|partially_succeeded|failed)"/.test(html)) return html;
      await systemClock.sleep(LOOK_EVERY_MS);
    }
  }

  t.match(await page(), 'Not connected');
  t.match(await reader.get('/t/contoso/connection'), 'an owner can change this', 'and what a reader lacks');
  t.equal((await reader.post('/t/contoso/connection/connect', given)).status, 403);

  const byCertificate = { certificateFile: pfx, passphrase: 'a passphrase', assertionAlgorithm: 'RS256' };
  const refusals: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['a wrong secret', { secret: 'hunter2' }, /copy the secret’s value/],
    ['an ended secret', { secret: OLD_SECRET }, /has ended: make a new one/],
    [
      'an app that is blocked',
      { clientId: REFUSED[53003], secret: SECRET },
      /AADSTS53003.*Conditional Access/,
    ],
    ['a device rule', { clientId: REFUSED[530003], secret: SECRET }, /AADSTS530003.*Conditional Access/],
    [
      'an account elsewhere',
      { clientId: REFUSED[50034], secret: SECRET },
      /AADSTS50034.*not in this directory/,
    ],
    ['clocks apart', { clientId: REFUSED[700024], secret: SECRET }, /AADSTS700024.*clock \(NTP\)/],
    ['no consent', { clientId: UNCONSENTED, secret: SECRET }, /AADSTS65001.*Nobody has consented/],
    [
      'an ended certificate',
      { clientId: ENDED, ...byCertificate },
      /AADSTS700027.*has ended: make a new one/,
    ],
    ['an unknown directory', { directoryId: READER, secret: SECRET }, /knows no such directory/],
    ['an unknown app', { clientId: READER, secret: SECRET }, /has no such app/],
  ];
  for (const [what, fields, words] of refusals) t.match(await connect(fields), words, what);
  t.match(await page(), 'Not connected', 'nothing took over');
  t.match(await page(), /The last check failed.*Check of a new connection.*has no such app/s);
  for (const [fields, words] of [
    [{ secret: SECRET, graphUrl: 'http://graph.example' }, /is not https/],
    [{ secret: SECRET, certificate: 'a' }, /only one of them/],
    [{ certificate: 'no certificate' }, /neither PEM nor PFX/],
    [{ secret: SECRET, secretEndsOn: 'soon' }, /takes a day/],
    [{ ...byCertificate, secretEndsOn: '2027-04-30' }, /says itself when/],
    [{ ...byCertificate, passphrase: 'wrong' }, /passphrase does not open the file/],
  ] as const) {
    const answer = await owner.post('/t/contoso/connection/connect', { ...given, ...fields });
    t.ok(answer.status >= 400 && answer.status < 500);
    const html = await answer.text();
    t.match(html, words);
    t.notMatch(html, SECRET, 'what is secret is never sent back');
  }

  const inTenDays = new Date(systemClock.now() + 10 * 24 * 60 * 60_000).toISOString().slice(0, 10);
  t.match(await connect({ secret: SECRET, secretEndsOn: inTenDays }), 'Connected.');
  const connected = await page();
  for (const words of [
    DIRECTORY,
    'a client secret',
    /credential ends in (10|11) days/,
    'DeviceManagementConfiguration.Read.All',
    'adminconsent',
  ])
    t.match(connected, words);
  t.notMatch(connected, 'The last check failed');
  t.match(connected, 'The app does not have it. Needed for: Inventory', 'a permission that is missing');
  const shown = connected.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
  t.match(shown, /Operations 0 of \d+ work fully/, 'what will work, at a glance');
  t.match(shown, / Inventory Partly The app lacks 5 of 6 permissions\. /);
  t.match(shown, / Restore Dry runs only The app lacks 11 of 12 permissions\. /);
  t.match(shown, / DeviceManagementApps\.ReadWrite\.All Not granted The app does not have it\. /);
  t.match(shown, /Permissions 1 of \d+ granted .* Policy types \d+ of \d+ answer/);
  t.match(
    connected,
    'permission DeviceManagementApps.Read.All, which the app lacks',
    'at the types that it opens',
  );
  t.notMatch(connected, SECRET);
  t.match(await owner.get('/t/contoso/health'), /credential ends in (10|11) days/, 'Health says so as well');

  t.match(await connect({ ...byCertificate, assertionAlgorithm: 'PS256' }), /AADSTS5002730.*PS256 or RS256/);
  t.match(await connect(byCertificate), 'Connected.');
  const replaced = await page();
  t.match(replaced, 'a certificate');
  t.match(replaced, /Assertions signed by<\/dt><dd>RS256/);
  t.match(
    replaced,
    /<option\s+selected>RS256/,
    'the next one is signed in the same way unless chosen otherwise',
  );

  // The token is for another tenant, so Graph refuses it; the previous connection stays in use.
  t.match(
    await connect({ directoryId: OTHER_DIRECTORY, secret: SECRET }),
    /graph_unauthenticated|not accept/,
  );
  const kept = await page();
  t.match(kept, DIRECTORY, 'the working connection stays');
  t.match(kept, /The last check failed.*Check of a new connection/s);

  /** Revokes the token in use and checks the connection. Resolves to the run's page. */
  async function checkedAfterRevocation(): Promise<string> {
    await fetch(`${simulator.url}/_simulator/entra/revoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ directory: DIRECTORY }),
    });
    const again = await owner.post('/t/contoso/connection/check', {});
    return ended(again.headers.get('location') ?? '');
  }
  const health = () => owner.get('/t/contoso/health');
  t.notMatch(await health(), 'the last check failed', 'one of another connection is no trouble of this one');
  simulator.failNext({ kind: 'status', status: 401, code: 'AADSTS7000222', path: '^oauth2/v2.0/token$' });
  t.match(await checkedAfterRevocation(), /AADSTS7000222.*has ended/);
  t.match(await page(), /The last check failed.*Check of the connection.*AADSTS7000222/s);
  t.match(await health(), /the last check failed: Entra refused the sign-in \(AADSTS7000222\)/);

  // The check's token is revoked before it is used; a claims challenge leads to a new one.
  t.match(await checkedAfterRevocation(), /not work.*6 permissions to restore are not granted/);
  t.notMatch(await page(), 'The last check failed');
  t.notMatch(await health(), 'the last check failed');

  t.equal((await owner.post('/t/contoso/connection/remove', { shortName: 'other' })).status, 400);
  t.equal((await owner.post('/t/contoso/connection/remove', { shortName: 'contoso' })).status, 303);
  t.match(await page(), 'Not connected');
  const rows = await primary.selectFrom('opsledger.graph_credentials').selectAll().execute();
  t.equal(rows.length, 0, 'no sealed credential is left');
  for await (const event of ledger.log.read(`tenant-${tenantId}`)) {
    const text = JSON.stringify(event);
    t.notOk(text.includes(SECRET) || text.includes('PRIVATE KEY'), `${event.type} holds no credential`);
  }
});

/** The main part of a page, without the frame around it. */
function sheetOf(html: string): string {
  return html.slice(html.indexOf('<main'));
}
