import { type QueryExecutorProvider, sql } from 'kysely';
import type { LeaseStore } from '../liveness/lease.js';

/** Leases in `liveness.leases`. */
export function createLeaseStore(db: QueryExecutorProvider): LeaseStore {
  return {
    async read(name) {
      const { rows } = await sql<{ holder: string; turn: string }>`
        select holder, turn from liveness.leases where name = ${name}`.execute(db);
      const [row] = rows;
      return row && { holder: row.holder, turn: Number(row.turn) };
    },
    async take(name, holder, seen) {
      const { rows } = seen
        ? await sql`
            update liveness.leases set holder = ${holder}, turn = turn + 1
            where name = ${name} and holder = ${seen.holder} and turn = ${seen.turn} returning 1`.execute(db)
        : await sql`
            insert into liveness.leases (name, holder, turn) values (${name}, ${holder}, 1)
            on conflict do nothing returning 1`.execute(db);
      return rows.length > 0;
    },
    async release(name, holder) {
      await sql`delete from liveness.leases where name = ${name} and holder = ${holder}`.execute(db);
    },
  };
}
