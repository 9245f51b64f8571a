import t from 'tap';
import type { JsonObject } from '../../src/ledger/canonical-json.js';
import {
  between,
  catalogPolicy,
  choice,
  choices,
  groups,
  plainPolicy,
  simple,
  simples,
} from './policy-builder.js';

const reorderedAt = (path: string) => [
  { kind: 'changed', settingsChanged: [{ path, removed: [], added: [], reordered: true }] },
];

t.test('the order counts in lists of preferences', (t) => {
  const list = ['one', 'two', 'three'];
  const moved = ['two', 'one', 'three'];
  for (const id of [
    'device_vendor_msft_policy_config_cryptography_tlsciphersuites',
    'user_vendor_example_ecccurves',
    'device_vendor_example_dnsservers',
    'device_vendor_example_connectionpriority',
  ]) {
    t.match(
      between(catalogPolicy([simples(id, list)]), catalogPolicy([simples(id, moved)])),
      reorderedAt(id),
    );
    t.same(between(catalogPolicy([simples(id, list)]), catalogPolicy([simples(id, list)])), []);
  }
  const rights = (values: string[]) => catalogPolicy([simples('device_userrights_allowlogon', values)]);
  t.same(between(rights(list), rights(moved)), [], 'any other list is a set');
  t.end();
});

t.test('the order of VPN servers counts, also when one of them changed', (t) => {
  const server = (address: string, isDefaultServer = false) => ({ address, isDefaultServer });
  const vpn = (...servers: ReturnType<typeof server>[]) => plainPolicy('deviceConfigurations', { servers });
  const [a, b] = [server('a.example'), server('b.example')];
  t.match(between(vpn(a, b), vpn(b, a)), reorderedAt('servers'));
  t.match(between(vpn(a, b, server('c')), vpn(b, a, server('d'))), [
    {
      settingsChanged: [
        { path: 'servers', reordered: true },
        { path: 'servers/address', removed: ['"c"'], added: ['"d"'] },
      ],
    },
  ]);
  t.end();
});

t.test('the order counts in lists of which Apple takes the first that fits', (t) => {
  const rule = (ssid: string, action: string) => ({ ssids: [ssid], action, dnsSearchDomains: [] });
  const profile = (fields: JsonObject) => plainPolicy('deviceConfigurations', fields);
  const vpn = (...onDemandRules: ReturnType<typeof rule>[]) => profile({ onDemandRules });
  const [office, guests] = [rule('Office', 'disconnect'), rule('Guests', 'connect')];
  t.match(between(vpn(office, guests), vpn(guests, office)), reorderedAt('onDemandRules'));
  const ssids = (...list: string[]) => vpn({ ...office, ssids: list });
  t.same(between(ssids('a', 'b'), ssids('b', 'a')), [], 'the conditions of a rule are a set');
  const caching = (...contentCachingParents: string[]) => profile({ contentCachingParents });
  t.match(between(caching('a', 'b'), caching('b', 'a')), reorderedAt('contentCachingParents'));
  const kerberos = (...preferredKDCs: string[]) => profile({ macOSSingleSignOnExtension: { preferredKDCs } });
  t.match(
    between(kerberos('a', 'b'), kerberos('b', 'a')),
    reorderedAt('macOSSingleSignOnExtension/preferredKDCs'),
  );
  t.end();
});

t.test('the order counts in the same lists of the settings catalog', (t) => {
  const RULES = 'com.apple.dnssettings.managed_ondemandrules';
  const dns = (...actions: string[]) =>
    catalogPolicy([
      groups(
        RULES,
        actions.map((action) => [choice(`${RULES}_item_action`, action)]),
      ),
    ]);
  t.match(between(dns('connect', 'disconnect'), dns('disconnect', 'connect')), reorderedAt(RULES));
  const PARENTS = 'com.apple.AssetCache.managed_Parents';
  const caching = (...parents: string[]) => catalogPolicy([simples(PARENTS, parents)]);
  t.match(between(caching('a', 'b'), caching('b', 'a')), reorderedAt(PARENTS));
  t.end();
});

t.test('the order counts in multi-text and list boxes of administrative templates', (t) => {
  const template = (values: (string | { name: string; value: string })[]) =>
    plainPolicy(
      'groupPolicyConfigurations',
      {},
      {
        settings: [
          {
            enabled: true,
            definition: { id: 'D1', displayName: 'Sites' },
            presentationValues: [{ values, presentation: { id: 'P1', label: 'Zones' } }],
          },
        ],
      },
    );
  const path = 'definitionValues/d1/presentationValues/p1/values';
  t.match(between(template(['x', '', 'y']), template(['y', '', 'x'])), [
    { settingsChanged: [{ path, label: 'Zones', reordered: true }] },
  ]);
  const [one, two] = [
    { name: 'a', value: '1' },
    { name: 'b', value: '2' },
  ];
  t.match(between(template([one, two]), template([two, one])), reorderedAt(path));
  t.end();
});

t.test('child settings that are swapped between two choices are a change', (t) => {
  const access = (blocked: string, allowed: string) =>
    catalogPolicy([
      choices('access', [
        ['access_block', [simple('access_path', blocked)]],
        ['access_allow', [simple('access_path', allowed)]],
      ]),
    ]);
  t.match(between(access('a', 'b'), access('b', 'a')), [{ settingsChanged: [{ path: 'access' }] }]);
  const rows = (blocked: string, allowed: string) =>
    catalogPolicy([
      choice('rule', 'rule_block', [simple('rule_path', blocked)]),
      choice('rule', 'rule_allow', [simple('rule_path', allowed)]),
    ]);
  t.match(between(rows('a', 'b'), rows('b', 'a')), [{ settingsChanged: [{ path: 'rule' }] }], 'as rows');
  const nested = (blocked: string, allowed: string) =>
    catalogPolicy([
      groups('rules', [
        [choice('action', 'action_block', [simple('app', blocked)])],
        [choice('action', 'action_allow', [simple('app', allowed)])],
      ]),
    ]);
  t.match(between(nested('a', 'b'), nested('b', 'a')), [{ settingsChanged: [{ path: 'rules/action' }] }]);
  t.end();
});
