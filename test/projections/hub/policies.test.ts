import t from 'tap';
import { settingFacet } from '../../../projections/hub/policy-facets.js';
import { policyEntity, policyKeyOf } from '../../../src/entities/policy/policy.js';
import type { ProductDraft } from '../../../src/program/product-events.js';
import { createEventBuilder } from '../../support/event-builder.js';
import { EVENT_SAMPLES } from '../../support/event-samples.js';
import { observedWith } from '../../support/finding-builder.js';
import { hubBed } from './hub-bed.js';

const TYPE = 'configurationPolicies';
const RULES = 3;
const SETTINGS = [
  { path: 'passwordMinimumLength', label: null },
  { path: 'device_bitlocker_require', label: 'Require encryption' },
];
const hash = (text: string) => Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64);

/** Content as hashes tell it apart, and the bytes that it was stored as. */
interface Seen {
  readonly id?: string;
  readonly content?: string;
  readonly bytes?: string;
  readonly name?: string;
  readonly rules?: number;
  /** Places in SETTINGS; null for an inventory of the first releases. */
  readonly sets?: number[] | null;
  readonly groups?: string[];
}

function policyStories() {
  const builder = createEventBuilder();
  const { chance, append, queue, toRun } = builder;
  const tenantId = chance.uuid();
  const facts = ({ id = 'ID-1', content = 'a', bytes = content, name = 'Wi-Fi' }: Seen) => ({
    policyType: TYPE,
    policyId: id,
    name,
    nameHash: hash(name),
    artifact: hash(`bytes ${bytes}`),
    contentHash: hash(content),
    assignmentsHash: hash('none'),
  });
  const key = (id = 'id-1') => policyKeyOf(tenantId, TYPE, id);
  const subject = { tenantId, key };
  async function inventory(...seen: readonly Seen[]): Promise<string> {
    const runId = await queue(tenantId, chance.hex(32));
    const policies = seen.map((one) =>
      observedWith({
        itemId: `${TYPE}/${one.id ?? 'ID-1'}`,
        ...facts(one),
        settingCount: 12,
        sets: one.sets === undefined ? [] : one.sets,
        groups: one.groups ?? [],
      }),
    );
    const drafts: ProductDraft[] = [
      { type: 'RunStarted', data: { attempt: 1, worker: 'w1' } },
      {
        type: 'RunItemsRecorded',
        data: {
          items: [
            {
              itemId: TYPE,
              label: TYPE,
              subject: null,
              outcome: 'succeeded',
              reasonCode: null,
              reason: null,
            },
            {
              itemId: 'intents',
              label: 'x',
              subject: null,
              outcome: 'failed',
              reasonCode: 'graph_forbidden',
              reason: '',
            },
          ],
        },
      },
    ];
    for (const policy of policies)
      drafts.splice(1, 0, {
        type: 'InventoryItemsObserved',
        data: {
          scopeKey: 'ab'.repeat(16),
          rulesVersion: seen[0]?.rules ?? RULES,
          policies: [policy],
          settings: SETTINGS,
          unread: [],
        },
      });
    await toRun(tenantId, runId, ...drafts);
    return runId;
  }
  let revision = -1;
  async function capture(seen: Seen = {}): Promise<string> {
    const runId = await queue(tenantId, chance.hex(32), { type: 'policy.capture_snapshot' });
    const data = { ...EVENT_SAMPLES.SnapshotCaptured, ...facts(seen), rulesVersion: seen.rules ?? RULES };
    await append(policyEntity.stream(tenantId, key(seen.id)), [{ type: 'SnapshotCaptured', data }], {
      tenantId,
      runId,
    });
    revision += 1;
    return `${key(seen.id)}-${revision}`;
  }
  return { ...subject, builder, inventory, capture };
}

