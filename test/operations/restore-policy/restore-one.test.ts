import t from 'tap';
import type { GraphClient } from '../../../src/graph/client/graph-client.js';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { GraphContent } from '../../../src/graph/simulator/tenant-state.js';
import type { JsonObject } from '../../../src/ledger/canonical-json.js';
import { begunRestores } from '../../../src/operations/restore-policy/begun-restores.js';
import type { PolicyToRestore, Restoring } from '../../../src/operations/restore-policy/policy-to-restore.js';
import { prepareRestore } from '../../../src/operations/restore-policy/prepare-restore.js';
import {
  RESTORE_REQUEST_TIMEOUT_MS,
  restoreOne,
} from '../../../src/operations/restore-policy/restore-one.js';
import { policyTypeNamed } from '../../../src/policies/catalogue/policy-types.js';
import { comparedHashesOf } from '../../../src/snapshots/policy-hashes.js';
import { readSnapshot } from '../../../src/snapshots/read-snapshot.js';
import type { OpenGraphWriter } from '../../../src/worker/effect-sending.js';
import { catalogPolicy, simulatorAndClient } from '../../graph/simulator-and-client.js';
import { claimRunOf, TENANT } from '../../support/claimed-run-bed.js';
import { createBedArtifacts } from '../../support/operation-bed.js';
import { testWork } from '../../support/test-work.js';
import { until } from '../../support/until.js';

/**
 * Goal: a restore sends exactly the planned requests, each once, and records the result. Method: a claimed run on a
 * log in memory and the simulated Graph over HTTP, whose log of requests is compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const ADMX = 'deviceManagement/groupPolicyConfigurations';
const GROUP = '11111111-1111-4111-8111-111111111111';
const DEFINITION = '22222222-2222-4222-8222-222222222222';
const ID = String(catalogPolicy(0).id);
const definition = testWork({ effectTimeoutMs: RESTORE_REQUEST_TIMEOUT_MS });

function typeNamed(name: string) {
  const type = policyTypeNamed(name);
  if (!type) throw new Error(`no type ${name}`);
  return type;
}
const type = typeNamed('configurationPolicies');
const admx = typeNamed('groupPolicyConfigurations');

const content = (policy: GraphObject | null = catalogPolicy(0)): GraphContent =>
  new Map<string, readonly GraphObject[]>([
    [CATALOG, policy === null ? [] : [policy]],
    ['groups', [{ id: GROUP, displayName: 'Pilot' }]],
  ]);

/** The policy as it was captured: with another description and assigned to a group. */
const captured = (): PolicyToRestore['snapshot'] => {
  const { settings, assignments: _assignments, ...raw } = catalogPolicy(0);
  const target = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: GROUP };
  return {
    raw: { ...raw, description: 'as it was' } as JsonObject,
    settings: settings as JsonObject[],
    assignments: [{ id: 'a', target }],
  };
};

/** An administrative template with one value, which a create sends in a separate request. */
const template = (): PolicyToRestore['snapshot'] => ({
  raw: { id: ID, displayName: 'ADMX' },
  settings: [{ id: 'v', enabled: true, definition: { id: DEFINITION }, presentationValues: [] }],
  assignments: captured().assignments,
});

async function createBed(
  t: { teardown(end: () => Promise<void>): void },
  {
    source = content(),
    writer = (client: GraphClient): Pick<GraphClient, 'write'> => client,
    ...simulated
  }: {
    readonly source?: GraphContent;
    readonly writer?: (client: GraphClient) => Pick<GraphClient, 'write'>;
    readonly readAfterWriteMs?: number;
  } = {},
) {
  const { simulator, client, clock } = await simulatorAndClient(t, { content: source }, simulated);
  const directory = { baseUrl: simulator.url, directoryId: null };
  const connected: OpenGraphWriter = async () => ({ directory, write: client.write });
  const opened: { writer: OpenGraphWriter } = {
    writer: async () => ({ directory, write: writer(client).write }),
  };
  const claimed = await claimRunOf(definition, (options) => opened.writer(options));
  const artifacts = createBedArtifacts();
  const restoring = (run: Restoring['run'] = claimed.run): Restoring => ({
    services: { ledger: claimed.ledger, artifacts, clock },
    graph: client,
    run,
  });
  const previewed = async (id = ID): Promise<PolicyToRestore['previewed']> => {
    const document = await client.policy(type, id);
    return { id, ...(await comparedHashesOf(artifacts, TENANT, { type, document })) };
  };
  const written = () =>
    simulator
      .requests()
      .filter(({ method }) => method !== 'GET' && method !== 'DELETE')
      .filter(({ path }) => !path.startsWith('$batch'));
  return { simulator, client, clock, claimed, artifacts, restoring, previewed, written, opened, connected };
}

