import type { Kysely } from 'kysely';
import type { Chance, Clock } from '../clock.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { createRequestKeys } from '../db/request-keys.js';
import { type KeyedResult, startOnce } from '../starting/start-once.js';
import { type StartDependencies, startRun } from '../starting/start-run.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { StartOutcome, StartRequest, StartsPort, WebActor } from '../web/ports.js';
import { initiatorOf } from './web-actors.js';

/** Starts as pages and the API ask for them. */
export function createStartsPort(deps: {
  readonly start: StartDependencies;
  readonly directory: TenantDirectory;
  readonly primary: Kysely<PrimaryTables>;
  readonly clock: Clock;
  readonly chance: Chance;
}): StartsPort {
  const { directory, start } = deps;
  const requestKeys = createRequestKeys(deps.primary, deps);

  async function carryOut(actor: WebActor, request: StartRequest): Promise<StartOutcome> {
    const { tenantId, type, input, causedBy, correlationId, requestKey } = request;
    const wanted = {
      tenantId,
      type,
      input,
      initiator: initiatorOf(actor),
      connected: Boolean(directory.tenant(tenantId)?.graphBaseUrl),
      ...(causedBy ? { causedBy } : {}),
    };
    if (requestKey === undefined || actor.kind !== 'api')
      return outcomeOf(await startRun(start, { ...wanted, correlationId }));
    const key = { tenantId, clientId: actor.clientId, key: requestKey };
    return outcomeOf(await startOnce({ ...start, requestKeys }, key, wanted));
  }

  return {
    types: [...start.operations.values()].map((definition) => ({
      type: definition.type,
      version: definition.version,
      label: definition.label,
      description: definition.description,
      itemisedBy: definition.itemisedBy,
      carriedOutBy: definition.carriedOutBy,
      input: definition.input,
      reasonCodes: definition.reasonCodes,
    })),
    start: (actor, request) => carryOut(actor, request),
  };
}

function outcomeOf(result: KeyedResult): StartOutcome {
  if (result.kind !== 'refused') return { kind: result.kind, runId: result.runId, position: result.position };
  const { code, message, runId } = result;
  return { kind: 'refused', refusal: { code, message, ...(runId ? { runId } : {}) } };
}
