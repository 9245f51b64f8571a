import t from 'tap';
import { assertStorable } from '../../src/ledger/canonical-json.js';
import { sanitizeValue } from '../../src/sanitize/index.js';
import { CHARACTERS_MAX, ENTRIES_PER_LEVEL_MAX } from '../../src/sanitize/value.js';
import { allLeaves } from './corpus/leaves.js';
import { material } from './corpus/material.js';

/** Far longer than these inputs take in linear time; in quadratic time they would take hours. */
const HANGS_MS = 60_000;

const m = material(21);
const password = m.password();
const opaque = m.b62(40);
const jwt = m.jwt();

class Client {
  readonly host = 'db01';
  readonly password = password;
  readonly #hidden = opaque;
  get token(): string {
    return this.#hidden;
  }
}

const throwingGetter = {
  status: 500,
  get secret(): string {
    throw new Error(`no ${password}`);
  },
};

const circular: Record<string, unknown> = { status: 1, password };
circular.self = circular;
circular.list = [circular];

const live: Readonly<Record<string, unknown>> = {
  'key name': { password, apiKey: opaque, nested: { clientSecret: 'short' } },
  'short values': { password: 'abc', pin: 1234, secrets: ['abc', 'def'], credentials: { a: 'abc' } },
  'number under a name': { passcode: 482913 },
  error: new Error(`password=${password}`),
  'error with causes': new Error('a', { cause: new Error('b', { cause: { password } }) }),
  'aggregate error': new AggregateError([new Error(jwt), { token: opaque }], 'all'),
  'error with fields': Object.assign(new Error('x'), {
    config: { headers: { Authorization: `Bearer ${opaque}` } },
  }),
  buffer: { body: Buffer.from(password) },
  'buffer as JSON': JSON.parse(JSON.stringify({ body: Buffer.from(password) })),
  'typed array': new Uint8Array(Buffer.from(password)),
  'data view': new DataView(new TextEncoder().encode(password).buffer),
  map: new Map<unknown, unknown>([
    ['password', password],
    [{ a: 1 }, jwt],
  ]),
  set: new Set([jwt, `password=${password}`]),
  headers: new Headers({
    authorization: `Basic ${Buffer.from(`a:${password}`).toString('base64')}`,
    'x-api-key': opaque,
  }),
  url: new URL(`https://ops:${opaque}@example.com/a?sig=${opaque}`),
  search: new URLSearchParams({ code: opaque, top: '5' }),
  request: new Request(`https://example.com/a?token=${opaque}`, { headers: { cookie: `a=${opaque}` } }),
  response: new Response(password, { status: 502, headers: { 'set-cookie': `a=${opaque}` } }),
  symbol: { tag: Symbol(`password=${password}`), [Symbol('x')]: password },
  'class instance': new Client(),
  'throwing getter': throwingGetter,
  circular,
  'pair of name and value': { name: 'Password', value: password },
  'setting and value': {
    settingDefinitionId: 'x_wifi_presharedkey',
    simpleSettingValue: { value: 'abcdef' },
  },
  'secret setting': {
    '@odata.type': '#microsoft.graph.deviceManagementConfigurationSecretSettingValue',
    value: 'abcdef',
  },
  'raw headers': ['Host', 'graph.microsoft.com', 'Authorization', `Custom ${password}`, 'cookie', password],
  'entry pairs': [
    ['password', password],
    ['status', 500],
  ],
  argv: ['psql', '--password', password, '-h', 'db01'],
  'key text': { [`user ${jwt}`]: 1 },
  'JSON in a string': { body: JSON.stringify({ password }) },
  'bytes as numbers': { chunk: [...Buffer.from(`password=${password}`)] },
  'own JSON': { toJSON: () => ({ password }) },
  'boxed string': Object(`password=${password}`),
  'null prototype': Object.assign(Object.create(null), { password }),
  bigint: { token: 12345678901234567890n },
};

t.test('no secret survives in any kind of object, and the result is storable JSON', async (t) => {
  for (const [name, value] of Object.entries(live)) {
    const safe = sanitizeValue(value);
    const text = JSON.stringify(safe);
    for (const secret of [password, opaque, jwt, '482913', '"abc"', 'abcdef', '12345678901234567890'])
      t.notOk(text.includes(secret), `${name}: ${text}`);
    t.doesNotThrow(() => assertStorable(safe), name);
    t.same(sanitizeValue(safe), safe, `${name} is stable`);
  }
});

