import { RunItemsRepeated } from '../../../src/runs/run-events.js';
import { bigint, integer, text, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf, timeOf } from '../event-facts.js';
import { runsTable } from './runs.js';

/**
 * Ranges of items that a run repeats from an earlier run, whose `run_items` rows hold them. The items have ordinals
 * in both runs, and all of them succeeded.
 */
const runItemRepeatsTable = defineTable({
  name: 'run_item_repeats',
  columns: {
    tenant_id: uuid(),
    run_id: text(),
    /** First and last ordinal in the run that repeats. */
    first_ordinal: integer(),
    last_ordinal: integer(),
    origin_run_id: text(),
    /** First ordinal in the run that recorded them. */
    origin_ordinal: integer(),
    attempt: integer(),
    at: bigint(),
    revision: integer(),
    position: bigint(),
  },
  key: ['tenant_id', 'run_id', 'first_ordinal'],
  access: 'tenant',
});

export const runItemRepeats = defineModel({
  table: runItemRepeatsTable,
  wants: [RunItemsRepeated],
  finalAfter: 'event',
  fold(event, rows, rowsOf) {
    const run = rowsOf(runsTable).before(runOf(event));
    if (!run) return;
    let ordinal = run.processed;
    for (const { runId, ordinals } of event.data.from)
      for (const [first, last] of ordinals) {
        const items = last - first + 1;
        rows.put({
          ...runOf(event),
          first_ordinal: ordinal + 1,
          last_ordinal: ordinal + items,
          origin_run_id: runId,
          origin_ordinal: first,
          attempt: event.envelope.attempt ?? run.attempt,
          at: timeOf(event),
          revision: event.revision,
          position: event.position,
        });
        ordinal += items;
      }
  },
});
