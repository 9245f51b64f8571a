import type { GraphResponse } from '../../graph/client/attempt.js';
import { GraphError } from '../../graph/client/graph-error.js';
import { type WriteLimit, type WriteRequest, withCreatedId } from '../../policies/writing/write-plan.js';
import { captureSnapshot } from '../../snapshots/capture-snapshot.js';
import { readSnapshotContent } from '../../snapshots/read-snapshot.js';
import type { Effect } from '../effect.js';
import { RunFailure } from '../run-failure.js';
import { lookUpRequest, planAgain, type WriteResult } from './look-up-request.js';
import type { BegunRestore, PolicyToRestore, Restoring } from './policy-to-restore.js';
import { type PreparedRestore, prepareRestore } from './prepare-restore.js';
import type { RestoreCode } from './restore-codes.js';
import { asChanged, createGuard, ifMatchVersion } from './still-before.js';

/** Longest time that one request of a restore may be under way; a type that restores declares it. */
export const RESTORE_REQUEST_TIMEOUT_MS = 60_000;

/** What a restore did to one policy. */
export interface RestoredPolicy {
  readonly action: 'created' | 'updated' | 'unchanged';
  /** Id of the policy in the tenant; null when it is unchanged because nothing is there. */
  readonly id: string | null;
  /** Number of requests that wrote. */
  readonly requests: number;
  /** Id of the snapshot of the policy as it was before, or null when it was created or left. */
  readonly before: string | null;
  /** What couldn't be set as it was. */
  readonly limits: readonly WriteLimit[];
}

/** A policy that is written, except for its assignments. */
export interface PostponedPolicy {
  readonly action: 'postponed';
  /** Id of the policy in the tenant. */
  readonly id: string | null;
  /** What its rest continues with; null when nothing was sent yet. */
  readonly begun: BegunRestore | null;
  readonly isCreated: boolean;
}

/** Pauses before each look at what became of the policy, because Graph may show a write some time after it took it. */
const CHECKS_AFTER_MS = [0, 2_000, 8_000, 20_000];

/**
 * Restores one policy: keeps the present version as a snapshot, sends the planned requests as effects of the run, and
 * checks that Graph answers what was meant. `begun` is what an earlier attempt has written down; then the same
 * requests are planned, those that were carried out are not sent again, and one without an outcome is looked up.
 * A policy with `assignLater` ends before its assignments are written; calling it again with `begun` continues.
 * Errors: RunFailure with a RestoreCode; EffectAmbiguous; GraphError; SnapshotContentGoneError when the present version
 * can't be kept; those of the run and the artifact store.
 */
export async function restoreOne(
  restoring: Restoring,
  policy: PolicyToRestore,
  begun?: BegunRestore,
): Promise<RestoredPolicy | PostponedPolicy> {
  const prepared = await prepareRestore(restoring, policy, begun);
  const { plan, input } = prepared;
  const liveId = input.live && policy.mode !== 'copy' ? String(input.live.raw.id) : null;
  if (plan.requests.length === 0)
    return { action: 'unchanged', id: liveId, requests: 0, before: null, limits: plan.limits };
  const isPostponed = ({ what }: WriteRequest) => policy.assignLater && what === 'assign';
  const [first] = plan.requests;
  if (first && isPostponed(first))
    return { action: 'postponed', id: liveId, begun: begun ?? null, isCreated: false };
  const before = begun ? begun.before : await keepBefore(restoring, policy, prepared);
  const guard = createGuard(restoring, prepared);
  let id = liveId;
  for (const [index, request] of plan.requests.entries()) {
    if (isPostponed(request)) {
      const { copyNumber } = policy;
      const now = { before, plannedAt: input.now, copyNumber };
      return { action: 'postponed', id, begun: now, isCreated: plan.action === 'create' };
    }
    const effect = effectOf(restoring, policy, prepared, { request, index, id, before, guard });
    id = (await send(restoring, effect, request, plan.action === 'create' && index > 0)).id;
  }
  await assertApplied(restoring, prepared, id ?? '');
  const action = plan.action === 'create' ? 'created' : 'updated';
  return { action, id, requests: plan.requests.length, before, limits: plan.limits };
}

/**
 * Keeps the present version, so that the restore can be undone; null when there is none. Errors:
 * SnapshotContentGoneError when its stored content can't be read; those of capturing.
 */