t.test('helpful parts survive', async (t) => {
  const error = Object.assign(
    new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED', port: 5432 } }),
    { status: 503 },
  );
  t.same(sanitizeValue(error), {
    name: 'TypeError',
    message: 'fetch failed',
    cause: { code: 'ECONNREFUSED', port: 5432 },
    status: 503,
  });
  t.same(sanitizeValue({ at: new Date(0), n: 10n, f: () => 1, u: undefined, nan: Number.NaN, r: /x/g }), {
    at: '1970-01-01T00:00:00.000Z',
    n: '10',
    f: '[function]',
    nan: 'NaN',
    r: '/x/g',
  });
  const details = {
    status: 404,
    code: 'Request_ResourceNotFound',
    requestId: m.guid(),
    policyName: 'Win - OIB - SC - Device Security - D - Password - v3.1',
    passwordMinimumLength: 14,
    tokens: 512,
    hash: m.hex(64),
    dataHash: m.b64(43),
    id: `AAMkAG${m.b64(60)}`,
    list: [1, 2, 3, 4, 5, 6, 7, 8, 65, 66],
    password: null,
    passwordRequired: true,
    settingDefinitionId: 'device_vendor_msft_policy_config_devicelock_devicepasswordenabled',
  };
  t.same(sanitizeValue(details), details);
  t.same(sanitizeValue(new Client()), { host: 'db01', password: '[redacted:password]' });
  t.same(sanitizeValue(throwingGetter), { status: 500, secret: '[redacted:secret]' });
  t.match(sanitizeValue(circular), { status: 1, self: '[circular]', list: ['[circular]'] });
});

t.test('the same object in two places is not a cycle', async (t) => {
  const shared = { a: 1 };
  t.same(sanitizeValue({ x: shared, y: shared }), { x: { a: 1 }, y: { a: 1 } });
});

t.test('keys that become equal are all kept, and __proto__ stays a key', async (t) => {
  const safe = sanitizeValue({ 'a@example.com': 1, 'b@example.com': 2 });
  t.same(safe, { '[redacted:email]': 1, '[redacted:email] (2)': 2 });
  t.equal(JSON.stringify(sanitizeValue(JSON.parse('{"__proto__":{"x":1}}'))), '{"__proto__":{"x":1}}');
});

t.test('the output for huge values is bounded, and so is its time', async (t) => {
  let deep: unknown = password;
  for (let i = 0; i < 50_000; i++) deep = { [i % 2 ? 'a' : 'b']: deep };
  const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`k${i}`, 'x'.repeat(20)]));
  const many = Array.from({ length: 200_000 }, (_, i) => ({ i, text: `word ${i}` }));
  const sparse = new Array(4_000_000_000);
  const endless = {
    get next(): unknown {
      return { ...endless, again: [endless, endless] };
    },
  };
  const bushy = Array.from({ length: 900 }, () =>
    Array.from({ length: 900 }, () => ({ a: { b: 'long text '.repeat(50) } })),
  );
  for (const value of [
    deep,
    wide,
    many,
    sparse,
    endless,
    bushy,
    'x'.repeat(10_000_000),
    [`${'y '.repeat(5_000_000)}`],
  ]) {
    const start = performance.now();
    const text = JSON.stringify(sanitizeValue(value));
    t.ok(text.length < CHARACTERS_MAX * 3, `${text.length} characters`);
    t.ok(performance.now() - start < HANGS_MS, `${performance.now() - start} ms`);
    t.notOk(text.includes(password));
  }
  t.equal((sanitizeValue(many) as unknown[]).length, ENTRIES_PER_LEVEL_MAX + 1);
});

t.test('hostile objects never make it throw', async (t) => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const trap = () => {
    throw new Error(password);
  };
  const traps = new Proxy(
    {},
    { get: trap, ownKeys: trap, getPrototypeOf: trap, has: trap, getOwnPropertyDescriptor: trap },
  );
  const lying = new Proxy([], { get: (_, key) => (key === 'length' ? Number.POSITIVE_INFINITY : 'x') });
  const badMap = new Map([[1, 2]]);
  badMap[Symbol.iterator] = trap;
  const badJson = { toJSON: trap };
  const badDate = new Date(Number.NaN);
  for (const value of [
    proxy,
    traps,
    lying,
    badMap,
    badJson,
    badDate,
    { a: proxy, b: traps },
    Object.freeze(Object.create(traps)),
  ])
    t.doesNotThrow(() => t.notOk(JSON.stringify(sanitizeValue(value)).includes(password)));
});

t.test('every kind of plain value comes back as JSON', async (t) => {
  for (const leaf of allLeaves) t.doesNotThrow(() => assertStorable(sanitizeValue(leaf)), String(leaf));
});

