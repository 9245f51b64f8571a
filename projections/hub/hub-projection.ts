import { isEvent, type RecordedEvent } from '../../src/ledger/event-registry.js';
import { RunAborted, RunAsked, RunCompleted, RunFailed, RunQueued } from '../../src/runs/run-events.js';
import type { AnyModel } from '../engine/model.js';
import { defineProjection, type Projection } from '../engine/projection.js';
import { HUB_MODELS } from './hub-models.js';
import { knownIdsOf } from './models/known-ids.js';

/** The projection of the hub's read models. */
export const createHubProjection = (models: readonly AnyModel[]): Projection =>
  defineProjection({
    name: 'hub',
    models: [...models, knownIdsOf(models)],
    batchEveryMs: 100,
    isAnnounced: true,
    opens: (event) => (isEvent(event, RunQueued) ? event.envelope.runId : undefined),
    ends: (event) => (isEvent(event, RunCompleted, RunFailed, RunAborted) ? event.envelope.runId : undefined),
    alsoRuns: linkedRuns,
  });

/** The runs whose pages show a link from the event, or a request for them that the event records. */
function linkedRuns(event: RecordedEvent): readonly string[] {
  if (isEvent(event, RunAsked)) return [event.data.runId];
  if (!isEvent(event, RunQueued, RunCompleted)) return [];
  const linked = event.data.related.flatMap(({ kind, id }) => (kind === 'run' ? [id] : []));
  const cause = isEvent(event, RunQueued) ? event.data.causedBy?.runId : undefined;
  return cause === undefined ? linked : [...linked, cause];
}

/** The hub's projection with the read models of all features. */
export const hubProjection = createHubProjection(HUB_MODELS);
