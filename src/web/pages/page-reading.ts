import type { z } from 'zod';
import type { ReasonCode } from '../../runs/reason-codes.js';
import { issueInWords } from '../../wording/issue-words.js';
import { readHub } from '../hub/hub-read.js';
import { pageOpening } from '../hub/page-opening.js';
import type { PageAsk } from '../live/live-pages.js';
import { personOf } from '../request-identity.js';
import { WebError } from '../web-error.js';
import type { WebRuntime } from '../web-runtime.js';
import type { PageRead, TenantPage } from './page.js';

const addedCodesOf = ({ deps }: WebRuntime): Readonly<Record<string, ReasonCode>> =>
  Object.assign({}, ...deps.ports.starts.types.map(({ reasonCodes }) => reasonCodes));

/** Reads a page or a download in one snapshot of its tenant. Errors: those of `readHub` and `parseQuery`. */
export function reading<Query, Result>(
  runtime: WebRuntime,
  page: Pick<TenantPage<Query>, 'query'>,
  ask: PageAsk,
  read: (read: PageRead<Query>) => Promise<Result>,
): Promise<Result> {
  const query = parseQuery(page.query, ask.query);
  const { access } = ask;
  const { config, clock } = runtime.deps;
  const personId = personOf(ask);
  return readHub(runtime.deps, access.tenant.tenantId, async (db) => {
    const { settings, zone, position, report } = await pageOpening(db, personId, config.timeZone);
    return read({
      db,
      access,
      personId,
      query,
      params: ask.params,
      settings,
      time: { now: clock.now(), zone },
      addedCodes: addedCodesOf(runtime),
      position,
      report,
      runtime,
    });
  });
}

/** Checks a query string. Errors: WebError `bad_request` with the mistake. */
export function parseQuery<Query>(schema: z.ZodType<Query>, query: unknown): Query {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  const why = issue ? issueInWords(issue) : '';
  throw new WebError('bad_request', `“${where}” in the address has a value that can’t be used. ${why}`);
}