const PLANTED = 'Sommer-4711-Kiosk';

t.test('errors of SDKs carry headers, signed addresses and connection strings', async (t) => {
  const error = (fields: object) => Object.assign(new Error('Request failed'), fields);
  const errors = {
    'headers of a request': error({ config: { headers: { Authorization: `Bearer ${PLANTED}${PLANTED}` } } }),
    'headers in a map of a map': error({
      request: { headers: { _headersMap: new Map([['api-key', { name: 'Api-Key', value: PLANTED }]]) } },
    }),
    'raw headers': error({ rawHeaders: ['Host', 'db01', 'X-Custom-Token', PLANTED] }),
    'pairs of headers': error({ options: { headers: [['x-api-key', PLANTED]] } }),
    'a signed address': error({ request: { url: `https://x.blob.core.windows.net/c?sv=1&sig=${PLANTED}` } }),
    'a connection string': error({ connection: `Server=db01;User Id=sa;Password=${PLANTED};Encrypt=true` }),
    'an address with a password': error({ input: `postgres://ops:${PLANTED}@db01/ledger` }),
    'credentials of a client': error({ client: { user: 'ops', password: PLANTED } }),
    'a body as text': error({ config: { data: `grant_type=password&password=${PLANTED}` } }),
    'arguments of a command': error({ spawnfile: 'net', spawnargs: ['use', '\\\\fs01\\x', PLANTED] }),
    'arguments with the command': error({ args: ['sqlcmd', '-U', 'sa', '-P', PLANTED] }),
    'a cause': new Error('outer', { cause: error({ adminPass: PLANTED }) }),
  };
  for (const [name, value] of Object.entries(errors))
    t.notMatch(JSON.stringify(sanitizeValue(value)), new RegExp(PLANTED), name);
});

t.test('the type of a value under a secret name does not matter', async (t) => {
  const secrets = {
    admin_password: 42,
    unlockCode: 55120,
    pin: 12n,
    passcodes: [1234, '5678'],
    masterKey: 98765,
  };
  for (const [name, value] of Object.entries(sanitizeValue(secrets) as object))
    t.match([value].flat().join(), /^(?:\[redacted:[a-z-]+\],?)+$/, name);
  const states = { password: true, pin: 0, secret: null, tokens: 512, passwordMinimumLength: 14 };
  t.same(sanitizeValue(states), states);
});

t.test('a value is named by labels and definitions beside it', async (t) => {
  const named = [
    { presentation: { label: 'Proxy password' }, value: PLANTED },
    { definition: { displayName: 'Unlock code' }, value: 55120 },
    { settingDefinitionId: 'vendor_msft_product_passcode', simpleSettingValue: { value: PLANTED } },
    { omaUri: './Device/Vendor/MSFT/Product/Pin', value: 824193 },
    { value: PLANTED, key: 'activationKey', valueType: 'string' },
    { appConfigKey: 'apiPassword', appConfigKeyType: 'stringType', appConfigKeyValue: PLANTED },
    { key: 'wifi_pin', valueInteger: 824193 },
    { definition: { displayName: 'Proxy password' }, presentationValues: [{ value: PLANTED }] },
    { columns: ['user', 'password'], rows: [['svc', PLANTED]] },
    { Schema: [{ Column: 'Device' }, { Column: 'RecoveryKey' }], Values: [['PC-1', PLANTED]] },
  ];
  for (const entry of named) t.notMatch(JSON.stringify(sanitizeValue(entry)), /4711|55120|824193/);
  const rule = { presentation: { label: 'Password length' }, value: 14 };
  t.same(sanitizeValue(rule), rule);
  const limits = { displayName: 'Passcode', minimumValue: 4, maximumValue: 16 };
  t.same(sanitizeValue(limits), limits, 'limits are no values');
  const rows = { columns: ['user', 'city'], rows: [['svc', 'Gent']] };
  t.same(sanitizeValue(rows), rows);
});

t.test('a value that is removed under its name is removed in every other text of the object', async (t) => {
  const shared = {
    message: `login of svc with ${PLANTED} failed`,
    steps: ['connect', `sent ${PLANTED}`],
    [`tried ${PLANTED}`]: true,
    config: { auth: { username: 'svc', password: PLANTED } },
  };
  const clean = sanitizeValue(shared);
  t.notMatch(JSON.stringify(clean), new RegExp(PLANTED));
  t.match(JSON.stringify(clean), /login of svc with .* failed/);
  t.same(sanitizeValue(clean), clean);
});
