import { sql } from 'kysely';
import t from 'tap';
import { directoryEntity } from '../../../src/entities/directory/directory.js';
import { policyEntity, policyKeyOf } from '../../../src/entities/policy/policy.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { encodeStoredPolicy } from '../../../src/policies/stored-policy.js';
import type { ProductDraft } from '../../../src/program/product-events.js';
import { encodeReferences } from '../../../src/snapshots/kept-references.js';
import { EVENT_SAMPLES } from '../../support/event-samples.js';
import { findingWith, observedWith } from '../../support/finding-builder.js';
import { completed } from '../../support/hub-scenario.js';
import { hubSite, type SiteTenant } from '../../support/hub-site.js';
import { openLive } from '../../support/live-client.js';
import { pageVisitor } from '../page-visitor.js';

const TYPE = 'deviceConfigurations';
const POLICY = '0b0b0b0b-0000-4000-8000-000000000001';
const GROUP = '0a0a0a0a-0000-4000-8000-000000000001';
const FILTER = '0a0a0a0a-0000-4000-8000-000000000003';
const SECRET = 'Sommer2026!Geheim';
const RULES = 3;
const SETTINGS = [
  { path: 'wiFiSecurityType', label: null },
  { path: 'device_bitlocker_require', label: 'Require encryption' },
];
const type = policyTypeNamed(TYPE);
if (!type) throw new Error('the catalogue lacks a type');

const wifi = (more: GraphObject = {}): GraphObject => ({
  '@odata.type': '#microsoft.graph.windowsWifiConfiguration',
  id: POLICY,
  displayName: 'Wi-Fi Berlin',
  ssid: 'Office',
  preSharedKey: SECRET,
  ...more,
});
const assignments = [
  {
    id: 'a',
    target: {
      '@odata.type': '#microsoft.graph.groupAssignmentTarget',
      groupId: GROUP,
      deviceAndAppManagementAssignmentFilterId: FILTER,
      deviceAndAppManagementAssignmentFilterType: 'include',
    },
  },
];

