import { z } from 'zod';
import { acknowledgeFinding, fingerprintSchema, NOTE_LENGTH_MAX } from '../../entities/finding/finding.js';
import { listField } from '../optional-field.js';
import { WebError } from '../web-error.js';
import { defineForm } from './page-form.js';
import { changedAt } from './read-form.js';
import { optionalText } from './text-fields.js';

/** Most findings in one form: as many as a page shows. */
const FINDINGS_MAX = 100;

/** Acknowledges the findings that were selected on the drift page, all with the same note. */
export const acknowledgeMany = defineForm({
  path: '/drift/acknowledge',
  capability: acknowledgeFinding.capability,
  fields: z.object({
    finding: listField(fingerprintSchema, FINDINGS_MAX),
    note: optionalText(NOTE_LENGTH_MAX),
    /** The query of the page with the form. */
    back: z
      .string()
      .max(500)
      .regex(/^[\w=&%.+-]*$/)
      .default(''),
  }),
  async submit({ form, actor, at, runtime, tenant }) {
    const { ports } = runtime.deps;
    const back = `/drift${form.back === '' ? '' : `?${form.back}`}`;
    if (form.finding.length === 0)
      throw new WebError('bad_request', 'No finding was chosen. Tick those to acknowledge.');
    // All findings are looked up before any of them is changed.
    for (const chosen of form.finding) {
      const tenantId = await ports.access.tenantOf('finding', chosen);
      if (tenantId === undefined)
        throw new WebError('not_found', 'One of the findings is not there any more.');
      if (tenantId !== at.tenantId)
        throw new WebError('forbidden', 'One of the findings belongs to another tenant.');
    }
    const note = form.note || null;
    let position = -1;
    for (const chosen of new Set(form.finding)) {
      const given = { fingerprint: chosen, note };
      const outcome = await ports.change(actor, acknowledgeFinding, { ...at, given });
      position = Math.max(position, changedAt(outcome, `/t/${tenant.slug}${back}`));
    }
    await runtime.caughtUp(at.tenantId, position);
    return back;
  },
});
