import { z } from 'zod';
import { streamOfRun } from '../../runs/run-streams.js';
import { findRun } from '../hub/run-detail.js';
import { firstRevision, historyPart } from '../hub/run-history.js';
import { LIMITS } from '../limits.js';
import { assertReadable } from '../run-visibility.js';
import { WebError } from '../web-error.js';
import { defineDownload } from './page-download.js';

/** A run's whole history as JSON lines. Each event is as the log holds it, so that its hashes can be checked. */
export const runHistoryDownload = defineDownload<object>({
  path: '/runs/:run/history.jsonl',
  capability: 'history.read',
  id: { param: 'run', kind: 'run' },
  query: z.object({}),
  what: 'history of a run',
  async begin({ db, params, access }) {
    const run = await findRun(db, params.run ?? '');
    if (!run) throw new WebError('not_found', 'There is no such run.');
    assertReadable(access, run);
    return {
      fileName: `run-${run.queued_position}.jsonl`,
      format: 'jsonl',
      subject: run.run_id,
      rows: run.events,
      text: '',
    };
  },
  async part({ db, params, access }, { after, upTo }) {
    const runId = params.run ?? '';
    const past = after === null ? firstRevision(runId) - 1 : Number(after);
    const events = await historyPart(db, runId, { past, upTo, limit: LIMITS.eventsFoldedAtOnce });
    const stream = streamOfRun(access.tenant.tenantId, runId);
    return {
      text: events.map((event) => `${JSON.stringify({ stream, ...event })}\n`).join(''),
      next: events.length === LIMITS.eventsFoldedAtOnce ? String(events.at(-1)?.revision) : null,
    };
  },
});
