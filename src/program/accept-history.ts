import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { dispatchProjection } from '../../projections/dispatch/active-runs-projection.js';
import { dropAllVersions } from '../../projections/engine/versions.js';
import { recordAct } from '../audit/record-act.js';
import type { Chance, Clock } from '../clock.js';
import { newestSeenEvent, replaceSeenEvent } from '../db/ledger-identity.js';
import { createWriterPool } from '../db/pools.js';
import type { PrimaryTables } from '../db/primary-tables.js';
import { forgetLostAnswers } from '../db/request-keys.js';
import { readAnew } from '../db/scheduled-work.js';
import type { Actor } from '../ledger/envelope.js';
import { HistoryChangedError } from '../ledger/event-log.js';
import type { PlacedEvent } from '../ledger/event-store/read-one.js';
import { createEventStoreLog } from '../ledger/event-store-log.js';
import type { Ledger } from '../ledger/ledger.js';
import { runPosition } from '../runs/run-position.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { productFeatures } from './features.js';
import type { ProductDraft } from './product-events.js';

/** What was found, and done, about the log and the database's memory of it. */
export type Acceptance =
  /** The log holds what was seen of it, so nothing was changed. */
  | { readonly kind: 'unchanged' }
  /** Somebody still writes the rows of a projection, so nothing was changed. */
  | { readonly kind: 'in-use' }
  /** `found`: how the log differs; undefined when the database remembered nothing of it. */
  | { readonly kind: 'accepted'; readonly found: string | undefined };

/**
 * Makes the database follow the log as it is, after an older copy of it was put back:
 * - This log's newest event is remembered in place of the former log's.
 * - The read models are dropped, and the next projector builds them again.
 * - Recurring work reads the log from its beginning, so that artifacts that its events name are kept.
 * - Answers to requests are forgotten when they name a run that isn't in the log.
 * - Each tenant of the log gets an audit entry.
 * Errors: those of the database and the log.
 */
export async function acceptHistory({
  sessionUrl,
  eventStoreUrl,
  primary,
  ledger,
  clock,
  chance,
  logger,
  change,
}: {
  readonly sessionUrl: string;
  readonly eventStoreUrl: string;
  readonly primary: Kysely<PrimaryTables>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly logger: Logger;
  /** Who accepts. */
  readonly change: { readonly actor: Actor; readonly correlationId: string };
}): Promise<Acceptance> {
  const remembered = await newestSeenEvent(primary);
  const found = remembered && (await differenceTo(remembered, eventStoreUrl));
  if (remembered && found === undefined) return { kind: 'unchanged' };
  const ended = await newestOf(eventStoreUrl);
  // The memory changes last, so that an interrupted acceptance is done again.
  await forgetLostAnswers(
    primary,
    async (tenantId, runId) => (await runPosition(ledger.log, tenantId, runId)) !== undefined,
  );
  const pool = createWriterPool<unknown>(sessionUrl, { logger, connectionsMax: 1 });
  try {
    const isFree = await pool
      .connection()
      .execute((connection) => dropAllVersions(connection, [productFeatures.hub, dispatchProjection], clock));
    if (!isFree) return { kind: 'in-use' };
  } finally {
    await pool.destroy();
  }
  const event = {
    type: 'HistoryAccepted',
    data: { seenTo: remembered?.commit ?? null, endedAt: ended?.commit ?? null },
  } as const satisfies ProductDraft;
  for (const tenantId of await tenantsOf({ ledger, clock, chance, logger }))
    await recordAct(ledger, change.actor, {
      tenantId,
      correlationId: change.correlationId,
      event,
    });
  const newest = await newestOf(eventStoreUrl);
  await primary.transaction().execute(async (tx) => {
    await readAnew(tx);
    if (newest) await replaceSeenEvent(tx, newest);
  });
  return { kind: 'accepted', found };
}

/** The ids of the log's tenants, also of those with an event that this program can't read. */
async function tenantsOf(deps: ConstructorParameters<typeof TenantDirectory>[0]): Promise<readonly string[]> {
  const directory = new TenantDirectory(deps);
  await directory.start();
  try {
    return directory.all().map(({ tenantId }) => tenantId);
  } finally {
    await directory.stop();
  }
}

/** How a log differs from what was seen of it; undefined when it doesn't. */
async function differenceTo(remembered: PlacedEvent, url: string): Promise<string | undefined> {
  try {
    await newestOf(url, remembered);
    return undefined;
  } catch (error) {
    if (error instanceof HistoryChangedError) return error.found;
    throw error;
  }
}

/** The newest event of a log that must hold `remembered`. Errors: HistoryChangedError, LogUnavailableError. */
async function newestOf(url: string, remembered?: PlacedEvent): Promise<PlacedEvent | undefined> {
  let newest = remembered;
  const remember = async (event: PlacedEvent) => {
    newest = event;
  };
  const log = createEventStoreLog({ url, memory: { remembered, remember } });
  try {
    await log.head();
  } finally {
    await log.close();
  }
  return newest;
}
