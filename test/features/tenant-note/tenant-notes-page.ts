import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import type { TablesOf } from '../../../projections/engine/model.js';
import { definePage } from '../../../src/web/pages/page.js';
import { change, defineForm } from '../../../src/web/pages/page-form.js';
import { commandOffer } from '../../../src/web/start-offers.js';
import { removeNote, writeNote } from './tenant-note.js';
import type { notes } from './tenant-note-model.js';

const NOTES_SHOWN = 100;
const PATH = '/notes';

const writeForm = defineForm({
  path: `${PATH}/write`,
  capability: writeNote.capability,
  fields: z.object({ formId: z.guid(), text: z.string().trim().min(1, 'needs a text').max(300) }),
  async submit(sent) {
    // The id makes a form that is sent twice write one note. It contains the tenant, so a form can't name another
    // tenant's note.
    const noteId = uuidv5(sent.form.formId, sent.tenant.tenantId);
    await change(sent, writeNote, { noteId, text: sent.form.text }, PATH);
    return PATH;
  },
});

const removeForm = defineForm({
  path: `${PATH}/:note/remove`,
  capability: removeNote.capability,
  id: { param: 'note', kind: 'note' },
  fields: z.object({}),
  async submit(sent) {
    await change(sent, removeNote, { noteId: sent.params.note ?? '' }, PATH);
    return PATH;
  },
});

/** Tenant → Notes: the notes that members wrote for each other. */
export const tenantNotesPage = definePage<object>({
  path: PATH,
  rail: { heading: 'Tenant', label: 'Notes', icon: 'people' },
  capability: 'features.read',
  template: 'pages/tenant-notes',
  query: z.object({}),
  forms: [writeForm, removeForm],
  linkTargets: { note: () => PATH },
  async load({ db, access, runtime }) {
    const rows = await db
      .withTables<TablesOf<readonly [typeof notes]>>()
      .selectFrom('notes')
      .select(['note_id', 'text'])
      .orderBy('written_at', 'desc')
      .limit(NOTES_SHOWN)
      .execute();
    const offer = commandOffer(access, writeNote);
    return {
      title: 'Notes',
      view: { notes: rows, offer, formId: runtime.deps.chance.uuid() },
      people: [],
    };
  },
});
