import t from 'tap';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { EVIDENCE_BYTES_MAX, evidenceSchema } from '../../../src/operations/drift-generate/drift-events.js';
import { evidenceOf } from '../../../src/operations/drift-generate/evidence.js';
import {
  assignedTo,
  between,
  catalogPolicy,
  groups,
  plainPolicy,
  simple,
  simples,
} from '../../policies/policy-builder.js';

/** The evidence of the only finding between two sets of fields; it fits into its event. */
function evidence(before: JsonObject, after: JsonObject) {
  return evidenceBetween(
    plainPolicy('deviceConfigurations', before),
    plainPolicy('deviceConfigurations', after),
  );
}
function evidenceBetween(...[before, after]: Parameters<typeof between>) {
  const [finding] = between(before, after);
  if (!finding) throw new Error('nothing was found');
  const shown = evidenceSchema.parse(evidenceOf(finding));
  if (Buffer.byteLength(JSON.stringify(shown)) > EVIDENCE_BYTES_MAX + 1024)
    throw new Error('it is too large');
  return shown;
}
const change = (before: JsonObject, after: JsonObject) => evidence(before, after).settingsChanged[0];

t.test('two long texts are shown where they differ', (t) => {
  const lines = (changed: string) =>
    Array.from({ length: 1500 }, (_, n) => (n === 800 ? changed : `line ${n} of a long text`)).join('\r\n');
  const shown = change({ text: lines('was here') }, { text: lines('is here') });
  t.match(shown, { words: ['excerpt'], at: { line: 801 } });
  t.match(shown?.before, [/line 799 of a long text\s+was here/]);
  t.match(shown?.after, [/line 799 of a long text\s+is here/]);
  t.ok((shown?.before[0]?.length ?? 0) < 600);
  const ends = change({ text: 'a'.repeat(80_000) }, { text: `${'a'.repeat(80_000)} end` });
  t.match(ends, { at: { character: 80_001 } });
  t.end();
});

t.test('of a long list only removed and added entries are shown', (t) => {
  const list = (last: string) => [...Array.from({ length: 299 }, (_, n) => `C:/excluded/${n}`), last];
  const shown = change({ exclusions: list('C:/was') }, { exclusions: list('C:/is') });
  t.match(shown, { before: ['"C:/was"'], after: ['"C:/is"'], unchanged: 299, words: ['part_of_list'] });
  const servers = Array.from({ length: 40 }, (_, n) => `s${n}`);
  const moved = change({ dnsServers: servers }, { dnsServers: ['s39', ...servers.slice(0, 39)] });
  t.match(moved, { words: ['order_changed', 'part_of_list'], before: [/s0/], after: [/s39/] });
  t.end();
});

t.test('a large entry leaves room for others', (t) => {
  const large = Array.from({ length: 200 }, (_, n) => `${n} ${'many words '.repeat(100)}`);
  const shown = evidence({ a: large, b: 1, c: 2 }, { a: ['gone'], b: 2, c: 3 });
  t.same(
    shown.settingsChanged.map(({ path }) => path),
    ['a', 'b', 'c'],
  );
  t.equal(shown.omitted, 0);
  const many = Object.fromEntries(Array.from({ length: 900 }, (_, n) => [`field${n}`, 'x'.repeat(500)]));
  const left = evidence({}, many);
  t.equal(left.settingsAdded.length + left.omitted, 900);
  t.end();
});

t.test('words distinguish values that look alike', (t) => {
  const pairs: readonly (readonly [string, string, string])[] = [
    ['a private-use character', '*S-1-5-32-544\uf000*S-1-5-32-545', '*S-1-5-32-544*S-1-5-32-545'],
    ['a hidden character', 'Guests', 'Gue\u200bsts'],
    ['a space that doesn’t break', 'Head office', 'Head\u00a0office'],
    ['two spaces', 'Head office', 'Head  office'],
    ['a letter of another script', 'paypal.example', 'p\u0430ypal.example'],
    ['two forms of one letter', 'caf\u00e9', 'cafe\u0301'],
    ['markup', 'a <b>word</b>', 'a <i>word</i>'],
  ];
  for (const [name, before, after] of pairs) {
    const shown = change({ text: before }, { text: after });
    const alike = JSON.stringify(shown?.before) === JSON.stringify(shown?.after);
    t.ok(!alike || shown?.words.includes('looks_alike'), name);
    if (name !== 'markup') t.match(shown?.words, ['looks_alike'], name);
  }
  t.match(change({ text: 'p' }, { text: '\u0440' })?.at, {
    character: 1,
    before: 'p U+0070',
    after: 'U+0440',
  });
  t.end();
});