t.test('a policy’s versions are its observations with other content, in order', async (t) => {
  const bed = await hubBed(t);
  const { builder, key, inventory, capture } = policyStories();
  const first = await inventory({ bytes: 'a in January' });
  await inventory({ bytes: 'a in February' });
  const snapshot = await capture({ bytes: 'a in March' });
  const changed = await inventory({ content: 'b' });
  await capture({ content: 'b', id: 'id-1' });
  const back = await inventory({});
  const { events } = builder.log;
  await bed.apply('hub', events);
  await bed.apply('apart', events, events.map((_, index) => index).slice(1));

  for (const schema of ['hub', 'apart']) {
    const versions = await bed.rows(schema, 'policy_versions');
    t.match(
      versions.sort((a, b) => a.version - b.version),
      [
        {
          version: 1,
          artifact: hash('bytes a in January'),
          first_run_id: first,
          setting_count: 12,
          snapshot_id: snapshot,
          last_run_id: /-0$/,
        },
        { version: 2, first_run_id: changed, snapshot_id: `${key()}-1` },
        { version: 3, first_run_id: back, last_run_id: back, snapshot_id: null },
      ],
    );
    t.ok((versions[0]?.last_seen_at ?? 0) < (versions[1]?.first_seen_at ?? 0));
    t.match(await bed.rows(schema, 'policies'), [
      { policy_key: key(), policy_id: 'ID-1', version: 3, first_run_id: first, changed_run_id: back },
    ]);
    const snapshots = await bed.rows(schema, 'policy_snapshots');
    t.same(snapshots.map(({ version }) => version).sort(), [1, 2]);
  }
});

t.test('other comparing rules make no version; changes after that are found again', async (t) => {
  const bed = await hubBed(t);
  const { builder, inventory, capture } = policyStories();
  await inventory({ content: 'a', rules: RULES - 1 });
  await inventory({ content: 'a under new rules', bytes: 'a later' });
  await capture({ content: 'a under new rules' });
  await inventory({ content: 'b' });
  await bed.apply('hub', builder.log.events);
  t.match(await bed.rows('hub', 'policies'), [{ version: 2, rules_version: RULES }]);
});

t.test(
  'a policy is found by the words of its present name, and one that was only captured as well',
  async (t) => {
    const bed = await hubBed(t);
    const { builder, key, inventory, capture } = policyStories();
    await inventory({ name: 'Wi-Fi Berlin' }, { id: 'id-2', name: 'Firewall' });
    await inventory({ name: 'WLAN Berlin', content: 'renamed' });
    await capture({ id: 'id-3', name: 'BitLocker' });
    await bed.apply('hub', builder.log.events);
    const words = (await bed.rows('hub', 'policy_terms')).map(
      ({ term, policy_key }) => `${term} ${policy_key}`,
    );
    for (const word of ['wlan', 'berlin', 'id', '1']) t.ok(words.includes(`${word} ${key()}`), word);
    for (const word of ['wi', 'fi']) t.notOk(words.includes(`${word} ${key()}`), word);
    t.ok(words.includes(`bitlocker ${key('id-3')}`));
    t.match(
      await bed.rows('hub', 'policy_type_readings'),
      [{ policy_type: TYPE }],
      'a type that failed isn’t read',
    );
    t.equal((await bed.rows('hub', 'policy_type_readings')).length, 1);
  },
);

t.test('a policy is found by the settings and groups that its newest inventory saw', async (t) => {
  const bed = await hubBed(t);
  const { builder, key, inventory, capture } = policyStories();
  const group = '0a0a0a0a-0000-4000-8000-000000000001';
  await inventory({ sets: [0, 1], groups: [group] }, { id: 'id-2', sets: [1] });
  await inventory({ content: 'b', sets: [1] });
  await capture({ content: 'c' });
  await inventory({ id: 'id-2', content: 'b', sets: null });
  const { events } = builder.log;
  await bed.apply('hub', events);
  await bed.apply('apart', events, events.map((_, index) => index).slice(1));
  for (const schema of ['hub', 'apart']) {
    const facets = (await bed.rows(schema, 'policy_facets')).map(
      ({ facet, policy_key }) => `${facet} ${policy_key}`,
    );
    t.same(
      facets.sort(),
      [key(), key('id-2')].map((one) => `${settingFacet('device_bitlocker_require')} ${one}`).sort(),
    );
    const terms = (await bed.rows(schema, 'setting_terms')).map(({ term, facet }) => `${term} ${facet}`);
    for (const word of ['passwordminimumlength', 'password', 'minimum', 'length'])
      t.ok(terms.includes(`${word} ${settingFacet('passwordMinimumLength')}`), word);
    for (const word of ['bitlocker', 'encryption'])
      t.ok(terms.includes(`${word} ${settingFacet('device_bitlocker_require')}`), word);
  }
});
