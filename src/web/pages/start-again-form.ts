import { z } from 'zod';
import { readHub } from '../hub/hub-read.js';
import { findRun } from '../hub/run-detail.js';
import { WebError } from '../web-error.js';
import { defineForm, startedRun } from './page-form.js';

/**
 * A form that starts an ended run of one of these types again, with the input that it had (R9). `path` has the run's id
 * as `:run`. Errors: WebError for a run of another type, and with the reason of a refusal.
 */
export const startAgainForm = (path: string, types: readonly string[]) =>
  defineForm({
    path,
    capability: 'runs.start',
    id: { param: 'run', kind: 'run' },
    fields: z.object({}),
    async submit({ actor, at, params, tenant, runtime }) {
      const run = await readHub(runtime.deps, at.tenantId, (db) => findRun(db, params.run ?? ''));
      if (!run || !types.includes(run.type))
        throw new WebError(
          'not_found',
          'This run can’t be started again here. Its history may have been archived.',
        );
      const again = { ...at, runId: run.run_id };
      return startedRun(await runtime.deps.ports.starts.startAgain(actor, again), tenant, runtime);
    },
  });
