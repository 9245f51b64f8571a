import { v5 as uuidv5 } from 'uuid';
import { canonicalJson, sha256Hex } from '../ledger/canonical-json.js';
import type { Ledger } from '../ledger/ledger.js';
import { eventAt } from '../runs/read-operation.js';
import { explained } from '../runs/reason-codes.js';
import { operationStream, parseRunId } from '../runs/run-streams.js';
import {
  type HeldRequest,
  type KnownRequest,
  type RequestKey,
  RequestKeyLostError,
  type RequestKeys,
} from './request-keys.js';
import { runOfRequest } from './run-of-request.js';
import { type RunStart, type StartDependencies, type StartResult, startRun } from './start-run.js';

export type KeyedStart = Omit<RunStart, 'correlationId' | 'onPlanned'>;
export type KeyedResult =
  | StartResult
  /** The request was carried out before; this is its run, which may have ended. */
  | { readonly kind: 'repeated'; readonly runId: string; readonly position: number };

/** The largest difference expected between the wall clocks of this program and of the database. */
const CLOCKS_DIFFER_MS = 60 * 60_000;
const NAMESPACE = 'b0c1a2f6-4e0f-5d3c-9a57-0d3f6e1f2a44';

/**
 * Starts a run for a request with a key from the client. The same request sent again within a day returns the run
 * that it started, even when that has ended; the same key with another body is refused. The process may die at any
 * point: the request's operation is stored before the append, and the run's correlation id is derived from the
 * request, so a repetition finds in the log whether the run was started.
 */
export async function startOnce(
  deps: StartDependencies & { readonly requestKeys: RequestKeys },
  key: RequestKey,
  start: KeyedStart,
): Promise<KeyedResult> {
  const bodyHash = sha256Hex(canonicalJson([start.type, start.input]));
  try {
    const result = await deps.requestKeys.holding(key, bodyHash, (request) =>
      request.known.bodyHash === bodyHash
        ? startOrFind(deps, key, start, request)
        : Promise.resolve(refused('request_key_reused')),
    );
    return result === 'busy' ? refused('request_under_way') : result;
  } catch (error) {
    if (error instanceof RequestKeyLostError) return refused('request_under_way');
    throw error;
  }
}

async function startOrFind(
  deps: StartDependencies,
  key: RequestKey,
  start: KeyedStart,
  request: HeldRequest,
): Promise<KeyedResult> {
  const { known } = request;
  const { tenantId } = start;
  if (known.runId !== null) return repeated(deps.ledger, tenantId, known.runId);
  const correlationId = correlationOf(key, known);
  const found = await startedBefore(deps.ledger, tenantId, known, correlationId);
  if (found !== undefined) {
    await request.answered(found.runId);
    return { kind: 'repeated', ...found };
  }
  const started = await startRun(deps, { ...start, correlationId, onPlanned: request.planned });
  if (started.kind === 'refused') await request.withdraw();
  else await request.answered(started.runId);
  return started;
}

/** The correlation id that links the run to this request and to this one use of its key. */
const correlationOf = (key: RequestKey, known: KnownRequest): string =>
  uuidv5(canonicalJson([key.tenantId, key.clientId, key.key, known.since]), NAMESPACE);

/** Finds in the log the run that this request started before its process died. */
async function startedBefore(
  ledger: Ledger,
  tenantId: string,
  known: KnownRequest,
  correlationId: string,
): Promise<{ runId: string; position: number } | undefined> {
  if (known.operationKey === null) return undefined;
  const notBefore = known.createdAt.getTime() - CLOCKS_DIFFER_MS;
  return runOfRequest(ledger, operationStream(tenantId, known.operationKey), { correlationId, notBefore });
}

async function repeated(ledger: Ledger, tenantId: string, runId: string): Promise<KeyedResult> {
  const parsed = parseRunId(runId);
  const queued =
    parsed && (await eventAt(ledger, operationStream(tenantId, parsed.key), parsed.startRevision));
  // The run was truncated from the log, so every read model has passed it and nobody needs to wait: -1.
  return { kind: 'repeated', runId, position: queued?.position ?? -1 };
}

function refused(code: 'request_key_reused' | 'request_under_way'): KeyedResult {
  return { kind: 'refused', code, message: explained(code) };
}
