import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import { createExportFileStore } from '../../src/db/export-files.js';
import { parseMasterKey } from '../../src/db/master-key.js';
import { storeExport } from '../../src/exports/export-storage.js';
import { removeEndedExportsWhenDue } from '../../src/program/export-removal.js';
import { silent, testDatabase } from '../support/database.js';

t.test('ended files are removed by one of several processes, when it is due', async (t) => {
  const { db } = await testDatabase(t);
  const store = createExportFileStore({ db, masterKey: parseMasterKey(randomBytes(32).toString('hex')) });
  const tenantId = randomUUID();
  const write = (letter: string) =>
    storeExport(store, { tenantId, runId: `${letter.repeat(32)}-0` }, async function* () {
      yield randomBytes(10);
    });
  await write('a');
  await write('b');
  await sql`update opsledger.export_files set ends_at = now() where run_id like 'a%'`.execute(db);
  const look = () => removeEndedExportsWhenDue({ primary: db, logger: silent });
  const looks = await Promise.all([look(), look(), look()]);
  t.same(
    looks.filter((removed) => removed !== undefined),
    [1],
    'one process did it',
  );
  t.equal(await look(), undefined, 'not due yet');
  t.ok(await store.open(tenantId, `${'b'.repeat(32)}-0`), 'what has not ended stays');
});
