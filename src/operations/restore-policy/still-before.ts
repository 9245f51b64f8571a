import type { GraphCall } from '../../graph/client/graph-call.js';
import { GraphError } from '../../graph/client/graph-error.js';
import type { JsonObject } from '../../ledger/canonical-json.js';
import type { PolicyType } from '../../policies/catalogue/policy-types.js';
import type { PolicyDocument } from '../../policies/policy-document.js';
import { assignmentsDiffer } from '../../policies/writing/differing-parts.js';
import type { WriteRequest } from '../../policies/writing/write-plan.js';
import { comparedHashesOf } from '../../snapshots/policy-hashes.js';
import type { ConnectedDirectory } from '../../tenancy/connected-directory.js';
import { EffectRefused } from '../effect.js';
import type { Restoring } from './policy-to-restore.js';
import type { PreparedRestore } from './prepare-restore.js';
import type { RestoreCode } from './restore-codes.js';

/** What was read at most this long ago counts as current; a write that waited longer for Graph is checked again. */
const FRESH_FOR_MS = 2_000;

/** A request of a restore, as far as its check needs it. */
interface NextRequest {
  /** Its place among the requests of the policy. */
  readonly index: number;
  readonly what: string;
  /** Where it is sent. */
  readonly directory: ConnectedDirectory;
}

/**
 * Guards the requests of one policy: each call checks right before a request that the policy is still as it was
 * planned from. Before the first request everything is compared, before an assignment the assignments, which may be
 * as they were or as the earlier requests of the plan have made them. What was read a moment ago isn't read again.
 * Errors of the guard: EffectRefused, so that nothing is sent; GraphError.
 */
export function createGuard(
  { services, graph, run, call, beforeRequest }: Restoring,
  { input, plan, before, readAtMs }: PreparedRestore,
): (request: NextRequest) => Promise<void> {
  const { type, live, mode } = input;
  /** Whether the content of two states differs by the rules of comparing. */
  const differ = async (...states: readonly [PolicyDocument, PolicyDocument]) => {
    const [one, other] = await Promise.all(
      states.map((document) => comparedHashesOf(services.artifacts, run.tenantId, { type, document })),
    );
    return one?.contentHash !== other?.contentHash;
  };
  let freshUntilMs = before === null ? Number.NEGATIVE_INFINITY : readAtMs + FRESH_FOR_MS;
  return async ({ index, what, directory }) => {
    await beforeRequest?.({ isFirst: index === 0, directory });
    const nowMs = services.clock.monotonicMs();
    if (live === null || mode === 'copy' || nowMs < freshUntilMs) return;
    if (index > 0 && what !== 'assign') return;
    const now = await readLive(graph, type, String(live.raw.id), call);
    if (index === 0 && (await differ(live, now))) throw changed('The policy was');
    const ours = assignmentsWhile(live.assignments, plan.requests.slice(0, index));
    if (!ours.some((assignments) => !assignmentsDiffer(assignments, now.assignments)))
      throw changed('The assignments of the policy were');
    freshUntilMs = nowMs + FRESH_FOR_MS;
  };
}

/**
 * The assignments before and after each of the requests, because Graph may show a request some time after it took it.
 * Only the types whose assignments are written one by one have several requests.
 */
function assignmentsWhile(
  before: readonly JsonObject[],
  requests: readonly WriteRequest[],
): readonly (readonly JsonObject[])[] {
  const states = [before];
  for (const { what, method, path, body } of requests) {
    const now = states.at(-1) ?? [];
    const removed = decodeURIComponent(path.split('/').at(-1) ?? '');
    if (what !== 'assign') continue;
    if (method === 'DELETE') states.push(now.filter(({ id }) => String(id) !== removed));
    else if (body) states.push([...now, body]);
  }
  return states;
}

async function readLive(
  graph: Pick<Restoring['graph'], 'policy'>,
  type: PolicyType,
  id: string,
  call: GraphCall | undefined,
): Promise<PolicyDocument> {
  try {
    return await graph.policy(type, id, call);
  } catch (error) {
    if (error instanceof GraphError && error.reasonCode === 'graph_not_found')
      throw new EffectRefused('changed_since_preview', 'The policy was deleted right before it was written.');
    throw error;
  }
}

/** The version of a policy that Graph compares with the header `If-Match`; undefined where it has none. */
export function ifMatchVersion({ writing }: PolicyType, raw: JsonObject): string | undefined {
  const { '@odata.etag': etag, version } = raw;
  if (typeof etag === 'string') return etag;
  if (!writing?.versioned || typeof version !== 'string') return undefined;
  return version.includes('"') ? version : `"${version}"`;
}

/** The error of a request that Graph refused because the policy has another version; any other error as it is. */
export function asChanged(error: unknown): unknown {
  return error instanceof GraphError && error.status === 412 ? changed('The policy was', error) : error;
}

function changed(what: string, cause?: unknown): EffectRefused {
  const code: RestoreCode = 'changed_since_preview';
  return new EffectRefused(code, `${what} changed by somebody else right before it was written.`, { cause });
}
