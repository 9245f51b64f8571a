import { type Kysely, sql } from 'kysely';
import type { Chance, Clock } from '../clock.js';
import {
  type HeldRequest,
  type KnownRequest,
  type RequestKey,
  RequestKeyLostError,
  type RequestKeys,
} from '../starting/request-keys.js';
import { createTurns } from '../timing/turns.js';
import type { PrimaryTables } from './primary-tables.js';

/** How long a key names its request. */
const KEY_LIFETIME_HOURS = 24;
/**
 * How long a key is held after it is taken, and again after the request is planned. It is longer than the append
 * of a start may take, and it frees the key when the process dies.
 */
const HELD_MS = 10_000;
const WAIT_FOR_HOLDER_MS = 5_000;
const LOOK_EVERY_MS = 100;

/**
 * Keyed requests in PostgreSQL. The holder of a key is in its row, so that no connection is needed while the
 * request is carried out. Every step is committed separately, so that it survives a crash.
 */
export function createRequestKeys(
  db: Kysely<PrimaryTables>,
  { clock, chance }: { readonly clock: Clock; readonly chance: Chance },
  { heldMs = HELD_MS, waitForHolderMs = WAIT_FOR_HOLDER_MS } = {},
): RequestKeys {
  // Requests with one key in the same process wait here, so that they don't poll for each other.
  const { inTurn } = createTurns();

  async function held<Result>(
    key: RequestKey,
    bodyHash: string,
    work: (request: HeldRequest) => Promise<Result>,
  ): Promise<Result | 'busy'> {
    const holder = chance.uuid();
    const known = await untilTaken(key, bodyHash, holder);
    if (!known) return 'busy';
    const isHeldHere = sql<boolean>`${isRow(key)} and holder = ${holder}`;
    const change = () => db.updateTable('opsledger.request_keys').where(isHeldHere);
    try {
      return await work({
        known,
        async planned(operationKey) {
          const noted = { operation_key: operationKey, held_until: fromNow(heldMs) };
          const { numUpdatedRows } = await change().set(noted).executeTakeFirstOrThrow();
          if (numUpdatedRows === 0n) throw new RequestKeyLostError(key);
        },
        async answered(runId) {
          await change().set({ run_id: runId }).execute();
        },
        async withdraw() {
          await db.deleteFrom('opsledger.request_keys').where(isHeldHere).execute();
        },
      });
    } finally {
      await change().set({ holder: null, held_until: null }).execute();
    }
  }

  async function untilTaken(
    key: RequestKey,
    bodyHash: string,
    holder: string,
  ): Promise<KnownRequest | undefined> {
    const giveUpMs = clock.monotonicMs() + waitForHolderMs;
    for (;;) {
      const known = await take(key, bodyHash, holder);
      if (known || clock.monotonicMs() >= giveUpMs) return known;
      await clock.sleep(LOOK_EVERY_MS);
    }
  }

  /** Stores the request unless it is known, and takes its key unless another holder has it. */
  async function take(key: RequestKey, bodyHash: string, holder: string): Promise<KnownRequest | undefined> {
    // An expired key can be used for a new request.
    await db
      .deleteFrom('opsledger.request_keys')
      .where(sql<boolean>`${isRow(key)} and ${isExpired} and ${isNotHeld}`)
      .execute();
    const { rows } = await sql<{
      body_hash: string;
      operation_key: string | null;
      run_id: string | null;
      created_at: Date;
      since: string;
    }>`
      insert into opsledger.request_keys (tenant_id, client_id, key, body_hash, holder, held_until)
      values (${key.tenantId}, ${key.clientId}, ${key.key}, ${bodyHash}, ${holder}, ${fromNow(heldMs)})
      on conflict (tenant_id, client_id, key) do update
        set holder = excluded.holder, held_until = excluded.held_until
        where ${isNotHeld}
      returning body_hash, operation_key, run_id, created_at, extract(epoch from created_at)::text as since`.execute(
      db,
    );
    const [row] = rows;
    return (
      row && {
        bodyHash: row.body_hash,
        since: row.since,
        createdAt: row.created_at,
        operationKey: row.operation_key,
        runId: row.run_id,
      }
    );
  }

  return {
    holding: (key, bodyHash, work) =>
      inTurn(JSON.stringify([key.tenantId, key.clientId, key.key]), () => held(key, bodyHash, work)),
    async removeExpired() {
      await db
        .deleteFrom('opsledger.request_keys')
        .where(sql<boolean>`${isExpired} and ${isNotHeld}`)
        .execute();
    },
  };
}

const fromNow = (ms: number) => sql<Date>`now() + make_interval(secs => ${ms / 1000})`;
const isRow = ({ tenantId, clientId, key }: RequestKey) =>
  sql<boolean>`(request_keys.tenant_id = ${tenantId} and request_keys.client_id = ${clientId} and request_keys.key = ${key})`;
const isExpired = sql<boolean>`request_keys.created_at < now() - make_interval(hours => ${sql.lit(KEY_LIFETIME_HOURS)})`;
const isNotHeld = sql<boolean>`(request_keys.held_until is null or request_keys.held_until < now())`;

/**
 * Forgets the answers that name a run which `isRecorded` doesn't find, so that a repeated request starts it again and
 * isn't answered with the id of another run. Resolves to the number of runs.
 */
export async function forgetLostAnswers(
  db: Kysely<PrimaryTables>,
  isRecorded: (tenantId: string, runId: string) => Promise<boolean>,
): Promise<number> {
  const answered = await db
    .selectFrom('opsledger.request_keys')
    .select(['tenant_id', 'run_id'])
    .distinct()
    .where('run_id', 'is not', null)
    .execute();
  let lost = 0;
  for (const { tenant_id, run_id } of answered) {
    if (run_id === null || (await isRecorded(tenant_id, run_id))) continue;
    await db
      .deleteFrom('opsledger.request_keys')
      .where('tenant_id', '=', tenant_id)
      .where('run_id', '=', run_id)
      .execute();
    lost += 1;
  }
  return lost;
}
