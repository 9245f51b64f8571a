import { sql } from 'kysely';

const MARK = '/* prepared */';
/** The statements that are prepared at most; each costs memory in every connection. Further ones are planned each time. */
const PREPARED_MAX = 200;

/**
 * At the end of a statement (`modifyEnd`), has each connection plan it a few times and then keep the plan. Planning a
 * statement of a page takes PostgreSQL three times as long as carrying it out.
 *
 * Only for statements on read models whose text is always the same and whose best plan doesn't depend on their
 * values. Conditions of partial indexes must be literals, because a kept plan knows no values.
 */
export const PREPARED = sql`${sql.raw(MARK)}`;

/** Returns the names of marked statements, and undefined for all others. A pool needs one for all of its connections. */
export function createStatementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    if (!text.endsWith(MARK)) return undefined;
    const known = names.get(text);
    if (known !== undefined || names.size >= PREPARED_MAX) return known;
    const name = `prepared_${names.size}`;
    names.set(text, name);
    return name;
  };
}
