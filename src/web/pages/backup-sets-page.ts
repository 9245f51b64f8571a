import { z } from 'zod';
import { createBackupSet } from '../../entities/backup-set/backup-set.js';
import { SET_NAME_LENGTH_MAX } from '../../entities/backup-set/backup-set-events.js';
import { typedName } from '../../entities/typed-text.js';
import { listBackupSets } from '../hub/backup-set-list.js';
import { LIMITS } from '../limits.js';
import { commandOffer, graphStartOffer } from '../start-offers.js';
import { idOfForm } from './id-of-form.js';
import { definePage } from './page.js';
import { change, defineForm } from './page-form.js';

const querySchema = z.object({ before: z.coerce.number().int().optional() });

/** A set's name as a person types it into a form. */
export const setNameField = typedName(SET_NAME_LENGTH_MAX, 'A set needs a name');

const createForm = defineForm({
  path: '/backup-sets/create',
  capability: createBackupSet.capability,
  fields: z.object({ formId: z.guid(), name: setNameField }),
  async submit(sent) {
    const setId = idOfForm(sent.form.formId, sent.tenant.tenantId);
    await change(sent, createBackupSet, { setId, name: sent.form.name }, '/backup-sets');
    return `/backup-sets/${setId}`;
  },
});

/** Backup → Backup sets: every set, newest first. */
export const backupSetsPage = definePage<z.infer<typeof querySchema>>({
  path: '/backup-sets',
  rail: { heading: 'Backup', label: 'Backup sets', icon: 'archive' },
  capability: 'features.read',
  template: 'pages/backup-sets',
  query: querySchema,
  forms: [createForm],
  async load({ db, access, query, runtime }) {
    const { rows, hasMore } = await listBackupSets(db, { ...query, limit: LIMITS.backupSetsPerPage });
    const people = rows.filter(({ created_by_kind }) => created_by_kind === 'member');
    return {
      title: 'Backup sets',
      view: {
        sets: rows,
        older: hasMore ? `backup-sets?before=${rows.at(-1)?.created_position}` : null,
        paged: query.before !== undefined,
        offer: commandOffer(access, createBackupSet),
        backUp: await graphStartOffer(access, db),
        formId: runtime.deps.chance.uuid(),
      },
      people: people.map(({ created_by_id }) => created_by_id),
    };
  },
});
