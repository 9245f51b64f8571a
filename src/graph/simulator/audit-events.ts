import type { Chance } from '../../clock.js';
import { AUDIT_EVENTS_PATH, collectionOf } from './collections.js';
import type { AnswerIdentity, GraphAnswer, GraphRequest } from './graph-answer.js';
import { textOf } from './graph-value.js';
import type { SimulatedState } from './tenant-state.js';
import { graphTime } from './write-context.js';

const OPERATIONS: Readonly<Record<string, string>> = {
  POST: 'Create',
  PATCH: 'Patch',
  PUT: 'Patch',
  DELETE: 'Delete',
};

/**
 * Adds a change to Intune's audit events. Their `correlationId` is the `client-request-id` of the request
 * (https://learn.microsoft.com/graph/api/resources/intune-auditing-auditevent).
 */
export function recordChange(
  state: SimulatedState,
  request: GraphRequest,
  { body }: GraphAnswer,
  { clientRequestId, at, chance }: AnswerIdentity & { readonly chance: Chance },
): void {
  const found = collectionOf(request.segments);
  if (!found || !/^device(App)?Management\//.test(found.collection.path)) return;
  const [id, action] = found.rest;
  const resourceId = id === undefined || action === 'createInstance' ? body && textOf(body, 'id') : id;
  const type = found.collection.path.split('/').at(-1) ?? '';
  const operation =
    action === undefined || action === 'createInstance' ? OPERATIONS[request.method] : 'Action';
  state.put(AUDIT_EVENTS_PATH, {
    id: chance.uuid(),
    displayName: `${operation} ${type}`,
    activityType: `${action ?? operation} ${type}`,
    activityOperationType: operation ?? 'Action',
    activityResult: 'Success',
    activityDateTime: graphTime(at),
    correlationId: clientRequestId,
    resources: [
      { displayName: body ? textOf(body, 'displayName') : null, type, resourceId: resourceId ?? null },
    ],
  });
}
