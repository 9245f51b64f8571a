import { type Kysely, sql } from 'kysely';
import {
  EXPORT_DAYS,
  type ExportFile,
  type ExportStorage,
  type ExportWriting,
  ExportWritingLostError,
} from '../exports/export-storage.js';
import { intervalAgo } from './artifact-rows.js';
import type { MasterKey } from './master-key.js';
import type { PrimaryTables } from './primary-tables.js';
import { BrokenSealError, open, seal } from './sealed-bytes.js';
import { createTenantKeyring } from './tenant-keyring.js';

/** The content of an export's file, which can be read once. */
export interface OpenExport extends ExportFile {
  /** Reads and decrypts one part at a time. Errors: ExportRemovedError, BrokenSealError, those of the database. */
  readonly content: AsyncIterable<Buffer>;
}

export interface ExportFileStore extends ExportStorage {
  /** Opens a file that is finished and hasn't ended; otherwise undefined. */
  open(tenantId: string, runId: string): Promise<OpenExport | undefined>;
}

/** The file was removed while it was read, because its time had ended. */
export class ExportRemovedError extends Error {
  override readonly name = 'ExportRemovedError';
}

/** An unfinished file that is older than this was left by an aborted run. */
const UNFINISHED_FOR_MS = 24 * 3_600_000;

/** Files of exports in the primary database, each part encrypted under its tenant's key. */
export function createExportFileStore(options: {
  readonly db: Kysely<PrimaryTables>;
  readonly masterKey: MasterKey;
}): ExportFileStore {
  const { db } = options;
  const keyring = createTenantKeyring(db, options.masterKey);

  const ofRun = ({ tenantId, runId }: { tenantId: string; runId: string }) =>
    db
      .selectFrom('opsledger.export_files')
      .select(['size_bytes', 'ends_at', 'parts', 'writing'])
      .where('tenant_id', '=', tenantId)
      .where('run_id', '=', runId)
      .where('finished_at', 'is not', null);

  async function* contentOf(writing: ExportWriting, parts: number): AsyncGenerator<Buffer> {
    const { tenantId, runId } = writing;
    for (let part = 0; part < parts; part++) {
      const row = await db
        .selectFrom('opsledger.export_parts')
        .select(['body', 'key_version'])
        .where('tenant_id', '=', tenantId)
        .where('run_id', '=', runId)
        .where('part', '=', part)
        .executeTakeFirst();
      if (!row) throw new ExportRemovedError(`The export of run ${runId} was removed.`);
      const keys = await keyring.keysOf(tenantId, row.key_version);
      const key = keys.encryption.get(row.key_version);
      if (!key) throw new BrokenSealError(`The key of the export of run ${runId} is gone.`);
      yield open(key, row.body, placeOf(writing, part));
    }
  }

  return {
    async begin(tenant, runId) {
      const tenantId = tenant.toLowerCase();
      const begun = await db.transaction().execute(async (tx) => {
        const row = await tx
          .insertInto('opsledger.export_files')
          .values({ tenant_id: tenantId, run_id: runId, writing: sql`gen_random_uuid()` })
          .onConflict((conflict) =>
            conflict
              .columns(['tenant_id', 'run_id'])
              .doUpdateSet({ writing: sql`gen_random_uuid()`, begun_at: sql`now()` })
              .where('opsledger.export_files.finished_at', 'is', null),
          )
          .returning('writing')
          .executeTakeFirst();
        if (row)
          await tx
            .deleteFrom('opsledger.export_parts')
            .where('tenant_id', '=', tenantId)
            .where('run_id', '=', runId)
            .execute();
        return row;
      });
      if (begun) return { tenantId, runId, writing: begun.writing };
      return fileOf(await ofRun({ tenantId, runId }).executeTakeFirstOrThrow());
    },

    async addPart(writing, part, bytes) {
      const { tenantId, runId } = writing;
      const keys = await keyring.keysOf(tenantId);
      const body = seal(keys.encryption.get(keys.version) as Buffer, bytes, placeOf(writing, part));
      // The lock makes an attempt that begins now wait, so that it removes this part as well.
      const { numInsertedOrUpdatedRows: added } = await db
        .insertInto('opsledger.export_parts')
        .columns(['tenant_id', 'run_id', 'part', 'body', 'key_version'])
        .expression(
          db
            .selectFrom('opsledger.export_files')
            .select(({ val, cast }) => [
              'tenant_id',
              'run_id',
              cast<number>(val(part), 'integer').as('part'),
              cast<Buffer>(val(body), 'bytea').as('body'),
              cast<number>(val(keys.version), 'integer').as('key_version'),
            ])
            .where('tenant_id', '=', tenantId)
            .where('run_id', '=', runId)
            .where('writing', '=', writing.writing)
            .where('finished_at', 'is', null)
            .forShare(),
        )
        .onConflict((conflict) =>
          conflict.columns(['tenant_id', 'run_id', 'part']).doUpdateSet({ body, key_version: keys.version }),
        )
        .executeTakeFirstOrThrow();
      if (added === 0n) throw new ExportWritingLostError(writing);
    },

    async finish(writing, { parts, bytes }) {
      const row = await db
        .updateTable('opsledger.export_files')
        .set({
          size_bytes: bytes,
          parts,
          finished_at: sql`coalesce(finished_at, now())`,
          ends_at: sql`coalesce(ends_at, now() + ${EXPORT_DAYS} * interval '24 hours')`,
        })
        .where('tenant_id', '=', writing.tenantId)
        .where('run_id', '=', writing.runId)
        .where('writing', '=', writing.writing)
        .returning(['size_bytes', 'ends_at'])
        .executeTakeFirst();
      if (!row) throw new ExportWritingLostError(writing);
      return fileOf(row);
    },

    async discard({ tenantId, runId, writing }) {
      await db
        .deleteFrom('opsledger.export_files')
        .where('tenant_id', '=', tenantId)
        .where('run_id', '=', runId)
        .where('writing', '=', writing)
        .where('finished_at', 'is', null)
        .execute();
    },

    async open(tenant, runId) {
      const tenantId = tenant.toLowerCase();
      const row = await ofRun({ tenantId, runId }).where('ends_at', '>', sql<Date>`now()`).executeTakeFirst();
      if (!row) return undefined;
      return {
        ...fileOf(row),
        content: contentOf({ tenantId, runId, writing: row.writing }, row.parts ?? 0),
      };
    },
  };
}

