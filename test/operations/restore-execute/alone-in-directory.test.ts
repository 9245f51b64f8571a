import t from 'tap';
import type { GraphObject } from '../../../src/graph/simulator/graph-value.js';
import type { EventDraft } from '../../../src/ledger/event-registry.js';
import { EMPTY_HEAD, headAfter } from '../../../src/ledger/stream-head.js';
import { LIVE_SCOPE, RESTORE_TYPE } from '../../../src/operations/restore-execute/alone-in-directory.js';
import { operationKey, operationStream, runIdOf } from '../../../src/runs/run-streams.js';
import { tenantStream } from '../../../src/tenancy/tenant-events.js';
import { catalogPolicy } from '../../graph/simulator-and-client.js';
import { createRestoreBed } from '../../support/restore-bed.js';

/**
 * Goal: of two tenants that are connected to one directory, only one is restored live at a time. Method: a real claim of
 * a real run on one tenant; the log holds the restore of the other one.
 */
const CATALOG = 'deviceManagement/configurationPolicies';
const OTHER = '2e2d3c4b-0000-4000-8000-000000000002';
const KEPT: GraphObject = {
  ...catalogPolicy(0),
  platforms: 'windows10',
  technologies: 'mdm',
  description: 'as it was',
};

t.test('a directory that two tenants are connected to', async (t) => {
  const bed = await createRestoreBed(t, new Map([[CATALOG, [KEPT]]]), {}, { otherTenants: [OTHER] });
  const { ledger } = bed;
  /** Appends events to the newest run of an operation of the other tenant, or to a new one that is queued. */
  const append = async (type: string, scope: object, draft: EventDraft | { readonly queuedWith: object }) => {
    const key = operationKey(OTHER, type, { ...scope });
    const stream = operationStream(OTHER, key);
    const last = await ledger.last(stream);
    const head = headAfter(last);
    const runStart = 'queuedWith' in draft ? head.revision + 1 : (last?.envelope.runStart ?? 0);
    const queued = {
      type: 'RunQueued',
      data: {
        type,
        definitionVersion: 1,
        input: {},
        scope,
        context: 'queuedWith' in draft ? draft.queuedWith : {},
        total: 1,
        title: 'Restore',
        causedBy: null,
        initiator: { kind: 'member', personId: '1f2d3c4b-0000-4000-8000-0000000000a1' },
        related: [],
      },
    };
    const runId = runIdOf(key, runStart);
    await ledger.append(stream, head, ['queuedWith' in draft ? queued : draft], {
      tenantId: OTHER,
      runId,
      runStart,
      actor: { kind: 'system', id: 'bed' },
      correlationId: 'c',
      causationId: 'c',
    });
    return runId;
  };
  const toRestore = (draft: EventDraft | { readonly queuedWith: object }) =>
    append(RESTORE_TYPE, LIVE_SCOPE, draft);
  const started = { type: 'RunStarted', data: { attempt: 1, worker: 'w' } };
  const failed = {
    type: 'RunFailed',
    data: {
      reasonCode: 'unexpected',
      reason: 'It failed.',
      counts: { total: 1, processed: 0, succeeded: 0, failed: 0, skipped: 0 },
    },
  };
  /** A preview of the other tenant, of this directory. */
  const previewOf = async (baseUrl: string) => {
    const scope = { setId: baseUrl };
    const runId = await append('restore.preview', scope, { queuedWith: {} });
    const { planned } = await bed.preview();
    const policies = planned.map((policy) => ({ ...policy }));
    const data = { setId: '5e700000-0000-4000-8000-000000000001', rulesVersion: 1, policies };
    await append('restore.preview', scope, {
      type: 'RestorePlanned',
      data: { ...data, directory: { baseUrl, directoryId: null } },
    });
    return runId;
  };
  let reason = '';
  const attempt = (restore: string) =>
    bed.attempt(restore).then(
      () => 'written',
      ({ reasonCode, message }) => {
        reason = message;
        return reasonCode;
      },
    );
  const restoreHere = async (beforeItsAttempt: () => Promise<unknown> = async () => undefined) => {
    bed.state.put(CATALOG, { ...KEPT, description: 'damaged' });
    const from = bed.lastRequest();
    const restore = await bed.queue((await bed.preview()).runId);
    await beforeItsAttempt();
    return [await attempt(restore), bed.writes(from).length];
  };
  const alone = ['written', 1];
  const here = { queuedWith: { previewRunId: await previewOf(bed.simulator.url), dryRun: false } };

  await toRestore(here);
  t.same(await restoreHere(), alone, 'a restore that no worker has taken yet doesn’t block the directory');
  t.same(await restoreHere(() => toRestore(started)), ['directory_in_use', 0], 'it had begun before');
  await toRestore({ type: 'RunReleased', data: { attempt: 1, reason: 'The process stops.' } });
  t.same(await restoreHere(), ['directory_in_use', 0], 'it was handed back and goes on later');
  await toRestore(failed);
  t.same(await restoreHere(), alone, 'it has ended');

  const elsewhere = await previewOf('https://graph.example.com');
  await toRestore({ queuedWith: { previewRunId: elsewhere, dryRun: false } });
  await toRestore(started);
  t.same(await restoreHere(), alone, 'it writes to another directory');
  await toRestore(failed);

  // This one has begun first, and its process has died.
  bed.state.put(CATALOG, { ...KEPT, description: 'damaged' });
  const first = await bed.queue((await bed.preview()).runId);
  await bed.dieAt(first, { nth: 1, applied: false });
  await toRestore(here);
  await toRestore(started);
  await bed.attempt(first);
  t.match(
    bed.state.get(CATALOG, String(KEPT.id)),
    { description: 'as it was' },
    'whoever began first goes on',
  );

  const stream = operationStream(OTHER, operationKey(OTHER, RESTORE_TYPE, LIVE_SCOPE));
  const last = await ledger.last(stream);
  const unknown = {
    id: 'e0000000-0000-4000-8000-000000000001',
    type: 'OfALaterProgram',
    data: {},
    metadata: {},
  };
  await bed.log.append(stream, [unknown], last?.revision ?? -1);
  t.same(await restoreHere(), alone, 'a stream that can’t be read holds no directory of another tenant');
  bed.state.put(CATALOG, { ...KEPT, description: 'damaged' });
  const begun = await bed.queue((await bed.preview()).runId);
  await bed.dieAt(begun, { nth: 1, applied: true });
  const connected = [
    { type: 'TenantRegistered', data: { slug: 'fabrikam', name: 'Fabrikam' } },
    { type: 'GraphConnectionSet', data: { baseUrl: bed.simulator.url, signIn: null } },
  ];
  await ledger.append(tenantStream(OTHER), EMPTY_HEAD, connected, {
    tenantId: OTHER,
    actor: { kind: 'system', id: 'bed' },
    correlationId: 'c',
    causationId: 'c',
  });
  t.equal(await attempt(begun), 'directory_in_use', 'nobody can say any more whether it is alone');
  t.match(reason, /can’t read whether .* had begun to write; .* Update the program/);
  t.same(await restoreHere(), ['directory_in_use', 0], 'but its own directory');
  t.match(reason, /can’t read whether .* Nothing was written\. Update the program/);
  const { revision = -1 } = (await ledger.last(tenantStream(OTHER))) ?? {};
  const ofTenant = { ...unknown, id: 'e0000000-0000-4000-8000-000000000002' };
  await bed.log.append(tenantStream(OTHER), [ofTenant], revision);
  t.same(
    await restoreHere(),
    ['directory_in_use', 0],
    'a newer program may restore a tenant that it changed',
  );
});
