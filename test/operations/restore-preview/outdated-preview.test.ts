import t from 'tap';
import { outdatedBy } from '../../../src/operations/restore-preview/outdated-preview.js';

const HOUR_MS = 3_600_000;
const directory = {
  baseUrl: 'https://graph.microsoft.com',
  directoryId: 'd0000000-0000-4000-8000-000000000001',
};
const preview = { mappingRevision: 4, directory, endedAt: 0 };
const present = { mappingRevision: 4, directory, now: 24 * HOUR_MS };

t.test('a preview can be carried out for a day while nothing of what it used has changed', async (t) => {
  t.equal(outdatedBy(preview, present), null);
  t.equal(outdatedBy(preview, { ...present, now: 24 * HOUR_MS + 1 }), 'age');
  t.equal(outdatedBy(preview, { ...present, mappingRevision: 5, now: 25 * HOUR_MS }), 'map');
  t.equal(outdatedBy(preview, { ...present, directory: { ...directory, directoryId: null } }), 'directory');
  t.equal(
    outdatedBy(preview, { ...present, directory: null }),
    null,
    'a missing connection is reported elsewhere',
  );
});

t.test('a preview of an older program, which names no directory, is outdated', async (t) => {
  t.equal(outdatedBy({ ...preview, directory: null }, present), 'directory');
});
