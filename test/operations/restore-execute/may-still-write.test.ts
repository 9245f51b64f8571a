import t from 'tap';
import type { GraphWriter } from '../../../src/graph/client/graph-client.js';
import { restoreExecute } from '../../../src/operations/restore-execute/restore-execute.js';
import type { Initiator } from '../../../src/runs/run-events.js';
import { readTenant, setMemberRole } from '../../../src/tenancy/tenant-commands.js';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { BED_TENANT } from '../../support/filling-bed.js';
import { createRestoreBed, type RestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: a live restore stops when whoever started it loses the right, or when the tenant is connected to another
 * directory, while it waits, while it works, and between two attempts. Method: real claims of real runs on one tenant.
 * The simulator's log of requests is compared.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const POLICIES = Array.from({ length: 12 }, (_, index) => ({
  ...catalogPolicy(index),
  platforms: 'windows10',
  technologies: 'mdm',
  description: 'as it was',
}));
const MANAGER = '1f2d3c4b-0000-4000-8000-0000000000a1';
const TOKEN = '1f2d3c4b-0000-4000-8000-0000000000c1';
const OTHER_DIRECTORY = 'd1d1d1d1-0000-4000-8000-000000000002';
const change = { actor: { kind: 'system', id: 'bed' }, correlationId: 'c' } as const;
const byMember: Initiator = { kind: 'member', personId: MANAGER };
const byToken: Initiator = { kind: 'api', clientId: TOKEN };

async function damagedTenant(t: Parameters<typeof createRestoreBed>[0]) {
  const bed = await createRestoreBed(t, new Map([[CATALOG, POLICIES]]));
  const { ledger } = bed;
  const append = async (type: string, data: object) => {
    const { state } = await readTenant(ledger, BED_TENANT);
    await ledger.append(tenantStream(BED_TENANT), state.head, [{ type, data }], {
      tenantId: BED_TENANT,
      ...change,
      causationId: 'c',
    });
  };
  const setRole = (personId: string, role: 'owner' | 'manager' | 'operator') =>
    setMemberRole(ledger, BED_TENANT, { personId, role }, change);
  const connect = (directoryId: string | null) =>
    append('GraphConnectionSet', {
      baseUrl: bed.simulator.url,
      signIn: directoryId && {
        directoryId,
        clientId: TOKEN,
        cloud: 'worldwide',
        authority: null,
        credential: { id: null, kind: 'secret', thumbprint: null, endsAt: null, assertionAlgorithm: null },
      },
    });
  await setRole(`${MANAGER.slice(0, -2)}b2`, 'owner');
  await setRole(MANAGER, 'manager');
  await connect(null);
  const issueToken = () =>
    append('ApiTokenIssued', {
      tokenId: TOKEN,
      name: 'Pipeline',
      capabilities: ['runs.start', 'restores.start_live'],
      expiresAt: '2126-11-26T00:00:00.000Z',
    });
  await issueToken();
  /** Each restore that is carried out has something to write. */
  const previewed = async () => {
    for (const policy of POLICIES) bed.state.put(CATALOG, { ...policy, description: 'damaged' });
    return (await bed.preview()).runId;
  };
  const input = (previewRunId: string) => ({ previewRunId, dryRun: false, tenantName: 'Contoso' });
  return {
    bed,
    previewed,
    setRole,
    connect,
    issueToken,
    revokeToken: () => append('ApiTokenRevoked', { tokenId: TOKEN }),
    queue: (previewRunId: string, startedBy: Initiator = byMember) =>
      bed.begin(input(previewRunId), restoreExecute, startedBy),
  };
}

type Tenant = Awaited<ReturnType<typeof damagedTenant>>;

