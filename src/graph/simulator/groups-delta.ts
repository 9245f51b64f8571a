import { GROUPS_PATH } from './collections.js';
import { type GraphAnswer, type GraphRequest, graphAnswer, odataError } from './graph-answer.js';
import type { GraphObject } from './graph-value.js';
import type { EntityChange, SimulatedState } from './tenant-state.js';

const METADATA = 'https://graph.microsoft.com/beta/$metadata#groups';
/** Lifetime of a delta link; an older one is answered with a demand to start again. */
const DELTA_LIFE_MS = 7 * 24 * 60 * 60 * 1000;
const DELTA_PAGE = 100;

interface DeltaToken {
  /** The state that the point belongs to. */
  readonly journalId: string;
  /** The point after which changes are wanted. */
  readonly since: number;
  readonly offset: number;
  readonly issuedAt: number;
  /** The fields of `$select`, which Graph keeps in its links; null for all. */
  readonly select: readonly string[] | null;
  /** Whether the empty page after the entries has been returned. */
  readonly emptied: boolean;
}

/**
 * `GET /groups/delta`: pages of changes, then a link for reading later changes. As Graph does, a page may repeat an
 * entry of the page before, an empty page may come, a group that was deleted and restored comes twice, and a changed
 * group is answered with its changed fields only.
 */
export function groupsDelta(state: SimulatedState, request: GraphRequest, now: number): GraphAnswer {
  const given = request.query.get('$skiptoken') ?? request.query.get('$deltatoken');
  const { journalId } = state;
  const token = given === null ? firstToken(request, journalId, now) : decodeDelta(given);
  if (token === null)
    return odataError(400, 'Directory_ExpiredPageToken', 'The specified page token is invalid.');
  // A simulator that was started again serves another state, which has no changes since a point of the former one.
  if (now - token.issuedAt > DELTA_LIFE_MS || token.journalId !== journalId)
    return odataError(410, 'syncStateNotFound', 'The sync state generation is not found; please resync.');

  const { changes, now: reached } = state.changes(GROUPS_PATH, token.since);
  const isWhole = token.since === 0;
  const wanted = isWhole ? changes.filter(({ entity }) => entity !== null) : changes.flatMap(withRemoval);
  const end = token.offset + DELTA_PAGE;
  // Entries on several pages are followed by an empty page, and each page begins with the last entry before it.
  const isEmptyNext = end >= wanted.length && wanted.length > DELTA_PAGE && !token.emptied;
  const page = token.emptied ? [] : wanted.slice(Math.max(0, token.offset - 1), end);
  const link = (name: string, next: DeltaToken) =>
    `${request.base}/groups/delta?${name}=${Buffer.from(JSON.stringify(next)).toString('base64url')}`;
  const { select } = token;
  return graphAnswer(200, {
    '@odata.context': METADATA,
    ...(end < wanted.length || isEmptyNext
      ? { '@odata.nextLink': link('$skiptoken', { ...token, offset: end, emptied: isEmptyNext }) }
      : {
          '@odata.deltaLink': link('$deltatoken', {
            journalId,
            since: reached,
            offset: 0,
            issuedAt: now,
            select,
            emptied: false,
          }),
        }),
    value: page.map((change) => entryOf(change, token)),
  });
}

/** A group that was deleted and restored comes as deleted first. */
const withRemoval = (change: EntityChange): readonly EntityChange[] =>
  change.wasRemoved && change.entity !== null ? [{ ...change, entity: null }, change] : [change];

function entryOf({ id, entity, fields }: EntityChange, { since, select }: DeltaToken): GraphObject {
  if (entity === null) return { id, '@removed': { reason: 'changed' } };
  const isAnswered = (name: string) =>
    name === 'id' ||
    ((select === null || select.includes(name)) && (since === 0 || fields === null || fields.has(name)));
  return Object.fromEntries(Object.entries(entity).filter(([name]) => isAnswered(name)));
}

function firstToken(request: GraphRequest, journalId: string, now: number): DeltaToken {
  const select = request.query.get('$select')?.split(',') ?? null;
  return { journalId, since: 0, offset: 0, issuedAt: now, select, emptied: false };
}

function decodeDelta(text: string): DeltaToken | null {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (token === null || typeof token !== 'object') return null;
    const { journalId, since, offset, issuedAt, select, emptied } = token as Partial<
      Record<keyof DeltaToken, unknown>
    >;
    if (typeof since !== 'number' || typeof offset !== 'number' || typeof issuedAt !== 'number') return null;
    return {
      journalId: String(journalId),
      since,
      offset,
      issuedAt,
      select: Array.isArray(select) ? select.map(String) : null,
      emptied: emptied === true,
    };
  } catch {
    return null;
  }
}