/** Removes the files whose time has ended, and files that are unfinished after a day. Resolves to their number. */
export async function removeEndedExports(db: Kysely<PrimaryTables>): Promise<number> {
  for (let removed = 0; ; removed++) {
    const row = await db
      .deleteFrom('opsledger.export_files')
      .where(({ eb, refTuple, selectFrom }) =>
        eb(
          refTuple('tenant_id', 'run_id'),
          'in',
          selectFrom('opsledger.export_files')
            .select(['tenant_id', 'run_id'])
            .where((file) =>
              file.or([
                file('ends_at', '<=', sql<Date>`now()`),
                file.and([
                  file('finished_at', 'is', null),
                  file('begun_at', '<', intervalAgo(UNFINISHED_FOR_MS)),
                ]),
              ]),
            )
            .limit(1)
            .$asTuple('tenant_id', 'run_id'),
        ),
      )
      .returning('run_id')
      .executeTakeFirst();
    if (!row) return removed;
  }
}

const fileOf = (row: { readonly size_bytes: number | null; readonly ends_at: Date | null }): ExportFile => ({
  bytes: row.size_bytes ?? 0,
  endsAt: row.ends_at?.getTime() ?? 0,
});

const placeOf = ({ tenantId, runId, writing }: ExportWriting, part: number): string =>
  `export ${tenantId} ${runId} ${writing} ${part}`;
