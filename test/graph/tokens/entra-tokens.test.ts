import { decodeJwt, decodeProtectedHeader } from 'jose';
import t, { type Test } from 'tap';
import { createGraphClient } from '../../../src/graph/client/create-graph-client.js';
import { GraphError, type SignInReasonCode } from '../../../src/graph/client/graph-error.js';
import { CONNECTION_TROUBLE_WORDS, type ConnectionTrouble } from '../../../src/graph/connection-trouble.js';
import type { EntraSetupInput } from '../../../src/graph/simulator/entra/entra-setup.js';
import { startGraphSimulator } from '../../../src/graph/simulator/start-graph-simulator.js';
import { certificateFacts, readCertificate } from '../../../src/graph/tokens/certificate.js';
import {
  ASSERTION_ALGORITHMS,
  type EntraConnection,
  type EntraCredential,
} from '../../../src/graph/tokens/entra-connection.js';
import { createEntraTokens } from '../../../src/graph/tokens/entra-tokens.js';
import { REFUSALS } from '../../../src/graph/tokens/sign-in-refusals.js';
import { sanitizeFailure } from '../../../src/sanitize/failure.js';
import { createSeededChance } from '../../support/seeded-chance.js';
import { catalog } from '../client/catalog-type.js';
import {
  catalogContent,
  collected,
  failsWith,
  REQUEST_TIMEOUT_MS,
  skippingClock,
} from '../simulator-and-client.js';
import { testCertificate } from './test-certificate.js';

const DIRECTORY = '11111111-1111-4111-8111-111111111111';
const OTHER_DIRECTORY = '22222222-2222-4222-8222-222222222222';
const CLIENT = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
const SECRET = 'Q~a-secret-of-the-test';
const PATH = 'deviceManagement/configurationPolicies';
const certificate = testCertificate();
const secret: EntraCredential = { kind: 'secret', secret: SECRET };

type AppInput = NonNullable<EntraSetupInput['directories'][number]['apps']>[number];