t.test('policies', async (t) => {
  const site = await hubSite(t);
  const { builder, artifacts } = site;
  const contoso = await site.tenant('contoso');
  const fabrikam = await site.tenant('fabrikam');
  const key = policyKeyOf(contoso.tenantId, TYPE, POLICY);
  const typeItem = {
    itemId: TYPE,
    label: TYPE,
    subject: null,
    outcome: 'succeeded',
    reasonCode: null,
    reason: null,
  } as const;

  async function inventory(
    { tenantId }: SiteTenant,
    ...policies: readonly { id: string; name: string; artifact: string; content: string }[]
  ) {
    const runId = await builder.queue(tenantId, builder.chance.hex(32));
    const items = policies.map(({ id, name }) => ({
      itemId: `${TYPE}/${id}`,
      label: name,
      subject: { type: TYPE, id },
      ...({ outcome: 'succeeded', reasonCode: null, reason: null } as const),
    }));
    const observed = policies.map(({ id, name, artifact, content }) =>
      observedWith({
        itemId: `${TYPE}/${id}`,
        policyType: TYPE,
        policyId: id,
        name,
        artifact,
        contentHash: content,
        ...(id === POLICY ? { sets: [0, 1], groups: [GROUP] } : { sets: [1] }),
      }),
    );
    const drafts: ProductDraft[] = [{ type: 'RunStarted', data: { attempt: 1, worker: 'w' } }];
    if (items.length > 0)
      drafts.push(
        { type: 'RunItemsRecorded', data: { items } },
        {
          type: 'InventoryItemsObserved',
          data: {
            scopeKey: 'ab'.repeat(16),
            rulesVersion: RULES,
            policies: observed,
            settings: SETTINGS,
            unread: [],
          },
        },
      );
    await builder.toRun(tenantId, runId, ...drafts);
    return runId;
  }
  const finish = (runId: string, ...before: ProductDraft[]) =>
    builder.toRun(contoso.tenantId, runId, ...before, {
      type: 'RunItemsRecorded',
      data: { items: [typeItem] },
    });
  const stored = (raw: GraphObject, assigned: GraphObject[] = []) =>
    artifacts.put(contoso.tenantId, encodeStoredPolicy(type, { raw, settings: null, assignments: assigned }));

  const first = await stored(wifi(), assignments);
  const second = await stored(wifi({ ssid: 'Guests', preSharedKey: `${SECRET}2` }));
  const others = Array.from({ length: 60 }, (_, n) => ({
    id: `other-${n}`,
    name: `Other ${n}`,
    artifact: first,
    content: '1'.repeat(64),
  }));
  const old = await inventory(
    contoso,
    { id: POLICY, name: 'Wi-Fi Berlin', artifact: first, content: '1'.repeat(64) },
    ...others,
  );
  await finish(old);
  const references = await artifacts.put(
    contoso.tenantId,
    encodeReferences([
      { kind: 'group', id: GROUP, name: 'Laptops Berlin', unnamed: null },
      { kind: 'assignment_filter', id: FILTER, name: 'Corporate', unnamed: null },
    ]),
  );
  const { runId } = {
    runId: await builder.queue(contoso.tenantId, builder.chance.hex(32), {
      type: 'policy.capture_snapshot',
      title: 'Snapshot of “Wi-Fi Berlin”',
      related: [{ relation: 'policy', kind: 'policy', id: key, label: 'Wi-Fi Berlin' }],
    }),
  };
  const captured = {
    ...EVENT_SAMPLES.SnapshotCaptured,
    policyType: TYPE,
    policyId: POLICY,
    name: 'Wi-Fi Berlin',
    artifact: first,
    contentHash: '1'.repeat(64),
    assignmentsHash: 'a'.repeat(64),
    rulesVersion: RULES,
    references,
  };
  await builder.append(
    policyEntity.stream(contoso.tenantId, key),
    [{ type: 'SnapshotCaptured', data: captured }],
    { tenantId: contoso.tenantId, runId },
  );
  const now = await inventory(contoso, {
    id: POLICY,
    name: 'Wi-Fi Berlin',
    artifact: second,
    content: '2'.repeat(64),
  });
  // The newest inventory repeats all but two of the other policies: the last of them is gone, and one could not be read.
  await finish(
    now,
    {
      type: 'RunItemsRepeated',
      data: { from: [{ runId: old, ordinals: [[2, 59]] }], subjects: [{ type: TYPE, items: 58 }] },
    },
    {
      type: 'RunItemsRecorded',
      data: {
        items: [
          {
            itemId: `${TYPE}/other-58`,
            label: 'Other 58',
            subject: { type: TYPE, id: 'other-58' },
            outcome: 'failed',
            reasonCode: 'graph_unavailable',
            reason: 'Graph answered 503.',
          },
        ],
      },
    },
  );
  const drift = await builder.queue(contoso.tenantId, builder.chance.hex(32), { type: 'drift.generate' });
  await builder.toRun(
    contoso.tenantId,
    drift,
    { type: 'RunStarted', data: { attempt: 1, worker: 'w' } },
    {
      type: 'FindingsDetected',
      data: {
        scopeKey: 'ab'.repeat(16),
        baselineRunId: old,
        currentRunId: now,
        rulesVersion: RULES,
        findings: [
          findingWith({
            itemId: 'x',
            fingerprint: 'f'.repeat(32),
            policyType: TYPE,
            subjectId: POLICY,
            name: 'Wi-Fi Berlin',
          }),
        ],
      },
    },
  );
  await site.settle();
  const operator = await pageVisitor(site, contoso.persons.operator);
  const reader = await pageVisitor(site, contoso.persons.readonly);
  const page = async (url: string) => (await operator.get(`/t/contoso${url}`)).body;
  const rowsOf = (body: string) =>
    [...body.matchAll(/class="row-link" href="[^"]*">([^<]+)</g)].map(([, name]) => name);

  await t.test('the list is searched by words and type, and paged both ways', async (t) => {
    t.same(rowsOf(await page('/policies?q=berl')), ['Wi-Fi Berlin']);
    t.same(rowsOf(await page(`/policies?q=${POLICY}&type=${TYPE}`)), ['Wi-Fi Berlin']);
    t.match(await page('/policies?q=berl&type=intents'), 'No policy matches these filters');
    const firstPage = await page('/policies');
    const next = /rel="next" href="([^"]+)"/.exec(firstPage)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const rest = (await operator.get(next)).body;
    const names = [...rowsOf(firstPage), ...rowsOf(rest)];
    t.equal(new Set(names).size, 61);
    t.same(names, [...names].sort(), 'in one order over both pages');
    const previous = /rel="prev" href="([^"]+)"/.exec(rest)?.[1]?.replaceAll('&amp;', '&') ?? '';
    t.same(rowsOf((await operator.get(previous)).body), rowsOf(firstPage));
    t.equal(rowsOf(await page('/policies?sort=changed'))[0], 'Wi-Fi Berlin');
  });

  await t.test('the list is searched by settings and groups', async (t) => {
    t.same(rowsOf(await page('/policies?setting=wi-fi+secur')), ['Wi-Fi Berlin']);
    const exact = await page('/policies?setting=wiFiSecurityType&q=berlin');
    t.same(rowsOf(exact), ['Wi-Fi Berlin']);
    t.match(exact, 'With the setting wiFiSecurityType.');
    t.equal(rowsOf(await page('/policies?setting=encryption&q=other')).length, 50, 'a page of them');
    t.match(await page('/policies?setting=firewall'), 'No setting is found by “firewall”');
    t.same(rowsOf(await page(`/policies?group=${GROUP}`)), ['Wi-Fi Berlin']);
    t.same(rowsOf(await page(`/policies?group=${GROUP.toUpperCase()}&setting=wifi`)), ['Wi-Fi Berlin']);
    t.match(
      await page('/policies?group=Laptops'),
      /Names of groups: the list was (?:never )?read/,
      'with its age',
    );
    t.match(await page('/policies?group=Laptops'), 'No group is found by “Laptops”');
  });

  await t.test(
    'policies that the newest inventory repeats or couldn’t read are present, the others deleted',
    async (t) => {
      const gone = await page('/policies?q=other');
      const rest = (
        await operator.get(/rel="next" href="([^"]+)"/.exec(gone)?.[1]?.replaceAll('&amp;', '&') ?? '')
      ).body;
      const marked = [...`${gone}${rest}`.matchAll(/">([^<]+)<\/a> <span class="chip">gone/g)].map(
        ([, name]) => name,
      );
      t.same(marked, ['Other 59']);
      t.match(await page(`/policies/${policyKeyOf(contoso.tenantId, TYPE, 'other-59')}`), /no longer has it/);
    },
  );

  await t.test('a policy’s page shows its settings with names, and masks secrets', async (t) => {
    const body = await page(`/policies/${key}`);
    t.match(body, 'Guests');
    t.match(body, 'No backup set contains this policy');
    t.match(body, /preSharedKey/);
    t.match(body, '2</span></h2>', 'two versions');
    t.match(body, 'Snapshot of “Wi-Fi Berlin”');
    t.match(body, `/drift/findings/${'f'.repeat(32)}`);
    const earlier = await page(`/policies/${key}?version=1`);
    t.match(earlier, /Laptops Berlin \(0a0a0a0a/);
    t.match(earlier, /include Corporate \(0a0a0a0a/);
    t.match(earlier, 'Office');
    const compared = await page(`/policies/${key}/compare?old=1&new=2`);
    t.match(compared, 'Office');
    t.match(compared, 'Guests');
    t.match(compared, 'This is a secret, so both sides are masked.');
    for (const shown of [body, earlier, compared]) t.notMatch(shown, SECRET);
    t.match(await page(`/policies/${key}/compare?old=2&new=2`), 'Both versions have the same settings');
    const moved = await operator.get(`/t/contoso/policies/${key}/snapshots/0`);
    t.equal(moved.headers.location, `/t/contoso/policies/${key}?version=1`);
    t.match(await page(`/runs/${now}/items`), `/t/contoso/policies/${key}`);
    t.match(await page(`/drift/findings/${'f'.repeat(32)}`), `/t/contoso/policies/${key}`);
    const other = policyKeyOf(contoso.tenantId, TYPE, 'other-1');
    t.match(await page(`/policies/${other}?version=9`), 'Nothing has this address');
  });

  await t.test('without a snapshot, names come from the cache of groups', async (t) => {
    const other = policyKeyOf(contoso.tenantId, TYPE, 'other-1');
    t.notMatch(await page(`/policies/${other}`), 'Notebooks Berlin');
    const cached = {
      id: GROUP,
      name: 'Notebooks Berlin',
      nameHash: null,
      type: 'security',
      dynamic: false,
      onPremises: false,
    };
    await builder.append(
      directoryEntity.stream(contoso.tenantId),
      [
        {
          type: 'DirectoryObjectsObserved',
          data: { ...EVENT_SAMPLES.DirectoryObjectsObserved, present: [cached], removed: [] },
        },
      ],
      { tenantId: contoso.tenantId, runId: old },
    );
    await site.settle();
    t.match(await page(`/policies/${other}`), /Notebooks Berlin \(0a0a0a0a/);
    t.match(
      await page(`/policies/${key}?version=1`),
      /Laptops Berlin \(0a0a0a0a/,
      'a snapshot keeps its names',
    );
  });

  await t.test('an open page shows a new version and the sets that contain it', async (t) => {
    const origin = await site.app.listen({ host: '127.0.0.1', port: 0 });
    const cookie = await site.cookieOf(contoso.persons.operator);
    const live = await openLive(origin, cookie, [`/t/contoso/policies/${key}?position=-1`]);
    const shownUntil = async (words: RegExp) => {
      for (;;) {
        const view = await live.next('view');
        if (!view) return undefined;
        if (words.test(view.html ?? '')) return view.html;
      }
    };
    t.notMatch(await shownUntil(/id="policy"/), /Version 3/);
    const third = await stored(wifi({ ssid: 'Visitors' }), assignments);
    await builder.append(
      policyEntity.stream(contoso.tenantId, key),
      [{ type: 'SnapshotCaptured', data: { ...captured, artifact: third, contentHash: '3'.repeat(64) } }],
      { tenantId: contoso.tenantId, runId },
    );
    const html = await shownUntil(/Version 3/);
    t.match(html, 'Visitors', 'what it sets now');
    t.match(html, /id="policy-seen"/);
    await live.close();
  });

  await t.test('what is compared in part says so', async (t) => {
    const roles = policyTypeNamed('roleDefinitions');
    if (!roles) throw new Error('the catalogue lacks a type');
    const artifact = await artifacts.put(
      contoso.tenantId,
      encodeStoredPolicy(roles, {
        raw: { id: POLICY, displayName: 'Operator', isBuiltIn: true, description: 'Microsoft’s text' },
        settings: null,
        assignments: [],
        attached: { roleAssignments: [{ id: 'a', displayName: 'Berlin', members: [GROUP] }] },
      }),
    );
    const roleKey = policyKeyOf(contoso.tenantId, roles.name, POLICY);
    const data = { ...captured, policyType: roles.name, name: 'Operator', artifact };
    await builder.append(
      policyEntity.stream(contoso.tenantId, roleKey),
      [{ type: 'SnapshotCaptured', data }],
      { tenantId: contoso.tenantId, runId },
    );
    await site.settle();
    const shown = await page(`/policies/${roleKey}`);
    t.match(shown, 'It is one of Microsoft’s own roles: only what this tenant sets is compared.');
    t.match(shown, 'roleAssignments/members');
    t.notMatch(shown, 'Microsoft’s text');
    t.notMatch(shown, '>Nobody.<', 'a role has no assignments like those of other policies');
  });

  await t.test('a version whose content is lost is shown without it, until it is stored again', async (t) => {
    const stateOf = (body: Buffer) =>
      sql`update opsledger.artifacts set body = ${body} where address = ${second}`;
    await stateOf(Buffer.from('damaged')).execute(site.database.db);
    const single = await page(`/policies/${key}?version=2`);
    t.match(single, 'The stored content of version 2 can’t be read: it was changed');
    t.match(single, 'Version 1', 'the rest of the page is there');
    const both = await page(`/policies/${key}/compare?old=2&new=1`);
    t.match(both, 'The stored content of version 2 can’t be read');
    t.notMatch(both, 'version 1 is gone');
    t.equal(await stored(wifi({ ssid: 'Guests', preSharedKey: `${SECRET}2` })), second);
    t.match(await page(`/policies/${key}?version=2`), 'Guests');
    await sql`delete from opsledger.artifacts where address = ${references}`.execute(site.database.db);
    t.match(await page(`/policies/${key}?version=1`), '0a0a0a0a', 'without the names it kept');
    await sql`delete from opsledger.artifacts where address = ${first}`.execute(site.database.db);
    t.match(await page(`/policies/${key}?version=1`), 'The stored content of version 1 is gone.');
  });

  await t.test('capturing needs the role', async (t) => {
    const shown = (await reader.get(`/t/contoso/policies/${key}`)).body;
    t.equal(shown.match(/disabled\s+aria-describedby="acts-reason-0"/g)?.length, 4, 'one reason for all');
    t.match(shown, /id="acts-reason-0"[^>]*>Your role here is readonly/);
    t.equal((await reader.post(`/t/contoso/policies/${key}/capture`, {})).statusCode, 403);
    const started = await operator.post(`/t/contoso/policies/${key}/capture`, {});
    t.match(started.headers.location, /^\/t\/contoso\/runs\/[0-9a-f]{32}-0/);
  });

  await t.test('a policy, a version and selected policies are exported', async (t) => {
    const sourceOf = async (fields: Record<string, string | readonly string[]>) => {
      const { statusCode } = await operator.post('/t/contoso/exports/start', fields);
      t.equal(statusCode, 303, JSON.stringify(fields));
      const queued = builder.log.events.filter(({ type: name }) => name === 'RunQueued').at(-1);
      return queued?.data as { input: object; title: string };
    };
    await builder.toRun(contoso.tenantId, now, completed([], 'Read'));
    t.match(await sourceOf({ policy: key, version: '1' }), {
      input: { source: { from: 'snapshot', snapshotId: `${key}-0` } },
    });
    t.match(await sourceOf({ policy: key, version: '2' }), {
      input: { source: { from: 'observation', runId: now, policyType: TYPE, policyId: POLICY } },
      title: 'Export of one version of “Wi-Fi Berlin”',
    });
    t.match(await sourceOf({ policy: key }), {
      input: { source: { from: 'graph', policies: { from: 'list', policies: [{ policyId: POLICY }] } } },
    });
    const list = await page('/policies?q=other');
    const keys = [...list.matchAll(/name="policy" value="([0-9a-f]{32})"/g)].map(([, one]) => one ?? '');
    t.equal(keys.length, 50);
    t.match(await sourceOf({ policy: keys }), { title: 'Export of 50 policies' });
    const chosen = await page(`/back-up?policy=${keys[0]}&policy=${keys[1]}`);
    t.equal(chosen.match(/name="policies" value="[0-9a-f]{32}"[^>]* checked/g)?.length, 2);
    t.equal(chosen.match(/name="policies"/g)?.length, 2, 'only those that were ticked');
  });

  await t.test('another tenant’s policy answers 403, an unknown one 404', async (t) => {
    const stranger = await pageVisitor(site, fabrikam.persons.owner);
    for (const part of ['', '/compare', '/snapshots/0']) {
      t.equal((await stranger.get(`/t/fabrikam/policies/${key}${part}`)).statusCode, 403, part);
      t.equal((await operator.get(`/t/contoso/policies/${'0'.repeat(32)}${part}`)).statusCode, 404, part);
    }
  });
});