t.test('values that differ where they are masked are marked as such', (t) => {
  const address = (value: string) => ({ contact: value });
  const shown = change(address('ann@contoso.example'), address('bob@contoso.example'));
  t.match(shown, { words: ['differs_where_masked'], at: null });
  t.notMatch(JSON.stringify(shown), /ann|bob/);
  const query = change(
    { url: 'https://a.example/x?sig=AbCdEf0123456789' },
    { url: 'https://a.example/x?sig=9876543210FeDcBa' },
  );
  t.match(query?.words, ['differs_where_masked']);
  const people = (...names: string[]) => ({ owners: names.map((name) => `${name}@contoso.example`) });
  const owners = change(people('a', 'b'), people('a', 'c'));
  t.match(owners, { words: ['differs_where_masked', 'part_of_list'], unchanged: 1 });
  t.same([owners?.before.length, owners?.after.length], [1, 1], 'the one that stayed is not shown');
  t.end();
});

t.test('no secret is shown under any name and of any type', (t) => {
  const before = 'Sommer-4711';
  const after = 'Winter-0815';
  const policies = (secret: string, number: number) => [
    ...[
      'pin',
      'passcode',
      'activationKey',
      'unlockCode',
      'bitlockerKey',
      'networkKeys',
      'enrollmentCode',
    ].map((name) => plainPolicy('deviceConfigurations', { [name]: secret })),
    plainPolicy('deviceConfigurations', { pin: number }),
    plainPolicy('deviceConfigurations', { passwords: [secret, 'other'] }),
    plainPolicy('deviceConfigurations', { proxyPassword: { text: secret } }),
    plainPolicy('deviceConfigurations', {
      pairs: [
        { key: 'adminPass', value: secret },
        { key: 'x', value: 'y' },
      ],
    }),
    plainPolicy('deviceConfigurations', {
      omaSettings: [{ omaUri: './Vendor/Unlock/Code', displayName: 'Security code', value: secret }],
    }),
    catalogPolicy([simple('vendor_msft_product_passcode', secret)]),
    catalogPolicy([simple('com.vendor.product_recoveryKey', secret)]),
    catalogPolicy([simple('vendor_proxy_password', number, 'Integer')]),
    catalogPolicy([simples('vendor_master_keys', [secret, 'b'])]),
    catalogPolicy([
      groups('vendor_networks', [[simple('vendor_networkkey', secret)], [simple('vendor_networkkey', 'b')]]),
    ]),
    plainPolicy(
      'groupPolicyConfigurations',
      {},
      {
        settings: [
          {
            definition: { id: 'd', displayName: 'Proxy' },
            presentationValues: [{ value: secret, presentation: { id: 'p', label: 'Proxy password' } }],
          },
        ],
      },
    ),
    plainPolicy(
      'groupPolicyConfigurations',
      {},
      {
        settings: [
          {
            definition: { id: 'd', displayName: 'Proxy password' },
            presentationValues: [{ value: secret, presentation: { id: 'p', label: 'Text' } }],
          },
        ],
      },
    ),
  ];
  const [one, other] = [policies(before, 47114711), policies(after, 8158158)];
  for (const [index, policy] of one.entries()) {
    const shown = evidenceBetween(policy, other[index] as typeof policy);
    const text = JSON.stringify(shown);
    t.notMatch(text, /Sommer|Winter|47114711|8158158/, JSON.stringify(policy.document).slice(0, 120));
    t.match(shown.settingsChanged[0]?.words, ['secret']);
  }
  t.end();
});

t.test('public constants stay readable', (t) => {
  const suites = { tlsCipherSuites: ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] };
  const shown = change(suites, { tlsCipherSuites: suites.tlsCipherSuites.toReversed() });
  t.match(shown, {
    words: ['order_changed'],
    before: ['"TLS_AES_256_GCM_SHA384"', '"TLS_CHACHA20_POLY1305_SHA256"'],
  });
  for (const name of ['thumbprint', 'device_vendor_trustedroot', 'rootCertificate']) {
    const shown = change(
      { [name]: '5f3b8cf2f810b37d78b4ceec1919c37334b9c774' },
      { [name]: '0563b8630d62d75abbc8ab1e4bdfb5a899b24d43' },
    );
    t.match(shown?.before, ['"5f3b8cf2f810b37d78b4ceec1919c37334b9c774"'], name);
  }
  t.end();
});

t.test('assignments in words', (t) => {
  const policy = (time: string) =>
    plainPolicy(
      'deviceHealthScripts',
      {},
      {
        assignments: [
          {
            ...assignedTo('allDevicesAssignmentTarget'),
            runSchedule: { '@odata.type': '#microsoft.graph.deviceHealthScriptDailySchedule', time },
          },
        ],
      },
    );
  t.match(evidenceBetween(policy('02:00:00'), policy('03:00:00')), {
    assignmentsChanged: [
      {
        target: 'all devices',
        parts: [{ name: 'schedule', before: 'daily, time 02:00:00', after: 'daily, time 03:00:00' }],
      },
    ],
    assignmentsLookAlike: false,
  });
  t.end();
});
