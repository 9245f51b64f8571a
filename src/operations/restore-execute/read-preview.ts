import { isEvent, type RecordedEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { readRun } from '../../runs/read-operation.js';
import { RunCompleted, RunQueued } from '../../runs/run-events.js';
import type { ConnectedDirectory } from '../../tenancy/connected-directory.js';
import { isUsableEnd } from '../inventory-sync/usable-inventories.js';
import { type PlannedPolicy, RestorePlanned } from '../restore-preview/restore-events.js';
import { type PreviewContext, previewContextSchema } from '../restore-preview/restore-options.js';

/** A preview that a restore can be made of. */
export interface UsablePreview {
  readonly options: PreviewContext;
  /** When it ended, milliseconds since 1970. */
  readonly endedAt: number;
  /** The directory that it read; null when an older program made it. */
  readonly directory: ConnectedDirectory | null;
  /** What it planned, in the order of writing. */
  readonly policies: readonly PlannedPolicy[];
}

/** The directory that a preview read; null when the log doesn't say. Errors: those of the ledger. */
export async function previewedDirectory(
  ledger: LedgerReader,
  tenantId: string,
  previewRunId: string,
): Promise<ConnectedDirectory | null> {
  for await (const event of readRun(ledger, tenantId, previewRunId))
    if (isEvent(event, RestorePlanned)) return event.data.directory;
  return null;
}

/** Reads a preview from the log; undefined when there is none, or when it didn't end usable. Errors: those of the ledger. */
export async function readPreview(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
): Promise<UsablePreview | undefined> {
  let options: PreviewContext | undefined;
  let end: RecordedEvent | undefined;
  let directory: ConnectedDirectory | null = null;
  const policies: PlannedPolicy[] = [];
  for await (const event of readRun(ledger, tenantId, runId)) {
    if (isEvent(event, RunQueued) && event.data.type === 'restore.preview')
      options = previewContextSchema.safeParse(event.data.context).data;
    if (isEvent(event, RestorePlanned)) {
      directory = event.data.directory;
      policies.push(...event.data.policies);
    }
    if (isEvent(event, RunCompleted)) end = event;
  }
  if (!options || !end || !isUsableEnd(end)) return undefined;
  return {
    options,
    endedAt: Date.parse(end.envelope.at),
    directory,
    policies: policies.toSorted((one, other) => one.rank - other.rank),
  };
}
