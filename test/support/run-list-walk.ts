import { sql } from 'kysely';
import { hubProjection } from '../../projections/hub/hub-projection.js';
import { withTenant } from '../../src/db/with-tenant.js';
import { choose } from '../../src/web/hub/run-conditions.js';
import { runFiltersSchema } from '../../src/web/hub/run-filters.js';
import { listRuns, type RunPage, type RunPageRequest } from '../../src/web/hub/run-list.js';
import type { HubDatabase } from '../../src/web/web-dependencies.js';
import type { testDatabase } from './database.js';

/** A list of runs read page by page to its end and back, and the same list as one plain statement gives it. */
export interface WalkedList {
  readonly there: readonly number[];
  readonly back: readonly number[];
  readonly plain: readonly number[];
  /** How many of the pages had fewer rows because the limit of runs was reached. */
  readonly cutShort: number;
}

export interface PlainList {
  readonly where: string;
  readonly order?: string;
  readonly perPage?: number;
}

/** Walks through a list. `where` are its filters in SQL, and `order` its order, on the columns of `runs`. */
export async function walkList(
  database: Awaited<ReturnType<typeof testDatabase>>,
  tenantId: string,
  filters: object,
  { where, order = 'queued_position desc', perPage = 50 }: PlainList,
): Promise<WalkedList> {
  const pool = database.hub<HubDatabase>();
  return withTenant(pool, tenantId, async (unnamed) => {
    const db = unnamed.withSchema(hubProjection.schema);
    const time = { now: Date.now(), zone: 'utc' };
    const choice = await choose(db, runFiltersSchema.parse(filters), time);
    let cutShort = 0;
    const read = async (place: Omit<RunPageRequest, 'limit'>): Promise<RunPage> => {
      const page = await listRuns(db, choice, { ...place, limit: perPage });
      if (page.isCutShort) cutShort++;
      return page;
    };
    const there: number[] = [];
    let page = await read({});
    for (; ; page = await read({ before: page.older })) {
      there.push(...page.rows.map(({ queued_position }) => queued_position));
      if (page.older === null) break;
    }
    const back = page.rows.map(({ queued_position }) => queued_position);
    while (page.newer !== null) {
      page = await read({ after: page.newer });
      back.unshift(...page.rows.map(({ queued_position }) => queued_position));
    }
    const { rows } = await sql<{ number: number }>`
      select queued_position as number from ${sql.id(hubProjection.schema, 'runs')} runs
      where ${sql.raw(where)} order by ${sql.raw(order)}`.execute(db);
    return { there, back, plain: rows.map(({ number }) => Number(number)), cutShort };
  });
}
