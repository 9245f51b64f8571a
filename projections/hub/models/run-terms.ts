import { RunQueued } from '../../../src/runs/run-events.js';
import { bigint, bytewiseText, uuid } from '../../engine/columns.js';
import { defineModel } from '../../engine/model.js';
import { defineTable } from '../../engine/table.js';
import { runOf } from '../event-facts.js';
import { searchTerms } from '../search-terms.js';

/** The words that a run can be searched by: those of its id, type, title, scope and context (H3). */
export const runTermsTable = defineTable({
  name: 'run_terms',
  columns: {
    tenant_id: uuid(),
    /** Compared byte by byte, so that an index finds words by their beginning in any locale. */
    term: bytewiseText(),
    /** The run's number. */
    queued_position: bigint(),
  },
  key: ['tenant_id', 'term', 'queued_position'],
  onConflict: 'keep',
  access: 'tenant',
});

export const runTerms = defineModel({
  table: runTermsTable,
  wants: [RunQueued],
  finalAfter: 'event',
  fold(event, rows) {
    const { tenant_id, run_id } = runOf(event);
    const { title, type, scope, context } = event.data;
    for (const term of searchTerms([run_id, type, title, scope, context]))
      rows.put({ tenant_id, term, queued_position: event.position });
  },
});
