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
import { type RunStart, type StartDependencies, type StartResult, startRun } from './start-run.js';

export type KeyedStart = Omit<RunStart, 'correlationId' | 'onPlanned'>;
export type KeyedResult =
  | StartResult
  /** The request was carried out before: its run, ended or not. */
  | { readonly kind: 'repeated'; readonly runId: string; readonly position: number };

/** The wall clocks of this program and the database may differ by so much. */
const CLOCKS_DIFFER_MS = 60 * 60_000;
const NAMESPACE = 'b0c1a2f6-4e0f-5d3c-9a57-0d3f6e1f2a44';

/**
 * Starts a run for a request that the client named: sent again within a day, it answers the run it started, also
 * when that has ended; with another body it is refused. The process may die at any point: which operation the
 * request is about is noted before the append, and the run carries a correlation id that follows from the
 * request, so that whoever repeats it finds in the log whether it was started.
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

/** Ties the run to the request, and to this use of the key alone. */
const correlationOf = (key: RequestKey, known: KnownRequest): string =>
  uuidv5(canonicalJson([key.tenantId, key.clientId, key.key, known.since]), NAMESPACE);

/** The run that this request started before its process died, from the log. */
async function startedBefore(
  ledger: Ledger,
  tenantId: string,
  known: KnownRequest,
  correlationId: string,
): Promise<{ runId: string; position: number } | undefined> {
  if (known.operationKey === null) return undefined;
  const stream = operationStream(tenantId, known.operationKey);
  const notBefore = known.createdAt.getTime() - CLOCKS_DIFFER_MS;
  let last = await ledger.last(stream);
  while (last?.envelope.runStart !== undefined && Date.parse(last.envelope.at) >= notBefore) {
    const opening = await eventAt(ledger, stream, last.envelope.runStart);
    if (opening?.envelope.runId !== undefined && opening.envelope.$correlationId === correlationId)
      return { runId: opening.envelope.runId, position: opening.position };
    // The run before it ends right before this one begins.
    last = opening && opening.revision > 0 ? await eventAt(ledger, stream, opening.revision - 1) : undefined;
  }
  return undefined;
}

async function repeated(ledger: Ledger, tenantId: string, runId: string): Promise<KeyedResult> {
  const parsed = parseRunId(runId);
  const opening =
    parsed && (await eventAt(ledger, operationStream(tenantId, parsed.key), parsed.startRevision));
  // A run that retention took out of the log is in the read models' past, whatever they have reached.
  return { kind: 'repeated', runId, position: opening?.position ?? -1 };
}

function refused(code: 'request_key_reused' | 'request_under_way'): KeyedResult {
  return { kind: 'refused', code, message: explained(code) };
}
