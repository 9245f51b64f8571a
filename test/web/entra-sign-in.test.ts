import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { EntraSetupInput } from '../../src/graph/simulator/entra/entra-setup.js';
import { startGraphSimulator } from '../../src/graph/simulator/start-graph-simulator.js';
import type { GraphContent } from '../../src/graph/simulator/tenant-state.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import { tenantStream } from '../../src/tenancy/tenant-events.js';
import type { OidcSettings } from '../../src/web/auth/oidc-settings.js';
import { LIMITS } from '../../src/web/limits.js';
import { entraVisitor } from '../support/entra-visitor.js';
import { hubSite } from '../support/hub-site.js';
import { renewDueSessions } from '../support/renew-due-sessions.js';
import { type Browser, browserOf } from '../support/site-browser.js';

/**
 * Goal: people sign in with Entra, stay signed in while their account there is valid, and search groups with their own
 * token. Method: the web as the product composes it, and the simulator's Entra with its pages.
 */
const CONTOSO = '11111111-1111-4111-8111-111111111111';
const FABRIKAM = '22222222-2222-4222-8222-222222222222';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const MARA = '31111111-1111-4111-8111-111111111111';
const LENA = '32222222-2222-4222-8222-222222222222';
const KIM = '33333333-3333-4333-8333-333333333333';
const OLE = '34444444-4444-4444-8444-444444444444';
const PILOTS = '66666666-6666-4666-8666-666666666666';
const SECRET = 'Q~a-secret-of-the-test+with/signs';
const ORIGIN = 'http://127.0.0.1:8420';
const SESSION_COOKIE = 'opsledger_session';
const GRAPH = 'https://graph.microsoft.com';

/** Groups of Contoso's directory, with the members of one. */
const GROUPS: GraphContent = new Map([
  [
    'groups',
    [
      {
        id: PILOTS,
        displayName: 'Intune pilots',
        members: [
          { '@odata.type': '#microsoft.graph.user', id: LENA, displayName: 'Lena Larsen' },
          { '@odata.type': '#microsoft.graph.user', id: KIM, displayName: 'Kim Kaya' },
          { '@odata.type': '#microsoft.graph.user', id: MARA, displayName: 'Mara Moore' },
          { '@odata.type': '#microsoft.graph.device', id: PILOTS, displayName: 'A laptop' },
        ],
      },
      { id: KIM, displayName: "Intune ring O'Brien" },
      { id: LENA, displayName: 'Finance' },
    ],
  ],
]);

/** Two directories; the provider's app is registered in the first one, for people of any. */
const entraSetup = (home: string): EntraSetupInput => ({
  directories: [
    {
      directoryId: CONTOSO,
      apps: [
        {
          clientId: CLIENT,
          multiTenant: true,
          secrets: [{ value: SECRET }],
          redirectUris: [`${home}/signin/oidc/callback`, `${home}/signin`],
        },
      ],
      people: [
        { objectId: MARA, account: 'mara@contoso.example', name: 'Mara Moore', administrator: true },
        { objectId: LENA, account: 'lena@contoso.example', name: 'Lena Larsen' },
        { objectId: OLE, account: 'ole@contoso.example', name: 'Ole Olsen', disabled: true },
      ],
    },
    {
      directoryId: FABRIKAM,
      tenant: 'fabrikam',
      people: [{ objectId: KIM, account: 'kim@fabrikam.example', name: 'Kim Kaya' }],
    },
  ],
});

