import {
  DamagedEventError,
  isEvent,
  type RecordedEvent,
  UnknownEventError,
} from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { readForStart, readRun } from '../../runs/read-operation.js';
import { RunStarted } from '../../runs/run-events.js';
import { isActive, type RunState } from '../../runs/run-state.js';
import { operationKey, operationStream } from '../../runs/run-streams.js';
import {
  type ConnectedDirectory,
  directoryOf,
  reachSameDirectory,
} from '../../tenancy/connected-directory.js';
import { tenantStream } from '../../tenancy/tenant-events.js';
import { evolveTenant, NO_TENANT } from '../../tenancy/tenant-state.js';
import { fewAtOnce } from '../handling/few-at-once.js';
import type { OperationServices } from '../operation-services.js';
import type { RunHandle } from '../run-handle.js';
import { previewedDirectory } from './read-preview.js';
import type { Earlier, ExecuteWords } from './restore-under-way.js';

export const RESTORE_TYPE = 'restore.execute';
/** The scope of every live restore of a tenant, so that the tenant has one at a time. */
export const LIVE_SCOPE = Object.freeze({ live: true as const });

const STREAMS_AT_ONCE = 10;
const UNDER_WAY = 'A restore of another tenant that is connected to the same directory is under way.';
const UNREADABLE =
  'Another tenant is connected to the same directory, and this program can’t read whether a restore of it is under way.';
const UNREADABLE_ADVICE = 'Update the program, or remove that tenant’s connection.';
const NOTHING_WRITTEN = 'Nothing was written.';
const WRITTEN_BEFORE = 'This restore had begun to write; its page has each of its requests.';

/**
 * Checks that no live restore of another tenant writes to the directory, which several tenants may be connected to.
 * Each live restore has begun in the log before it looks for others, and of two the one that began first goes on, so
 * that two never write at once. `begun` is what earlier attempts of this one have begun to write. Errors: RunFailure
 * `directory_in_use`, which says whether something may have been written; those of the ledger.
 */
export async function assertAloneInDirectory(
  run: RunHandle<ExecuteWords>,
  { ledger, tenantIds }: Pick<OperationServices, 'ledger' | 'tenantIds'>,
  directory: ConnectedDirectory,
  { begun }: Pick<Earlier, 'begun'>,
): Promise<void> {
  const before = begun.size === 0 ? NOTHING_WRITTEN : WRITTEN_BEFORE;
  const begunAt = await firstStart(run.history());
  const others = tenantIds().filter((tenantId) => tenantId !== run.tenantId);
  const isWrittenBy = async (tenantId: string): Promise<boolean> => {
    const other = await activeRestore(ledger, tenantId);
    if (!other) return false;
    const otherBegunAt = await firstStart(readRun(ledger, tenantId, other.runId));
    if (otherBegunAt === undefined || (begunAt !== undefined && begunAt < otherBegunAt)) return false;
    const otherDirectory = await previewedDirectory(ledger, tenantId, String(other.context.previewRunId));
    return otherDirectory === null || reachSameDirectory(directory, otherDirectory);
  };
  await fewAtOnce(others, STREAMS_AT_ONCE, async (tenantId) => {
    try {
      if (!(await isWrittenBy(tenantId))) return;
    } catch (error) {
      if (!(error instanceof UnknownEventError || error instanceof DamagedEventError)) throw error;
      // Events that can't be read of a tenant with another directory concern only that tenant.
      if (!(await mayRestore(ledger, tenantId, directory))) return;
      throw run.failure('directory_in_use', `${UNREADABLE} ${before} ${UNREADABLE_ADVICE}`, { cause: error });
    }
    throw run.failure('directory_in_use', `${UNDER_WAY} ${before}`);
  });
}

/**
 * Whether some program can restore a tenant to the directory. One whose own events this program can't read may be
 * restored by a newer program, so its last known connection counts. Nobody can restore one with a damaged event.
 */
async function mayRestore(
  ledger: LedgerReader,
  tenantId: string,
  directory: ConnectedDirectory,
): Promise<boolean> {
  let state = NO_TENANT;
  try {
    for await (const event of ledger.read(tenantStream(tenantId))) state = evolveTenant(state, event);
  } catch (error) {
    if (error instanceof DamagedEventError) return false;
    if (!(error instanceof UnknownEventError)) throw error;
  }
  const { graphBaseUrl: baseUrl, graphSignIn: signIn } = state;
  return baseUrl !== null && reachSameDirectory(directory, directoryOf({ baseUrl, signIn }));
}

async function activeRestore(ledger: LedgerReader, tenantId: string): Promise<RunState | undefined> {
  const stream = operationStream(tenantId, operationKey(tenantId, RESTORE_TYPE, LIVE_SCOPE));
  const { run } = await readForStart(ledger, stream);
  return isActive(run) ? run : undefined;
}

/** The log position at which a worker first took the run; undefined while none has. */
async function firstStart(events: AsyncIterable<RecordedEvent>): Promise<number | undefined> {
  for await (const event of events) if (isEvent(event, RunStarted)) return event.position;
  return undefined;
}
