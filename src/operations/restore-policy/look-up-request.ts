import { GraphError } from '../../graph/client/graph-error.js';
import { canonicalJson, type JsonObject } from '../../ledger/canonical-json.js';
import { objectsIn } from '../../ledger/json-values.js';
import { derivedTypeOf } from '../../policies/catalogue/policy-types.js';
import { planWrites } from '../../policies/writing/plan-writes.js';
import { type WriteInput, type WriteRequest, withCreatedId } from '../../policies/writing/write-plan.js';
import type { EffectFinding, EffectQuestion } from '../effect.js';
import type { Restoring } from './policy-to-restore.js';

/** What is recorded of a request that was carried out. */
export type WriteResult = {
  /** Id of the policy. */
  readonly id: string;
};

/** A request whose outcome nobody knows. */
export interface UnknownRequest {
  readonly request: WriteRequest;
  /** All requests of the policy. */
  readonly requests: readonly WriteRequest[];
  readonly input: WriteInput;
  /** Id of the policy, or null when the request creates it. */
  readonly id: string | null;
  /** Whether this request can't have created the policy of an id. */
  readonly isAnothers: (id: string) => boolean;
}

/** Pauses before each look at the target, because Graph may show a write some time after it took it. */
const LOOKS_AFTER_MS = [0, 10_000, 30_000];
/** Largest difference of clocks that is allowed for when a new policy is recognised by its time. */
const CLOCK_DIFFERENCE_MAX_MS = 5 * 60_000;
const AUDITED = /^device(?:App)?Management\//;

/**
 * Finds out whether a request was carried out: from Intune's audit events, which name its `client-request-id`, else
 * from what is there. A create is recognised by name, time and content, and never sent again while a policy of the name
 * is there that neither the preview nor the run knows; a change is recognised by what would still have to be written. Errors: GraphError; the signal's reason.
 */
export async function lookUpRequest(
  restoring: Restoring,
  unknown: UnknownRequest,
  { clientRequestId, signal }: EffectQuestion,
): Promise<EffectFinding<WriteResult>> {
  for (const pauseMs of LOOKS_AFTER_MS) {
    await restoring.services.clock.sleep(pauseMs, signal);
    signal.throwIfAborted();
    const audited = await auditedId(restoring, unknown, clientRequestId, signal);
    if (audited !== null) return { found: 'applied', result: { id: audited } };
    const finding =
      unknown.id === null
        ? await lookForCreated(restoring, unknown, signal)
        : await lookForChange(restoring, unknown, unknown.id, signal);
    if (finding.found !== 'not_applied') return finding;
  }
  return { found: 'not_applied' };
}

/** The policy's id from the audit event of the request; null when there is none or they can't be read. */
async function auditedId(
  { graph }: Restoring,
  { request, id }: UnknownRequest,
  clientRequestId: string,
  signal: AbortSignal,
): Promise<string | null> {
  if (!AUDITED.test(request.path)) return null;
  const filter = encodeURIComponent(`correlationId eq '${clientRequestId}'`);
  const answer = await graph
    .get(`deviceManagement/auditEvents?$filter=${filter}`, { signal })
    .catch((error: unknown) => {
      // Audit events need a permission of their own, and are only one of two ways to find out.
      if (error instanceof GraphError && [400, 403, 404].includes(error.status ?? 0)) return null;
      throw error;
    });
  const events = objectsIn(answer?.value);
  const event = events.find(({ activityResult }) => activityResult === 'Success');
  if (!event) return null;
  const [resource] = objectsIn(event.resources);
  return id ?? (typeof resource?.resourceId === 'string' ? resource.resourceId : null);
}

async function lookForCreated(
  { graph }: Restoring,
  { request, requests, input, isAnothers }: UnknownRequest,
  signal: AbortSignal,
): Promise<EffectFinding<WriteResult>> {
  const { type } = input;
  const name = request.body?.[type.nameField];
  const kind = derivedTypeOf(request.body ?? {});
  const candidates: { readonly id: string; readonly age: 'new' | 'old' | 'unknown' }[] = [];
  for await (const { rows } of graph.pages(type.path, { signal }))
    for (const row of rows) {
      if (row[type.nameField] !== name || typeof row.id !== 'string') continue;
      if (kind !== '' && derivedTypeOf(row) !== kind) continue;
      if (isAnothers(row.id)) continue;
      candidates.push({ id: row.id, age: ageOf(row, input.now) });
    }
  const [candidate, ...others] = candidates;
  if (!candidate) return { found: 'not_applied' };
  const { id, age } = candidate;
  // One that seems older has got this name since the preview, or the clock here is ahead of Graph's.
  const canBeTold = others.length === 0 && age !== 'old';
  const left = canBeTold ? await planAgain(graph, input, id, signal) : null;
  // A policy that this create made lacks just what the later requests write; another one may hold content of its own.
  const planned = new Set(requests.map((later) => asSent(later, id)));
  if (left === null || !left.every((later) => planned.has(asSent(later, id))))
    return {
      found: 'ambiguous',
      reason: 'A policy of this name is there, and nobody can tell who created it.',
    };
  return { found: 'applied', result: { id } };
}

async function lookForChange(
  { graph }: Restoring,
  { request, requests, input }: UnknownRequest,
  id: string,
  signal: AbortSignal,
): Promise<EffectFinding<WriteResult>> {
  const left = await planAgain(graph, input, id, signal);
  if (left === null) return { found: 'ambiguous', reason: 'The policy is gone, so nobody can tell.' };
  const { path } = withCreatedId(request, id);
  const hasAddress = (other: WriteRequest) =>
    other.method === request.method && withCreatedId(other, id).path === path;
  // Rows and links are written one by one to the same address, so that only their bodies tell them apart.
  const isOneOfSeveral = requests.filter(hasAddress).length > 1;
  const body = canonicalJson(request.body);
  const isLeft = left
    .filter(hasAddress)
    .some((other) => !isOneOfSeveral || canonicalJson(other.body) === body);
  return isLeft ? { found: 'not_applied' } : { found: 'applied', result: { id } };
}

/** Equal for requests that write the same to the policy of an id. */
function asSent(request: WriteRequest, id: string): string {
  const { what, method, path, body } = withCreatedId(request, id);
  return canonicalJson({ what, method, path, body });
}

/** What would still have to be written; null when the policy is gone. Errors: GraphError. */
export async function planAgain(
  graph: Restoring['graph'],
  input: WriteInput,
  id: string,
  signal?: AbortSignal,
): Promise<readonly WriteRequest[] | null> {
  const { type, snapshot, mode, copyName } = input;
  const live = await graph.policy(type, id, signal ? { signal } : {}).catch((error: unknown) => {
    if (error instanceof GraphError && error.reasonCode === 'graph_not_found') return null;
    throw error;
  });
  if (live === null) return null;
  const raw = mode === 'copy' ? { ...snapshot.raw, [type.nameField]: copyName } : snapshot.raw;
  return planWrites({ ...input, snapshot: { ...snapshot, raw }, live, mode: 'update' }).requests;
}

/** Whether a policy was created since `plannedAt`; `unknown` where Graph gives no time. */
function ageOf(row: JsonObject, plannedAt: number): 'new' | 'old' | 'unknown' {
  const time = row.createdDateTime ?? row.lastModifiedDateTime;
  if (typeof time !== 'string') return 'unknown';
  return Date.parse(time) >= plannedAt - CLOCK_DIFFERENCE_MAX_MS ? 'new' : 'old';
}