async function siteWithEntra(
  t: Test,
  { audience = 'organizations', base = '' }: { readonly audience?: string; readonly base?: string } = {},
) {
  const home = `${ORIGIN}${base}`;
  const simulator = await startGraphSimulator({ source: { content: GROUPS }, entra: entraSetup(home) });
  t.teardown(() => simulator.stop());
  const settings: OidcSettings = {
    issuer: `${simulator.url}/${audience}/v2.0`,
    clientId: CLIENT,
    clientSecret: SECRET,
    clientAuth: 'client_secret_basic',
    scopes: 'openid profile email',
    publicOrigin: ORIGIN,
    flowKey: randomBytes(32),
    renewalKey: randomBytes(32),
    basePath: base,
  };
  const site = await hubSite(t, { oidc: settings, ...(base === '' ? {} : { publicUrl: home }) });
  /** Begins a sign-in here and completes it at Entra. Returns the path that Entra sends the browser to. */
  async function throughEntra(
    { browser, entra }: Visitor,
    { account, next = '/' }: { readonly account: string; readonly next?: string },
  ) {
    const begun = await browser.get(`${base}/signin/oidc?next=${encodeURIComponent(next)}`);
    const { back, html } = await entra.signIn(String(begun.headers.location), account);
    if (back === null) throw new Error(html);
    return back.pathname + back.search;
  }
  return {
    site,
    simulator,
    settings,
    throughEntra,
    visitor: () => ({ browser: browserOf(site), entra: entraVisitor() }),
    /** Signs somebody in with a browser of their own. */
    async enter(account: string) {
      const visitor = { browser: browserOf(site), entra: entraVisitor() };
      await visitor.browser.get(await throughEntra(visitor, { account }));
      const { person_id: personId } = await site.database.db
        .selectFrom('opsledger.persons')
        .select('person_id')
        .where('email', '=', account)
        .executeTakeFirstOrThrow();
      return { ...visitor, personId };
    },
    control: (path: string, body: object) =>
      fetch(`${simulator.url}/_simulator/entra/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
  };
}

interface Visitor {
  readonly browser: Browser;
  readonly entra: ReturnType<typeof entraVisitor>;
}

t.test('at the address for people of any directory', async (t) => {
  const bed = await siteWithEntra(t);

  t.test('people of any directory sign in, each with the issuer of their directory', async (t) => {
    const { site, simulator, throughEntra, visitor } = bed;
    const mara = visitor();
    const begun = await mara.browser.get('/signin/oidc?next=/tenants');
    const asked = new URL(String(begun.headers.location));
    t.equal(asked.searchParams.get('scope'), 'openid profile email offline_access');
    t.match((await mara.entra.open(asked)).html, /Pick an account.*Mara Moore.*Kim Kaya/s);
    t.match((await mara.entra.answer({ account: 'nobody@contoso.example' })).html, 'AADSTS50034');
    t.match((await mara.entra.answer({ account: 'ole@contoso.example' })).html, 'AADSTS50057');
    t.match(
      (await mara.entra.answer({ account: 'MARA@contoso.example' })).html,
      /Permissions requested.*openid/s,
    );
    const { back } = await mara.entra.answer({ decision: 'accept' });
    t.equal((await mara.browser.get(`${back?.pathname}${back?.search}`)).statusCode, 303);
    t.match((await mara.browser.get('/tenants')).body, 'Mara Moore');
    const again = await mara.browser.get('/signin/oidc');
    const silent = await mara.entra.open(String(again.headers.location));
    t.ok(silent.back, 'who is signed in at Entra and has consented sees no page there');

    const kim = visitor();
    const path = await throughEntra(kim, { account: 'kim@fabrikam.example' });
    t.equal((await kim.browser.get(path)).statusCode, 303);
    const persons = await site.database.db
      .selectFrom('opsledger.persons')
      .select(['issuer', 'object_id'])
      .where('object_id', 'in', [MARA, KIM])
      .orderBy('issuer')
      .execute();
    t.same(persons, [
      { issuer: `${simulator.url}/${CONTOSO}/v2.0`, object_id: MARA },
      { issuer: `${simulator.url}/${FABRIKAM}/v2.0`, object_id: KIM },
    ]);

    const lena = visitor();
    const declining = await lena.browser.get('/signin/oidc');
    await lena.entra.open(String(declining.headers.location));
    await lena.entra.answer({ account: 'lena@contoso.example' });
    const declined = await lena.entra.answer({ decision: 'decline' });
    const answer = await lena.browser.get(`${declined.back?.pathname}${declined.back?.search}`);
    t.equal(answer.statusCode, 403);
    t.match(answer.body, /did not sign you in \(access_denied\)/);
    t.notOk(lena.browser.cookies.has(SESSION_COOKIE));
  });

  t.test('several tabs at Entra, Back, reload and a new signing key', async (t) => {
    const { control, throughEntra, visitor } = bed;
    const mara = visitor();
    const account = 'mara@contoso.example';
    const first = await throughEntra(mara, { account, next: '/t/contoso/drift' });
    await control('roll-key', {});
    const second = await throughEntra(mara, { account, next: '/t/contoso/inventory' });
    t.equal((await mara.browser.get(second)).headers.location, '/tenants', 'the later one');
    t.equal((await mara.browser.get(first)).headers.location, '/tenants', 'and the earlier one');
    t.equal((await mara.browser.get(first)).headers.location, '/tenants', 'Back leads on, without an alarm');
    const twice = await throughEntra(mara, { account });
    const answers = await Promise.all([mara.browser.get(twice), mara.browser.get(twice)]);
    t.same(
      answers.map(({ statusCode }) => statusCode),
      [303, 303],
      'an address that is loaded twice at once',
    );
    t.equal((await mara.browser.get('/tenants')).statusCode, 200);
  });

  t.test('an owner finds people by an Entra group, with a token of their own', async (t) => {
    const { site, simulator, enter, control } = bed;
    const { db } = site.database;
    const tenant = await site.tenant('contoso', 'Contoso');
    await site.tenant('fabrikam', 'Fabrikam');
    const mara = await enter('mara@contoso.example');
    const lena = await enter('lena@contoso.example');
    await site.addMember(tenant.tenantId, mara.personId, 'owner');
    await site.addMember(tenant.tenantId, lena.personId, 'owner');
    const connect = async (directoryId: string, baseUrl = simulator.url) => {
      const secret = { kind: 'secret', thumbprint: null, endsAt: null, assertionAlgorithm: null } as const;
      const credential = { id: LENA, ...secret };
      const app = { clientId: CLIENT, cloud: 'worldwide', authority: null } as const;
      const signIn = { ...app, directoryId, credential };
      const { tenantId } = tenant;
      const drafts: ProductDraft[] = [{ type: 'GraphConnectionSet', data: { baseUrl, signIn } }];
      await site.builder.append(tenantStream(tenantId), drafts, { tenantId });
      await site.directory.waitFor(site.head(), 120_000);
      await site.settle();
    };
    const page = async ({ browser }: Visitor = mara) => (await browser.get('/t/contoso/members')).body;
    const csrfOf = async (who: Visitor) => /name="_csrf" value="([^"]+)"/.exec(await page(who))?.[1] ?? '';
    const search = async (group: string, who: Visitor = mara) =>
      who.browser.post('/t/contoso/members/groups', { _csrf: await csrfOf(who), group });
    const CONSENT = '/t/contoso/members/consent?name=Intune';
    /** Follows the link to Entra and returns the page there. */
    const toEntra = async (who: Visitor = mara) => {
      const begun = await who.browser.get(CONSENT);
      const asked = new URL(String(begun.headers.location));
      return { asked, shown: await who.entra.open(asked) };
    };
    /** Follows the redirect from Entra back to this site. */
    const followBack = (browser: Browser, back: URL | null) =>
      browser.get(`${back?.pathname}${back?.search}`);
    const tokens = () => db.selectFrom('opsledger.sessions').select('sealed_graph_token').execute();
    const noToken = async () => (await tokens()).every(({ sealed_graph_token: sealed }) => sealed === null);

    t.match(await page(), /not connected to a directory/, 'the fixed token of a simulator is no directory');
    await connect(FABRIKAM);
    t.match(await page(), /belongs to another directory/);
    t.equal((await mara.browser.get(CONSENT)).statusCode, 403);
    t.equal((await search('Intune')).statusCode, 403);
    await connect(CONTOSO, 'https://graph.evil.example');
    t.match(
      await page(),
      /another server than Microsoft’s/,
      'no token is sent to an address that an owner entered',
    );
    await connect(CONTOSO);
    t.notMatch(await page(), 'search-reason');
    const asks = await search('Intune');
    t.match(asks.body, 'Continue at Microsoft Entra');
    t.match(asks.body, CONSENT);
    t.equal(simulator.requests().length, 0, 'nothing was asked without a token');

    t.match((await toEntra(lena)).shown.html, /Need admin approval.*GroupMember\.Read\.All/s);
    const declined = await followBack(lena.browser, (await lena.entra.answer({ decision: 'decline' })).back);
    t.equal(declined.statusCode, 403);
    t.match(declined.body, /administrator of the directory.*GroupMember\.Read\.All/s);

    const { asked, shown } = await toEntra();
    const scopes = ['GroupMember.Read.All', 'User.ReadBasic.All'].map((name) => `${GRAPH}/${name}`);
    t.equal(asked.searchParams.get('scope'), ['openid', ...scopes].join(' '));
    t.equal(asked.searchParams.get('code_challenge_method'), 'S256');
    t.match(shown.html, /Permissions requested.*GroupMember\.Read\.All.*User\.ReadBasic\.All/s);
    t.notMatch(shown.html, 'openid', 'only what was not granted yet is asked for');
    const other = await lena.entra.open(asked);
    t.match(other.html, 'Need admin approval');
    const { back } = await mara.entra.answer({ decision: 'accept_for_all' });
    for (const [name, value] of mara.browser.cookies)
      if (name.startsWith('opsledger_oidc_')) lena.browser.cookies.set(name, value);
    t.equal((await followBack(lena.browser, back)).statusCode, 400, 'another session of the browser');
    t.ok(await noToken());
    const wrongAccount = await lena.entra.open((await toEntra()).asked);
    t.equal((await followBack(mara.browser, wrongAccount.back)).statusCode, 403, 'another account');
    t.ok(await noToken());

    const granted = await toEntra();
    const answer = await followBack(mara.browser, granted.shown.back);
    t.equal(answer.statusCode, 200, answer.body);
    const sent = /action="(.*)" data-send>.*name="_csrf" value="(.*)">\n?.*name="group" value="(.*)"/.exec(
      answer.body,
    );
    t.same([sent?.[1], sent?.[3]], ['/t/contoso/members/groups', 'Intune'], 'the search goes on by itself');
    const wanted = { _csrf: sent?.[2] ?? '', group: 'Intune' };
    t.match((await mara.browser.post('/t/contoso/members/groups', wanted)).body, /Intune pilots/);
    const sealed = (await tokens()).flatMap(({ sealed_graph_token: bytes }) => bytes ?? []);
    t.equal(sealed.length, 1, 'in this session alone');
    t.notOk(sealed[0]?.includes('eyJ'), 'and not in clear');

    t.equal(
      (await followBack(mara.browser, granted.shown.back)).headers.location,
      '/t/contoso/members',
      'Back from what was found leads to the page where the search began',
    );

    const found = await search('intune');
    t.match(found.body, /Intune pilots.*Intune ring O/s);
    t.notMatch(found.body, 'Finance');
    t.match((await search("Intune ring O'B")).body, 'List members', 'a quote in a name is a quote');
    const members = { _csrf: await csrfOf(mara), id: PILOTS, name: 'Intune pilots', group: 'Intune' };
    const people = await mara.browser.post('/t/contoso/members/groups/people', members);
    t.match(people.body, /Lena Larsen.*Kim Kaya.*has not signed in here yet/s);
    t.match(people.body, '1 member is no person');
    t.match(people.body, 'owner already');
    const noted = site.builder.log.events.filter(({ type }) => type === 'DirectorySearched');
    t.equal(noted.length, 4, 'each question has an audit entry');
    t.notMatch(JSON.stringify(noted.map(({ data }) => data)), /intune/i, 'without what was typed');
    t.match((await search('Zebra')).body, 'No group of the directory has a name that begins like this.');
    t.ok((await toEntra(lena)).shown.back, 'what was granted for everybody is not asked for again');

    t.equal((await mara.browser.get('/t/fabrikam/members/consent')).statusCode, 403, 'a foreign tenant');
    const foreign = { _csrf: await csrfOf(mara), group: 'Intune' };
    t.equal((await mara.browser.post('/t/fabrikam/members/groups', foreign)).statusCode, 403);
    await site.addMember(tenant.tenantId, lena.personId, 'operator');
    await site.settle();
    t.match(
      await page(lena),
      /<fieldset disabled[^>]*>(?:(?!<fieldset).)*Which group.*Your role here is operator; an owner can/s,
    );
    t.equal((await lena.browser.get(CONSENT)).statusCode, 403);

    await control('revoke', { account: 'mara@contoso.example' });
    t.match(
      (await search('Intune')).body,
      'Continue at Microsoft Entra',
      'a revoked token is asked for anew',
    );
    const renewed = await toEntra();
    t.match(renewed.shown.html, 'Pick an account', 'its sign-in at Entra was revoked as well');
    await followBack(mara.browser, (await mara.entra.answer({ account: 'mara@contoso.example' })).back);
    simulator.failNext({ kind: 'status', status: 403 });
    t.match((await search('Intune')).body, /not read groups.*administrator/s);
    t.match((await search('Intune')).body, 'Intune pilots');
    await db
      .updateTable('opsledger.sessions')
      .set({ graph_token_ends_at: new Date(Date.now() - 1) })
      .where('sealed_graph_token', 'is not', null)
      .execute();
    t.match(
      (await search('Intune')).body,
      'Continue at Microsoft Entra',
      'an expired token is asked for anew',
    );
    t.notOk(await noToken());
    await mara.browser.post('/signout', { _csrf: await csrfOf(mara) });
    t.ok(await noToken(), 'the token is gone with the session');
  });
  t.test('the sessions of an account that ended at Entra end at the next renewal', async (t) => {
    const { control, enter, settings, site, throughEntra, visitor } = bed;
    const { db } = site.database;
    await db.deleteFrom('opsledger.sessions').execute();
    const mara = await enter('mara@contoso.example');
    await enter('lena@contoso.example');
    const people = async () => {
      const rows = await db
        .selectFrom('opsledger.sessions as s')
        .innerJoin('opsledger.persons as p', 'p.person_id', 's.person_id')
        .select(['p.email', 's.renew_at'])
        .orderBy('p.email')
        .execute();
      return rows.map(({ email, renew_at }) => ({ email, renewAt: Number(renew_at) }));
    };
    const [, begun] = await people();
    const passAt = (now: number) => renewDueSessions(db, settings, now);
    const dueAt = (begun?.renewAt ?? 0) + 1_000;
    await passAt(dueAt);
    t.match(await people(), [
      { email: 'lena@contoso.example', renewAt: dueAt + LIMITS.sessionRenewEveryMs },
      { email: 'mara@contoso.example' },
    ]);
    await control('revoke', { account: 'mara@contoso.example', disabled: true });
    await db
      .updateTable('opsledger.sessions')
      .set({ last_seen_at: new Date(dueAt) })
      .execute();
    await passAt(dueAt + LIMITS.sessionRenewEveryMs);
    t.match(await people(), [{ email: 'lena@contoso.example' }], 'the other one goes on');
    t.equal((await mara.browser.get('/tenants')).statusCode, 303);
    await t.rejects(throughEntra(visitor(), { account: 'mara@contoso.example' }), { message: /AADSTS50057/ });
  });
});

t.test(
  'for one directory and behind a proxy with a path, from sign-in to Entra’s own sign-out',
  async (t) => {
    const { simulator, throughEntra, visitor } = await siteWithEntra(t, { audience: CONTOSO, base: '/ops' });
    await t.rejects(throughEntra(visitor(), { account: 'kim@fabrikam.example' }), { message: /AADSTS50020/ });
    const consenting = visitor();
    const consent = new URL(`${simulator.url}/${CONTOSO}/adminconsent?client_id=${CLIENT}`);
    const { back: granted } = await consenting.entra.signIn(consent, 'mara@contoso.example');
    const answer = await consenting.browser.get(`${granted?.pathname}${granted?.search}`);
    t.equal(answer.statusCode, 200);
    t.match(answer.body, 'Consent was given', 'the administrator sees that the consent was recorded');

    const mara = visitor();
    const path = await throughEntra(mara, { account: 'mara@contoso.example' });
    t.match(path, /^\/ops\/signin\/oidc\/callback\?/);
    t.equal((await mara.browser.get(path)).headers.location, '/ops/tenants');
    const home = await mara.browser.get('/ops/tenants');
    const csrf = /name="_csrf" value="([^"]+)"/.exec(home.body)?.[1] ?? '';
    const out = await mara.browser.post('/ops/signout', { _csrf: csrf });
    const to = /href="(http[^"]+)"/.exec(out.body)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const { back } = await mara.entra.open(to);
    t.equal(back?.href, `${ORIGIN}/ops/signin`, 'Entra leads back to sign-in');
    const again = await mara.browser.get('/ops/signin/oidc');
    const asked = await mara.entra.open(String(again.headers.location));
    t.match(asked.html, 'Pick an account', 'nobody is signed in at Entra any more');
  },
);