async function keepBefore(
  { services, run, keepForUndo }: Restoring,
  { type }: PolicyToRestore,
  { before }: PreparedRestore,
): Promise<string | null> {
  if (before === null) return null;
  // The version that was compared with the preview is kept, not one that is read once more.
  const known = { readWhole: async () => before };
  const { snapshot } = await captureSnapshot(services, known, run, { type, id: before.policy.id });
  // Its content may have been stored long ago. Nothing is overwritten that can't be brought back.
  await readSnapshotContent(services.artifacts, run.tenantId, snapshot);
  await keepForUndo?.(snapshot);
  return snapshot.id;
}

function effectOf(
  restoring: Restoring,
  { itemId, mode, copyNumber, isAnothers }: PolicyToRestore,
  { input, plan }: PreparedRestore,
  now: {
    readonly request: WriteRequest;
    readonly index: number;
    readonly id: string | null;
    readonly before: string | null;
    readonly guard: ReturnType<typeof createGuard>;
  },
): Effect<WriteResult> {
  const { request, index, id, before, guard } = now;
  const { method, path, body } = id === null ? request : withCreatedId(request, id);
  return {
    itemId,
    intent: {
      action: index === 0 ? request.what : `${request.what} ${index + 1}`,
      details: {
        method,
        path,
        of: plan.requests.length,
        before,
        plannedAt: input.now,
        ...(mode === 'copy' && { copyNumber }),
      },
    },
    timeoutMs: RESTORE_REQUEST_TIMEOUT_MS,
    async send(sending) {
      const graph = await sending.graph();
      const isFirst = index === 0 && id !== null && input.live !== null;
      const call = {
        ifMatch: isFirst ? ifMatchVersion(input.type, input.live.raw) : undefined,
        beforeWrite: () => guard({ index, what: request.what, directory: graph.directory }),
      };
      const answer = await graph.write(method, path, body ?? undefined, call).catch((error: unknown) => {
        throw asChanged(error);
      });
      return { id: id ?? createdId(answer, path) };
    },
    lookUp: (question) =>
      lookUpRequest(restoring, { request, requests: plan.requests, input, id, isAnothers }, question),
  };
}

/** Id of the created policy. Errors: GraphError with an unknown outcome when the answer doesn't say it. */
function createdId({ status, body }: GraphResponse, path: string): string {
  if (typeof body?.id === 'string') return body.id;
  throw new GraphError({ problem: 'malformed_answer', method: 'POST', path, status, outcomeUnknown: true });
}

/** Sends one request; a refusal after the policy was created says that it is there, and what it lacks. */
async function send(
  { run }: Restoring,
  effect: Effect<WriteResult>,
  { what }: WriteRequest,
  isCreated: boolean,
): Promise<WriteResult> {
  try {
    return await run.effect(effect);
  } catch (error) {
    if (!isCreated || !(error instanceof GraphError)) throw error;
    const code = what === 'assign' ? 'created_not_assigned' : 'created_incomplete';
    throw new RunFailure<RestoreCode>(code, error.message, { cause: error });
  }
}

/** Reads the policy again. Errors: RunFailure `applied_differently` when Graph answers something else for good. */
async function assertApplied(
  { services, graph, call }: Restoring,
  { input }: PreparedRestore,
  id: string,
): Promise<void> {
  let left: readonly WriteRequest[] | null = null;
  for (const pauseMs of CHECKS_AFTER_MS) {
    await services.clock.sleep(pauseMs, call?.signal);
    call?.signal?.throwIfAborted();
    left = await planAgain(graph, input, id, call?.signal);
    if (left?.length === 0) return;
  }
  throw new RunFailure<RestoreCode>(
    'applied_differently',
    left === null
      ? 'Graph took the policy, and doesn’t answer it.'
      : `Graph took the policy, and answers something else for ${[...new Set(left.flatMap(partsOf))].join(', ')}.`,
  );
}

/** Names of the parts that a request would write. */
function partsOf({ what, path, body }: WriteRequest): readonly string[] {
  if (what === 'assign') return ['the assignments'];
  if (what === 'content') return [path.split('/').at(-1) ?? path];
  return Object.keys(body ?? {}).filter((field) => !field.includes('@odata.'));
}