/** The ways in which a run is stopped: how the right or the connection goes and comes back, and what is said. */
const STOPS: readonly {
  readonly when: string;
  readonly startedBy: Initiator;
  readonly says: RegExp;
  go(tenant: Tenant): Promise<unknown>;
  comeBack(tenant: Tenant): Promise<unknown>;
}[] = [
  {
    when: 'the role is taken away',
    startedBy: byMember,
    says: /may no longer start live restores/,
    go: ({ setRole }) => setRole(MANAGER, 'operator'),
    comeBack: ({ setRole }) => setRole(MANAGER, 'manager'),
  },
  {
    when: 'the token is revoked',
    startedBy: byToken,
    says: /may no longer start live restores/,
    go: ({ revokeToken }) => revokeToken(),
    comeBack: ({ issueToken }) => issueToken(),
  },
  {
    when: 'the tenant is connected to another directory',
    startedBy: byMember,
    says: /connected to another directory/,
    go: ({ connect }) => connect(OTHER_DIRECTORY),
    comeBack: ({ connect }) => connect(null),
  },
];

/** Writes as the bed does, and calls `first` after the first write. */
function writingThen(bed: RestoreBed, first: () => Promise<unknown>): GraphWriter['write'] {
  let written = 0;
  return async (method, path, body, call) => {
    const answer = await bed.writer.write(method, path, body, call);
    written += 1;
    if (written === 1) await first();
    return answer;
  };
}

for (const { when, startedBy, says, go, comeBack } of STOPS)
  t.test(`a live restore stops when ${when}`, async (t) => {
    const tenant = await damagedTenant(t);
    const { bed } = tenant;
    const previewRunId = await tenant.previewed();
    const waiting = await tenant.queue(previewRunId, startedBy);
    const from = bed.lastRequest();
    await go(tenant);
    await t.rejects(bed.attempt(waiting), says);
    t.equal(bed.lastRequest(), from, 'Graph is asked for nothing');
    await comeBack(tenant);

    const midway = await tenant.queue(previewRunId, startedBy);
    const write = writingThen(bed, () => go(tenant));
    await t.rejects(bed.attempt(midway, { write }), says);
    t.equal(bed.writes(from).length, 1, 'the policy that was begun is finished, and no other is written');
    await comeBack(tenant);

    const next = await tenant.previewed();
    const dying = await tenant.queue(next, startedBy);
    await bed.dieAt(dying, { nth: 1, applied: false });
    await go(tenant);
    const asked = bed.lastRequest();
    await t.rejects(bed.attempt(dying), says);
    t.same(bed.writes(asked), [], 'nothing more is written');
  });

t.test('between two requests of one policy the log is asked for the connection', async (t) => {
  const tenant = await damagedTenant(t);
  const { bed } = tenant;
  bed.state.put(CATALOG, { ...POLICIES[0], description: 'damaged', assignments: [] });
  const restore = await tenant.queue((await bed.preview()).runId);
  const from = bed.lastRequest();
  const write = writingThen(bed, () => tenant.connect(OTHER_DIRECTORY));
  await t.rejects(bed.attempt(restore, { write }), /connected to another directory/);
  t.same(
    bed.writes(from).map(({ method }) => method),
    ['PATCH'],
    'the policy’s assignment isn’t sent any more',
  );
});

t.test('a preview of another directory is outdated', async (t) => {
  const tenant = await damagedTenant(t);
  const previewRunId = await tenant.previewed();
  await tenant.connect(OTHER_DIRECTORY);
  for (const dryRun of [true, false])
    await t.rejects(
      tenant.bed.begin({ previewRunId, dryRun, tenantName: 'Contoso' }, restoreExecute),
      /connected to another directory/,
    );
  await tenant.connect(null);
  await tenant.bed.attempt(await tenant.queue(previewRunId));
});

t.test('a process that takes another directory for the tenant’s sends nothing', async (t) => {
  const tenant = await damagedTenant(t);
  const restore = await tenant.queue(await tenant.previewed());
  const from = tenant.bed.lastRequest();
  const writesTo = { baseUrl: tenant.bed.simulator.url, directoryId: OTHER_DIRECTORY };
  await t.rejects(tenant.bed.attempt(restore, { writesTo }), /connected to another directory/);
  t.same(tenant.bed.writes(from), []);
});