const policyOf = (over: Partial<PolicyToRestore> = {}): PolicyToRestore => ({
  itemId: 'one',
  type,
  snapshot: captured(),
  previewed: null,
  mode: 'update',
  copyName: 'A copy',
  copyNumber: 1,
  assignLater: false,
  isAnothers: () => false,
  includeAssignments: true,
  includeScopeTags: true,
  graphRoot: 'https://graph.microsoft.com/beta',
  mapped: ({ id }) => id,
  ...over,
});

/** Moves the run's clock and notes signs of life until the work has ended. */
async function whilePassing<Result>(
  { pass, run }: Awaited<ReturnType<typeof createBed>>['claimed'],
  work: Promise<Result>,
): Promise<Result> {
  let ended = false;
  const ending = work.finally(() => {
    ended = true;
  });
  ending.catch(() => undefined);
  for (let passedMs = 0; !ended; passedMs += 100) {
    run.prolong(passedMs);
    pass(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return ending;
}

t.test('an update saves the old state, writes, assigns and checks; a repetition sends nothing', async (t) => {
  const bed = await createBed(t);
  const policy = policyOf({ previewed: await bed.previewed() });
  const restored = await restoreOne(bed.restoring(), policy);
  t.match(restored, { action: 'updated', id: ID, requests: 2, limits: [] });
  const path = `${CATALOG}/${ID}`;
  t.match(bed.written(), [
    { method: 'PATCH', path, applied: true },
    { method: 'POST', path: `${path}/assign`, applied: true },
  ]);
  t.equal(bed.written().length, 2);
  const intents = bed.claimed.log.events.filter(({ type: name }) => name === 'EffectIntended');
  t.same(
    intents.map(({ data }) => (data as { clientRequestId: string }).clientRequestId),
    bed.written().map(({ clientRequestId }) => clientRequestId),
    'the ids of the intents are those in Graph’s log',
  );
  t.same(bed.claimed.types().slice(2), [
    'SnapshotCaptured',
    'EffectIntended',
    'EffectSettled',
    'EffectIntended',
    'EffectSettled',
  ]);
  const reading = { ledger: bed.claimed.ledger, artifacts: bed.artifacts };
  const before = await readSnapshot(
    reading,
    TENANT,
    restored.action === 'updated' ? (restored.before ?? '') : '',
  );
  t.match(before?.policy, {
    raw: { name: 'Policy 0' },
    assignments: [{ target: { '@odata.type': /allDevices/ } }],
  });
  t.notMatch(before?.policy.raw, { description: 'as it was' });

  const again = policyOf({ itemId: 'two', previewed: await bed.previewed() });
  t.match(await restoreOne(bed.restoring(), again), {
    action: 'unchanged',
    id: ID,
    requests: 0,
    before: null,
  });
  t.equal(bed.written().length, 2);
});

t.test('a create is followed by its content and its assignment', async (t) => {
  const bed = await createBed(t);
  const restored = await restoreOne(bed.restoring(), policyOf({ type: admx, snapshot: template() }));
  t.match(restored, { action: 'created', requests: 3, before: null });
  t.same(
    bed.written().map(({ method, path }) => [method, path]),
    [
      ['POST', ADMX],
      ['POST', `${ADMX}/${restored.id}/updateDefinitionValues`],
      ['POST', `${ADMX}/${restored.id}/assign`],
    ],
  );
  t.match(await bed.client.policy(admx, restored.id ?? ''), {
    settings: [{ enabled: true, definition: { id: DEFINITION } }],
    assignments: [{ target: { groupId: GROUP } }],
  });
});

t.test('a policy that was changed or deleted since the preview is not written', async (t) => {
  const bed = await createBed(t);
  const policy = policyOf({ previewed: await bed.previewed() });
  await bed.client.write('PATCH', `${CATALOG}/${ID}`, { description: 'by somebody else' });
  await t.rejects(restoreOne(bed.restoring(), policy), {
    name: 'RunFailure',
    reasonCode: 'changed_since_preview',
  });
  await bed.client.write('DELETE', `${CATALOG}/${ID}`, undefined);
  await t.rejects(restoreOne(bed.restoring(), policy), {
    name: 'RunFailure',
    reasonCode: 'changed_since_preview',
  });
  t.equal(bed.written().length, 1, 'only what the test wrote');
  t.notOk(bed.claimed.types().includes('EffectIntended'));
});

t.test(
  'a missing mapping or a secret fails before anything is written, and a dry run ends with the plan',
  async (t) => {
    const bed = await createBed(t);
    const previewed = await bed.previewed();
    const unmapped = policyOf({ previewed, mapped: () => null });
    await t.rejects(restoreOne(bed.restoring(), unmapped), {
      name: 'RunFailure',
      reasonCode: 'mapping_missing',
    });
    const { plan } = await prepareRestore(bed.restoring(), policyOf({ previewed }));
    t.match(plan, { action: 'update', requests: [{ what: 'update' }, { what: 'assign' }] });
    t.same(bed.written(), []);
  },
);

t.test('a policy that was created but not assigned is reported so', async (t) => {
  const bed = await createBed(t);
  await bed.client.write('DELETE', `groups/${GROUP}`, undefined);
  const created = policyOf({ type: admx, snapshot: template() });
  await t.rejects(restoreOne(bed.restoring(), created), {
    name: 'RunFailure',
    reasonCode: 'created_not_assigned',
  });
  t.match(
    bed.written().map(({ status }) => status),
    [201, 204, 400],
  );
  bed.simulator.failNext({ kind: 'status', status: 400, path: 'updateDefinitionValues' });
  const incomplete = policyOf({ itemId: 'two', type: admx, snapshot: template() });
  await t.rejects(restoreOne(bed.restoring(), incomplete), {
    name: 'RunFailure',
    reasonCode: 'created_incomplete',
  });
});

t.test('after a lost answer the outcome is looked up by the request’s id', async (t) => {
  for (const audited of [true, false]) {
    const bed = await createBed(t);
    bed.simulator.failNext({ kind: 'status', status: 504, method: 'POST', path: `${ADMX}$`, applied: true });
    if (!audited)
      bed.simulator.failNext({ kind: 'status', status: 403, method: 'GET', path: 'auditEvents', count: 9 });
    const created = policyOf({ type: admx, snapshot: template() });
    const restored = await whilePassing(bed.claimed, restoreOne(bed.restoring(), created));
    t.match(restored, { action: 'created', requests: 3 });
    t.equal(bed.written().filter(({ path }) => path === ADMX).length, 1);
    t.match(bed.claimed.log.events.filter(({ type: name }) => name === 'EffectSettled')[0]?.data, {
      outcome: 'applied',
      lookedUp: true,
      result: { id: restored.id },
    });
  }
});

t.test('when the look-up shows that a request was not carried out, it is sent again', async (t) => {
  const bed = await createBed(t);
  bed.simulator.failNext({ kind: 'status', status: 504, method: 'PATCH' });
  const policy = policyOf({ previewed: await bed.previewed() });
  await t.rejects(whilePassing(bed.claimed, restoreOne(bed.restoring(), policy)), {
    name: 'GraphError',
    status: 504,
  });
  const begun = (await begunRestores(bed.claimed.run.history())).get('one');
  const { run } = await bed.claimed.nextAttempt();
  const known = begun ?? (await begunRestores(run.history())).get('one');
  t.match(await restoreOne(bed.restoring(run), policy, known), { action: 'updated', requests: 2 });
  t.same(
    bed.written().map(({ applied }) => applied),
    [false, true, true],
  );
});

t.test('of two policies that could be the created one only the audit log tells which it is', async (t) => {
  for (const audited of [true, false]) {
    const bed = await createBed(t);
    bed.simulator.failNext({ kind: 'status', status: 504, method: 'POST', path: `${ADMX}$`, applied: true });
    if (!audited)
      bed.simulator.failNext({ kind: 'status', status: 403, method: 'GET', path: 'auditEvents', count: 9 });
    const twin = await bed.client.get('groups').then(() => bed.simulator.tenants()[0]);
    twin?.state.put(ADMX, { id: 'twin', displayName: 'ADMX', createdDateTime: '2026-06-01T00:00:00Z' });
    const created = policyOf({ type: admx, snapshot: template() });
    const restoring = whilePassing(bed.claimed, restoreOne(bed.restoring(), created));
    if (audited) {
      const restored = await restoring;
      t.match(restored, { action: 'created', requests: 3 });
      t.not(restored.id, 'twin');
    } else await t.rejects(restoring, { name: 'RunFailure', reasonCode: 'outcome_unknown' });
    t.equal(bed.written().filter(({ path }) => path === ADMX).length, 1, 'created once');
  }
});

t.test(
  'when the policy is gone after a lost answer nobody can tell, and nothing is sent again',
  async (t) => {
    const bed = await createBed(t, {
      writer: (client) => ({
        async write(...request) {
          const answer = await client.write(...request).catch((error: unknown) => error);
          bed.simulator.tenants()[0]?.state.remove(CATALOG, ID);
          throw answer;
        },
      }),
    });
    for (const fault of [
      { status: 504, method: 'PATCH', applied: true },
      { status: 403, method: 'GET', path: 'auditEvents', count: 9 },
    ])
      bed.simulator.failNext({ kind: 'status', ...fault });
    const policy = policyOf({ previewed: await bed.previewed() });
    await t.rejects(whilePassing(bed.claimed, restoreOne(bed.restoring(), policy)), {
      name: 'RunFailure',
      reasonCode: 'outcome_unknown',
    });
    t.equal(bed.written().length, 1);
  },
);

t.test('a policy of another kind with the name isn’t taken for the created one', async (t) => {
  const PROFILES = 'deviceManagement/deviceConfigurations';
  const bed = await createBed(t);
  bed.simulator.failNext({ kind: 'status', status: 504, method: 'POST', path: `${PROFILES}$` });
  bed.simulator.failNext({ kind: 'status', status: 403, method: 'GET', path: 'auditEvents', count: 9 });
  const kind = (name: string) => ({ displayName: 'Camera', '@odata.type': `#microsoft.graph.${name}` });
  const [tenant] = await bed.client.get('groups').then(() => bed.simulator.tenants());
  tenant?.state.put(PROFILES, { id: 'other', ...kind('iosGeneralDeviceConfiguration') });
  const created = policyOf({
    type: typeNamed('deviceConfigurations'),
    snapshot: { raw: kind('windows10GeneralConfiguration'), settings: null, assignments: [] },
  });
  const restoring = whilePassing(bed.claimed, restoreOne(bed.restoring(), created));
  await t.rejects(restoring, { name: 'GraphError', status: 504 }, 'the request was not carried out');
});

t.test('a create is not sent again because its policy seems old or has no time', async (t) => {
  for (const createdDateTime of ['2020-01-01T00:00:00Z', null]) {
    const bed = await createBed(t, {
      writer: (client) => ({
        async write(method, path, body, call) {
          const answer = await client.write(method, path, body, call).catch((error: unknown) => error);
          const state = bed.simulator.tenants()[0]?.state;
          for (const policy of state?.page(ADMX, 0, 9).entities ?? [])
            state?.put(ADMX, { ...policy, createdDateTime, lastModifiedDateTime: createdDateTime });
          if (answer instanceof Error) throw answer;
          return answer as Awaited<ReturnType<typeof client.write>>;
        },
      }),
    });
    bed.simulator.failNext({ kind: 'status', status: 504, method: 'POST', path: `${ADMX}$`, applied: true });
    bed.simulator.failNext({ kind: 'status', status: 403, method: 'GET', path: 'auditEvents', count: 9 });
    const created = policyOf({ type: admx, snapshot: template() });
    const restoring = whilePassing(bed.claimed, restoreOne(bed.restoring(), created));
    if (createdDateTime === null) t.match(await restoring, { action: 'created', requests: 3 });
    else await t.rejects(restoring, { name: 'RunFailure', reasonCode: 'outcome_unknown' });
    t.equal(bed.written().filter(({ path }) => path === ADMX).length, 1, 'created once');
  }
});

t.test(
  'a run that is taken over continues after the changes that were made, whenever its process died',
  async (t) => {
    for (const dies of [0, 1, 2])
      for (const when of ['before', 'after'] as const) {
        let sent = -1;
        const bed = await createBed(t, {
          writer: (client) => ({
            async write(method, path, body, call) {
              sent += 1;
              if (sent !== dies) return client.write(method, path, body, call);
              // A process that dies gets no answer and records nothing.
              await call?.beforeWrite?.();
              if (when === 'after')
                await client.write(method, path, body, { clientRequestId: call?.clientRequestId });
              sent = Number.POSITIVE_INFINITY;
              return new Promise<never>(() => undefined);
            },
          }),
        });
        const created = policyOf({ type: admx, snapshot: template() });
        void restoreOne(bed.restoring(), created).catch(() => undefined);
        await until(() => sent === Number.POSITIVE_INFINITY, 0);
        const { run } = await bed.claimed.nextAttempt();
        bed.opened.writer = bed.connected;
        const begun = (await begunRestores(run.history())).get('one');
        const restored = await restoreOne(bed.restoring(run), created, begun);
        t.match(restored, { action: 'created', requests: 3 }, `${when} request ${dies}`);
        t.equal(bed.written().length, 3, `each request once, ${when} request ${dies}`);
        t.ok(bed.written().every(({ applied }) => applied));
      }
  },
);

t.test('a policy that was changed while the restore was interrupted is not written', async (t) => {
  const bed = await createBed(t, {
    writer: () => ({ write: () => new Promise<never>(() => undefined) }),
  });
  const policy = policyOf({ previewed: await bed.previewed() });
  void restoreOne(bed.restoring(), policy).catch(() => undefined);
  await until(() => bed.claimed.types().includes('EffectIntended'), 0);
  const { run } = await bed.claimed.nextAttempt();
  bed.opened.writer = bed.connected;
  await bed.client.write('PATCH', `${CATALOG}/${ID}`, { name: 'Renamed by somebody' });
  const begun = (await begunRestores(run.history())).get('one');
  await t.rejects(restoreOne(bed.restoring(run), policy, begun), {
    name: 'RunFailure',
    reasonCode: 'changed_since_preview',
  });
  t.equal(bed.written().length, 1);
});

t.test(
  'a change that Graph shows late is waited for; one that Graph applied differently is reported',
  async (t) => {
    const late = await createBed(t, { readAfterWriteMs: 9_000 });
    const policy = policyOf({ previewed: await late.previewed() });
    t.match(await restoreOne(late.restoring(), policy), { action: 'updated' });
    t.ok(late.clock.sleptMs.some((ms) => ms > 0));

    const altered = await createBed(t, {
      writer: (client) => ({
        write: (method, path, body, call) =>
          client.write(method, path, method === 'PATCH' ? { ...body, description: 'cut off' } : body, call),
      }),
    });
    const differing = restoreOne(altered.restoring(), policyOf({ previewed: await altered.previewed() }));
    await t.rejects(differing, { reasonCode: 'applied_differently', message: /for description/ });

    const vanished = await createBed(t, {
      writer: (client) => ({
        async write(method, path, ...rest) {
          const answer = await client.write(method, path, ...rest);
          if (path.endsWith('/assign')) vanished.simulator.tenants()[0]?.state.remove(CATALOG, ID);
          return answer;
        },
      }),
    });
    const gone = restoreOne(vanished.restoring(), policyOf({ previewed: await vanished.previewed() }));
    await t.rejects(gone, { reasonCode: 'applied_differently', message: /doesn’t answer it/ });
  },
);

t.test('a copy has the chosen name and leaves the existing policy unchanged', async (t) => {
  const bed = await createBed(t);
  const policy = policyOf({ previewed: await bed.previewed(), mode: 'copy' });
  const restored = await restoreOne(bed.restoring(), policy);
  t.match(restored, { action: 'created', requests: 2, before: null });
  t.match(await bed.client.policy(type, restored.id ?? ''), { name: 'A copy' });
  t.match(await bed.client.policy(type, ID), { name: 'Policy 0' });
});

t.test('a throttled write is not sent when the policy was changed meanwhile', async (t) => {
  const bed = await createBed(t);
  const policy = policyOf({ previewed: await bed.previewed() });
  bed.simulator.failNext({ kind: 'status', status: 429, retryAfter: '30', method: 'PATCH' });
  const restoring = bed.restoring();
  const state = bed.simulator.tenants()[0]?.state;
  let looks = 0;
  const watched: Restoring = {
    ...restoring,
    graph: {
      ...restoring.graph,
      async policy(...asked) {
        looks += 1;
        state?.put(CATALOG, { ...catalogPolicy(0), description: 'by somebody else' });
        return restoring.graph.policy(...asked);
      },
    },
  };
  await t.rejects(whilePassing(bed.claimed, restoreOne(watched, policy)), {
    name: 'RunFailure',
    reasonCode: 'changed_since_preview',
    message: /right before it was written/,
  });
  t.equal(looks, 1);
  t.same(
    bed.written().map(({ status }) => status),
    [429],
    'nothing was sent after the wait',
  );
  t.match(bed.claimed.log.events.at(-1), {
    type: 'EffectSettled',
    data: { outcome: 'refused', reasonCode: 'changed_since_preview' },
  });
});

t.test('when Graph compares versions, a write sends the version that was read', async (t) => {
  const protections = typeNamed('managedAppPolicies');
  const PROTECTIONS = 'deviceAppManagement/iosManagedAppProtections';
  const protection = {
    '@odata.type': '#microsoft.graph.iosManagedAppProtection',
    id: 'T_1',
    displayName: 'iOS apps',
    description: 'now',
    version: '"v1"',
    apps: [],
    assignments: [],
  };
  for (const isChanged of [false, true]) {
    const bed = await createBed(t, {
      source: new Map([['deviceAppManagement/managedAppPolicies', [structuredClone(protection)]]]),
      writer: (client) => ({
        write(method, path, body, call) {
          t.equal(call?.ifMatch, '"v1"');
          if (isChanged)
            bed.simulator
              .tenants()[0]
              ?.state.put('deviceAppManagement/managedAppPolicies', { ...protection, version: '"v2"' });
          return client.write(method, path, body, call);
        },
      }),
    });
    const document = await bed.client.policy(protections, 'T_1');
    const hashes = await comparedHashesOf(bed.artifacts, TENANT, { type: protections, document });
    const policy = policyOf({
      type: protections,
      snapshot: { ...document, raw: { ...document.raw, description: 'as it was' } },
      previewed: { id: 'T_1', ...hashes },
    });
    const restoring = restoreOne(bed.restoring(), policy);
    if (isChanged)
      await t.rejects(restoring, {
        name: 'RunFailure',
        reasonCode: 'changed_since_preview',
      });
    else t.match(await restoring, { action: 'updated' });
    t.match(bed.written(), [{ path: `${PROTECTIONS}/T_1`, status: isChanged ? 412 : 200 }]);
  }
});

t.test('a refusal names the field that Graph rejected', async (t) => {
  const bed = await createBed(t);
  const message = 'Property description must be shorter; you sent: hunter2';
  bed.simulator.failNext({ kind: 'status', status: 400, method: 'PATCH', message });
  const policy = policyOf({ previewed: await bed.previewed() });
  await t.rejects(restoreOne(bed.restoring(), policy), {
    reasonCode: 'validation_failed',
    message: /^Graph answered 400.* because of “description”: PATCH /,
  });
  t.notMatch(JSON.stringify(bed.claimed.log.events.map(({ data }) => data)), /hunter2/);
});