/** A simulated Entra for one app, and the settings with which the app requests tokens. */
async function entraBed(
  t: Test,
  app: Partial<AppInput> = {},
  more: { readonly tokenLifeSeconds?: number; readonly connection?: Partial<EntraConnection> } = {},
) {
  const clock = skippingClock();
  const apps = [
    {
      clientId: CLIENT,
      secrets: [{ value: SECRET }],
      certificates: [{ pem: certificate.certificatePem }],
      ...app,
    },
  ];
  const { tokenLifeSeconds = 3600 } = more;
  const simulator = await startGraphSimulator({
    source: { content: catalogContent(30) },
    clock,
    chance: createSeededChance(1),
    entra: {
      tokenLifeSeconds,
      directories: [
        { directoryId: DIRECTORY, apps },
        { directoryId: OTHER_DIRECTORY, tenant: 'other', apps },
      ],
    },
  });
  t.teardown(() => simulator.stop());
  const requests: string[] = [];
  const counting: typeof fetch = (input, init) => {
    requests.push(String(input instanceof Request ? input.url : input));
    forms.push(new URLSearchParams(String(init?.body)));
    return fetch(input, init);
  };
  const forms: URLSearchParams[] = [];
  const connection: EntraConnection = {
    directoryId: DIRECTORY,
    clientId: CLIENT,
    cloud: 'worldwide',
    authority: simulator.url,
    ...more.connection,
  };
  const tokensOf = (credential: EntraCredential | undefined, way = counting) =>
    createEntraTokens({ connection, credential: async () => credential, clock, fetch: way });
  const clientOf = (token: ReturnType<typeof tokensOf>) =>
    createGraphClient({
      baseUrl: simulator.url,
      token,
      clock,
      chance: createSeededChance(2),
      limits: { requestTimeoutMs: REQUEST_TIMEOUT_MS },
    });
  const steer = (path: string, body: object) =>
    fetch(`${simulator.url}/_simulator/entra/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return { clock, simulator, requests, forms, tokensOf, clientOf, steer };
}

const TROUBLES = Object.keys(CONNECTION_TROUBLE_WORDS) as ConnectionTrouble[];
const ASK = { refused: null, claims: null } as const;

t.test('a secret, a PEM and a PFX each sign in, and Graph takes the token', async (t) => {
  const pem = certificate.certificatePem + certificate.privateKeyPem;
  for (const credential of [
    secret,
    await readCertificate(Buffer.from(pem), null),
    await readCertificate(certificate.pfx('a passphrase'), 'a passphrase'),
  ]) {
    const { tokensOf, clientOf } = await entraBed(t);
    t.match(await clientOf(tokensOf(credential)).get(PATH), { '@odata.count': 30 }, credential.kind);
  }
});

t.test(
  'an assertion is signed by PS256 or as the connection says, and the other one may be refused',
  async (t) => {
    const signer: EntraCredential = { kind: 'certificate', ...certificate };
    for (const algorithm of ASSERTION_ALGORITHMS)
      for (const chosen of algorithm === 'PS256' ? [undefined, null, algorithm] : [algorithm]) {
        const app = { assertionAlgorithms: [algorithm] };
        const connection = { assertionAlgorithm: chosen };
        const { clock, forms, tokensOf } = await entraBed(t, app, { connection });
        await tokensOf(signer)(ASK);
        const assertion = forms[0]?.get('client_assertion') ?? '';
        const header = decodeProtectedHeader(assertion);
        const nowSeconds = clock.now() / 1000;
        const { iat, nbf, exp } = decodeJwt(assertion);
        t.same({ iat, nbf, exp }, { iat: nowSeconds, nbf: nowSeconds, exp: nowSeconds + 300 });
        const { x5tS256 } = certificateFacts(signer);
        t.same(header, { alg: algorithm, typ: 'JWT', 'x5t#S256': x5tS256 });

        const other = algorithm === 'PS256' ? 'RS256' : 'PS256';
        const { tokensOf: refused } = await entraBed(t, { assertionAlgorithms: [other] }, { connection });
        await failsWith(t, refused(signer)(ASK), {
          reasonCode: 'credential_refused',
          code: 'AADSTS5002730',
          message: /PS256 or RS256/,
        });
      }
  },
);

t.test('each refusal is a reason that a person can act on', async (t) => {
  const foreign = testCertificate();
  const foreignCertificate = await readCertificate(
    Buffer.from(foreign.certificatePem + foreign.privateKeyPem),
    null,
  );
  const own = await readCertificate(
    Buffer.from(certificate.certificatePem + certificate.privateKeyPem),
    null,
  );
  /** An app and its credential, a certificate that is valid in these years. */
  const validIn = (from: number, to: number) => {
    const { certificatePem, privateKeyPem } = testCertificate(2048, [from, to]);
    const credential: EntraCredential = { kind: 'certificate', certificatePem, privateKeyPem };
    return { credential, app: { certificates: [{ pem: certificatePem }] } };
  };
  const nobody = '99999999-9999-4999-8999-999999999999';
  const ended = '2026-05-01T00:00:00Z';
  const cases: readonly (readonly [
    code: number,
    SignInReasonCode,
    {
      readonly app?: Partial<AppInput>;
      readonly credential?: EntraCredential;
      readonly connection?: Partial<EntraConnection>;
    },
  ])[] = [
    [7000215, 'credential_refused', { credential: { kind: 'secret', secret: 'hunter2' } }],
    [7000222, 'credential_expired', { app: { secrets: [{ value: SECRET, endsAt: ended }] } }],
    [700027, 'credential_refused', { credential: foreignCertificate }],
    [
      700027,
      'credential_expired',
      { credential: own, app: { certificates: [{ pem: certificate.certificatePem, endsAt: ended }] } },
    ],
    [700027, 'credential_expired', validIn(2020, 2021)],
    [1000502, 'credential_expired', validIn(2038, 2039)],
    [700016, 'app_unknown', { connection: { clientId: nobody } }],
    [90002, 'directory_unknown', { connection: { directoryId: nobody } }],
    [65001, 'consent_missing', { app: { consented: false } }],
    [50034, 'app_unknown', { app: { refusedWith: 50034 } }],
    [900382, 'directory_unknown', { app: { refusedWith: 900382 } }],
    [500014, 'sign_in_blocked', { app: { refusedWith: 500014 } }],
    [53003, 'sign_in_blocked', { app: { refusedWith: 53003 } }],
    [530003, 'sign_in_blocked', { app: { refusedWith: 530003 } }],
    [7000112, 'sign_in_blocked', { app: { refusedWith: 7000112 } }],
    [700024, 'credential_refused', { app: { refusedWith: 700024 } }],
    [1000502, 'credential_expired', { app: { refusedWith: 1000502 } }],
    [90014, 'credential_refused', { app: { refusedWith: 90014 } }],
    [99999999, 'graph_unauthenticated', { app: { refusedWith: 99999999 } }],
  ];
  for (const [number, reasonCode, { app, credential = secret, connection }] of cases) {
    const { tokensOf, clientOf } = await entraBed(t, app, connection && { connection });
    const reading = collected(clientOf(tokensOf(credential)).policies(catalog));
    await failsWith(t, reading, { reasonCode, code: `AADSTS${number}`, message: /: .{20,}/ });
    const error = await reading.catch((caught: unknown) => caught);
    t.notMatch(`${String(error)} ${JSON.stringify(error)}`, /hunter2|Q~a|Trace ID/);
  }
});

t.test('one request serves all who wait, and the token is kept until shortly before its end', async (t) => {
  const { clock, requests, tokensOf } = await entraBed(t);
  const tokens = tokensOf(secret);
  const [first, ...others] = await Promise.all(Array.from({ length: 50 }, () => tokens(ASK)));
  t.equal(requests.length, 1);
  t.ok(others.every((token) => token === first));
  await clock.sleep(54 * 60_000);
  t.equal(await tokens(ASK), first);
  await clock.sleep(2 * 60_000);
  t.not(await tokens(ASK), first, 'renewed four minutes before its end');
  t.equal(requests.length, 2);
});

t.test('a short life is counted from the request, and its last fifth is for renewal', async (t) => {
  const { clock, requests, tokensOf } = await entraBed(t, {}, { tokenLifeSeconds: 100 });
  let answerMs = 30_000;
  const slow: typeof fetch = async (input, init) => {
    requests.push(String(input));
    const answer = await fetch(input, init);
    await clock.sleep(answerMs);
    return answer;
  };
  const tokens = tokensOf(secret, slow);
  const first = await tokens(ASK);
  answerMs = 0;
  await clock.sleep(49_000);
  t.equal(await tokens(ASK), first, '79 s after the request');
  await clock.sleep(2_000);
  t.not(await tokens(ASK), first, '81 s after the request');
  t.equal(requests.length, 2);
});

t.test('a token whose life Entra does not state is kept for an hour at most', async (t) => {
  const { clock, tokensOf } = await entraBed(t);
  const silent: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const { expires_in: _, ...rest } = (await answer.json()) as { readonly expires_in: number };
    return Response.json(rest);
  };
  const tokens = tokensOf(secret, silent);
  const first = await tokens(ASK);
  await clock.sleep(54 * 60_000);
  t.equal(await tokens(ASK), first);
  await clock.sleep(6 * 60_000);
  t.not(await tokens(ASK), first);
});

t.test('a secret is not sent over plain HTTP to another machine', async (t) => {
  const connection = { authority: 'http://login.microsoftonline.com' };
  const { requests, tokensOf } = await entraBed(t, {}, { connection });
  await t.rejects(tokensOf(secret)(ASK), GraphError);
  t.same(requests, []);
});

t.test(
  'a caller that needs claims gets a token with them, even while one without is requested',
  async (t) => {
    const { forms, tokensOf } = await entraBed(t);
    const tokens = tokensOf(secret);
    const refused = await tokens(ASK);
    const demanded = '{"access_token":{"nbf":{"essential":true}}}';
    const claims = Buffer.from(demanded).toString('base64');
    const [plain, withClaims, sharing] = await Promise.all([
      tokens({ refused, claims: null }),
      tokens({ refused, claims }),
      tokens({ refused, claims }),
    ]);
    t.not(plain, withClaims);
    t.equal(withClaims, sharing);
    t.equal(await tokens(ASK), withClaims, 'the newest one is kept');
    t.same(
      forms.map((form) => form.get('claims')),
      [null, null, demanded],
    );
  },
);

t.test('a refused token is renewed once, however many requests were refused', async (t) => {
  const { clock, requests, tokensOf } = await entraBed(t);
  const tokens = tokensOf(secret);
  const refused = await tokens(ASK);
  const renewed = await Promise.all(Array.from({ length: 20 }, () => tokens({ refused, claims: null })));
  t.equal(new Set(renewed).size, 1);
  t.not(renewed[0], refused);
  t.equal(await tokens({ refused, claims: null }), renewed[0], 'a later call gets the renewed token');
  t.equal(requests.length, 2);
  await clock.sleep(61 * 60_000);
  t.not(await tokens({ refused, claims: null }), renewed[0], 'but not after its end');
});

t.test(
  'an inventory succeeds with tokens that expire after seconds, are revoked, or have a new key',
  async (t) => {
    const { clock, requests, tokensOf, clientOf, steer } = await entraBed(t, {}, { tokenLifeSeconds: 60 });
    const client = clientOf(tokensOf(secret));
    let read = 0;
    for await (const result of client.policies(catalog)) {
      t.equal(result.kind, 'policy');
      read += 1;
      if (read === 3) await steer('revoke', { directory: DIRECTORY });
      if (read === 12) await clock.sleep(61_000);
      if (read === 20) await steer('roll-key', {});
    }
    t.equal(read, 30);
    await steer('revoke', { directory: DIRECTORY });
    t.match(await client.get(PATH), { '@odata.count': 30 });
    t.ok(requests.length >= 2, `${requests.length} tokens`);
  },
);

t.test('tokens that are revoked while a request is repeated are renewed, up to a limit', async (t) => {
  const { requests, tokensOf, clientOf, steer } = await entraBed(t);
  /** Each of the next tokens is revoked before it reaches Graph. */
  let revoked = 0;
  const tokens = tokensOf(secret);
  const client = clientOf(async (wanted) => {
    const token = await tokens(wanted);
    if (revoked-- > 0) await steer('revoke', { directory: DIRECTORY });
    return token;
  });
  revoked = 2;
  t.match(await client.get(PATH), { '@odata.count': 30 });
  t.equal(requests.length, 3);
  revoked = 2;
  t.match(await client.batch([PATH, `${PATH}?$top=1`]), [{ body: {} }, { body: {} }]);
  t.equal(requests.length, 5);
  revoked = Number.POSITIVE_INFINITY;
  await failsWith(t, client.get(PATH), { reasonCode: 'graph_unauthenticated' });
  t.equal(requests.length, 8, 'a directory that revokes every token ends the call');
});

t.test('a token of another directory is never sent', async (t) => {
  const { simulator, tokensOf, clientOf } = await entraBed(t);
  const astray: typeof fetch = (input, init) =>
    fetch(String(input instanceof Request ? input.url : input).replace(DIRECTORY, OTHER_DIRECTORY), init);
  await failsWith(t, clientOf(tokensOf(secret, astray)).get(PATH), {
    problem: 'token_of_another_directory',
    reasonCode: 'graph_unauthenticated',
  });
  t.same(simulator.requests(), []);
  const { tokensOf: othersTokens } = await entraBed(t, {}, { connection: { directoryId: OTHER_DIRECTORY } });
  const foreign = await othersTokens(secret)(ASK);
  await failsWith(t, clientOf(async () => foreign).get(PATH), { status: 401 });
});

t.test('a token endpoint that is throttled, failing or cut off is waited for', async (t) => {
  const { simulator, tokensOf, clientOf } = await entraBed(t);
  const path = '^oauth2/v2.0/token$';
  simulator.failNext({ kind: 'status', status: 429, count: 2, path });
  simulator.failNext({ kind: 'status', status: 503, path });
  simulator.failNext({ kind: 'cut', path });
  simulator.failNext({ kind: 'html', status: 403, path });
  simulator.failNext({ kind: 'redirect', location: 'http://127.0.0.1:9/', path });
  simulator.failNext({ kind: 'malformed_json', path });
  simulator.failNext({ kind: 'status', status: 400, code: 'AADSTS90033', path });
  const waits: string[] = [];
  const onWaiting = ({ reasonCode }: { readonly reasonCode: string }) => void waits.push(reasonCode);
  t.match(await clientOf(tokensOf(secret)).get(PATH, { onWaiting }), { '@odata.count': 30 });
  t.equal(waits.length, 8, 'once for each answer');
  t.equal(simulator.pendingFaults(), 0);
});

t.test('a throttled token endpoint is left alone for as long as it asks, however often', async (t) => {
  const { simulator, requests, tokensOf, clientOf } = await entraBed(t);
  const path = '^oauth2/v2.0/token$';
  simulator.failNext({ kind: 'status', status: 429, retryAfter: '45', count: 8, path });
  const waits: { readonly waitMs: number; readonly service: string }[] = [];
  const onWaiting = (waiting: (typeof waits)[number]) => void waits.push(waiting);
  t.match(await clientOf(tokensOf(secret)).get(PATH, { onWaiting }), { '@odata.count': 30 });
  t.same(
    waits.map(({ waitMs, service }) => [waitMs, service]),
    Array(8).fill([45_000, 'Entra']),
  );
  t.equal(requests.length, 9);
});

t.test('what becomes of a sign-in without an answer of Entra is said, with what to do', async (t) => {
  const { tokensOf } = await entraBed(t);
  const broken = (code: string) => () =>
    Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error('…'), { code }) }));
  const answering = (status: number, body: string, type: string) => () =>
    Promise.resolve(new Response(body, { status, headers: { 'content-type': type } }));
  const json = 'application/json';
  const tooMany = '{"error":"temporarily_unavailable","error_codes":[50196]}';
  const cases: readonly (readonly [typeof fetch, RegExp])[] = [
    [broken('ECONNREFUSED'), /^Entra did not answer \(ECONNREFUSED\): POST/],
    [broken('SELF_SIGNED_CERT_IN_CHAIN'), /is not trusted; set NODE_EXTRA_CA_CERTS/],
    [() => Promise.reject(new DOMException('…', 'TimeoutError')), /\(timeout\)/],
    [answering(200, '<html>', 'text/html'), /not Entra answers \(status-200\)/],
    [answering(403, '<html>', 'text/html'), /not Entra answers \(status-403\)/],
    [answering(200, '{"access_tok', json), /not Entra answers \(status-200\)/],
    [answering(503, '<html>', 'text/html'), /^Entra answered 503: POST/],
    [answering(400, tooMany, json), /^Entra answered 400 \(AADSTS50196\)/],
  ];
  for (const [way, message] of cases)
    await failsWith(t, tokensOf(secret, way)(ASK), { reasonCode: 'graph_unavailable', message });
});

t.test('Entra in trouble is waited for; a token that is still good is used meanwhile', async (t) => {
  const { clock, tokensOf, clientOf } = await entraBed(t);
  let failures = 3;
  const shaky: typeof fetch = (input, init) => {
    failures -= 1;
    return failures >= 0 ? Promise.resolve(new Response('busy', { status: 503 })) : fetch(input, init);
  };
  const tokens = tokensOf(secret, shaky);
  const waits: string[] = [];
  const onWaiting = ({ reasonCode }: { readonly reasonCode: string }) => void waits.push(reasonCode);
  t.match(await clientOf(tokens).get(PATH, { onWaiting }), { '@odata.count': 30 });
  t.same(waits, ['graph_unavailable', 'graph_unavailable', 'graph_unavailable']);

  const kept = await tokens(ASK);
  failures = Number.POSITIVE_INFINITY;
  await clock.sleep(57 * 60_000);
  t.equal(await tokens(ASK), kept);
  const stopped = new Error('stopped');
  await t.rejects(tokens({ ...ASK, signal: AbortSignal.abort(stopped) }), stopped);
  await clock.sleep(4 * 60_000);
  await failsWith(t, tokens(ASK), { problem: 'sign_in_unavailable', reasonCode: 'graph_unavailable' });
});

t.test('without a credential no request is sent', async (t) => {
  const { requests, tokensOf } = await entraBed(t);
  await failsWith(t, tokensOf(undefined)(ASK), { problem: 'no_credential' });
  t.same(requests, []);
});

t.test('what is said of a sign-in passes the sanitizer whole', async (t) => {
  const signIn = { method: 'POST', path: 'oauth2/v2.0/token' } as const;
  const errors = [
    ...[...REFUSALS].map(
      ([number, refusal]) =>
        new GraphError({ problem: 'token_refused', code: `AADSTS${number}`, refusal, ...signIn }),
    ),
    ...TROUBLES.map(
      (trouble) =>
        new GraphError({
          problem: 'sign_in_unavailable',
          code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
          trouble,
          ...signIn,
        }),
    ),
    new GraphError({ problem: 'sign_in_unreadable', code: 'status-200', ...signIn }),
  ];
  for (const error of errors) t.equal(sanitizeFailure(error).reason, error.message);
});
