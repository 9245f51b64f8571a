import type { Kysely } from 'kysely';
import type { Capability } from '../access/capabilities.js';
import type { Chance, Clock } from '../clock.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { createRequestKeys } from '../db/request-keys.js';
import { startByHand } from '../scheduler/start-by-hand.js';
import { startAgain } from '../starting/start-again.js';
import { type KeyedResult, startOnce } from '../starting/start-once.js';
import { type StartDependencies, startRun } from '../starting/start-run.js';
import type { TenantDirectory } from '../tenancy/tenant-directory.js';
import type { WebActor } from '../web/ports/actors.js';
import type { StartOutcome, StartRequest, StartsPort } from '../web/ports/starts.js';
import { initiatorOf, mayIn } from './web-actors.js';

/** Starts of runs for pages and the API. */
export function createStartsPort(deps: {
  readonly start: StartDependencies;
  readonly directory: TenantDirectory;
  readonly primary: Kysely<PrimaryTables>;
  readonly clock: Clock;
  readonly chance: Chance;
}): StartsPort {
  const { directory, start: runs } = deps;
  const requestKeys = createRequestKeys(deps.primary, deps);

  const whoStarts = (actor: WebActor, tenantId: string) => ({
    initiator: initiatorOf(actor),
    allows: mayIn(directory, tenantId, actor),
    allowsElsewhere: (otherTenantId: string, capability: Capability) =>
      actor.kind === 'member' && mayIn(directory, otherTenantId, actor)(capability),
    connected: Boolean(directory.tenant(tenantId)?.graphBaseUrl),
    credentialId: directory.tenant(tenantId)?.graphSignIn?.credential.id ?? null,
  });

  async function startOrRepeat(actor: WebActor, request: StartRequest): Promise<StartOutcome> {
    const { requestKey, correlationId, ...asked } = request;
    const start = { ...asked, ...whoStarts(actor, request.tenantId) };
    if (requestKey === undefined || actor.kind !== 'api')
      return outcomeOf(await startRun(runs, { ...start, correlationId }));
    const key = { tenantId: request.tenantId, clientId: actor.clientId, key: requestKey };
    return outcomeOf(await startOnce({ ...runs, requestKeys }, key, start));
  }

  return {
    types: [...runs.operations.values()].map((definition) => ({
      type: definition.type,
      version: definition.version,
      label: definition.label,
      description: definition.description,
      itemisedBy: definition.itemisedBy,
      carriedOutBy: definition.carriedOutBy,
      input: definition.input,
      permissions: 'permissions' in definition ? definition.permissions : [],
      schedulable: definition.schedulable,
      withoutInput: definition.withoutInput,
      reasonCodes: definition.reasonCodes,
    })),
    start: startOrRepeat,
    startAgain: async (actor, request) =>
      outcomeOf(await startAgain(runs, { ...request, ...whoStarts(actor, request.tenantId) })),
    startScheduled: async (actor, { correlationId, ...schedule }) =>
      outcomeOf(await startByHand(runs, schedule, { ...whoStarts(actor, schedule.tenantId), correlationId })),
  };
}

function outcomeOf(result: KeyedResult): StartOutcome {
  if (result.kind !== 'refused') return { kind: result.kind, runId: result.runId, position: result.position };
  const { code, message, runId } = result;
  return { kind: 'refused', refusal: { code, message, ...(runId ? { runId } : {}) } };
}
