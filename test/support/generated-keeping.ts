import { backupSetEntity } from '../../src/entities/backup-set/backup-set.js';
import { directoryEntity } from '../../src/entities/directory/directory.js';
import { exportEntity } from '../../src/entities/export/export.js';
import { mappingEntity } from '../../src/entities/mapping/mapping.js';
import { policyEntity, policyKeyOf, snapshotIdOf } from '../../src/entities/policy/policy.js';
import { dueTimesEntity } from '../../src/entities/schedule/due-times.js';
import { scheduleEntity } from '../../src/entities/schedule/schedule.js';
import type { ProductDraft } from '../../src/program/product-events.js';
import type { EventBuilder } from './event-builder.js';
import { EVENT_SAMPLES } from './event-samples.js';

const { SnapshotCaptured, ExportWritten, ScheduleSet, DueTimeStarted, DueTimesMissed } = EVENT_SAMPLES;
const { DirectoryObjectsObserved, DirectorySynced, BackupItemsAdded } = EVENT_SAMPLES;
const { GroupMappingSet, RestorePlanned, RestoreApplied, EffectIntended, EffectSettled } = EVENT_SAMPLES;
const POLICIES = 6;
const SETS = 3;
const SCHEDULES = 2;

/** The tenant that stores something, and the run that does it. */
interface Keeping {
  readonly tenantId: string;
  readonly runId: string;
}

/** An id that no other tenant has. */
const idOf = (tenantId: string, kind: number, n: number): string =>
  `${tenantId.slice(0, 8)}-000${kind}-4000-8000-00000000000${n}`;

/** Appends what runs and people store: snapshots, sets, exports, schedules and the directory. */
export async function keepSomething(
  { append, chance, log }: EventBuilder,
  { tenantId, runId }: Keeping,
): Promise<void> {
  const byRun = { tenantId, runId };
  const policyId = idOf(tenantId, 1, chance.below(POLICIES));
  const policyKey = policyKeyOf(tenantId, SnapshotCaptured.policyType, policyId);
  switch (chance.below(5)) {
    case 0:
      await append(
        policyEntity.stream(tenantId, policyKey),
        [
          {
            type: 'SnapshotCaptured',
            data: { ...SnapshotCaptured, policyId, contentHash: chance.hex(64), artifact: chance.hex(64) },
          },
        ],
        byRun,
      );
      return;
    case 1: {
      const stream = backupSetEntity.stream(tenantId, idOf(tenantId, 2, chance.below(SETS)));
      const isNew = log.events.every((event) => event.stream !== stream);
      const created: readonly ProductDraft[] = isNew
        ? [{ type: 'BackupSetCreated', data: { name: 'Before the change', origin: { kind: 'person' } } }]
        : [];
      const item = { snapshot: snapshotIdOf(policyKey, 0), bytes: chance.below(9_000), withheld: 0 };
      await append(
        stream,
        [...created, { type: 'BackupItemsAdded', data: { ...BackupItemsAdded, items: [item] } }],
        byRun,
      );
      return;
    }
    case 2:
      await append(
        scheduleEntity.stream(tenantId, idOf(tenantId, 3, chance.below(SCHEDULES))),
        [{ type: 'ScheduleSet', data: { ...ScheduleSet, name: `Nightly ${chance.below(9)}` } }],
        { tenantId },
      );
      await append(
        dueTimesEntity.stream(tenantId, idOf(tenantId, 3, 0)),
        [
          { type: 'DueTimeStarted', data: { ...DueTimeStarted, runId } },
          { type: 'DueTimesMissed', data: DueTimesMissed },
        ],
        { tenantId },
      );
      return;
    case 3:
      await append(
        directoryEntity.stream(tenantId),
        [
          { type: 'DirectoryObjectsObserved', data: DirectoryObjectsObserved },
          { type: 'DirectorySynced', data: DirectorySynced },
        ],
        byRun,
      );
      await append(
        mappingEntity.stream(tenantId, tenantId),
        [{ type: 'GroupMappingSet', data: GroupMappingSet }],
        { tenantId },
      );
      return;
    default: {
      const stream = exportEntity.stream(tenantId, runId);
      if (log.events.some((event) => event.stream === stream)) return;
      await append(stream, [{ type: 'ExportWritten', data: ExportWritten }], byRun);
    }
  }
}

/** What a restore did to some items: a request for each of them, then their outcomes. */
export function appliedFor(itemIds: readonly string[]): readonly ProductDraft[] {
  const [sample] = RestoreApplied.policies;
  if (!sample) throw new TypeError('the sample restores nothing');
  const policies = itemIds.map((itemId) => ({ ...structuredClone(sample), itemId }));
  return [
    ...itemIds.flatMap((itemId): ProductDraft[] => [
      { type: 'EffectIntended', data: { ...EffectIntended, itemId } },
      { type: 'EffectSettled', data: { ...EffectSettled, itemId } },
    ]),
    { type: 'RestoreApplied', data: { ...RestoreApplied, policies } },
  ];
}

/** What a preview of a restore plans for some items. */
export function plannedFor(chance: EventBuilder['chance'], itemIds: readonly string[]): ProductDraft {
  const [sample] = RestorePlanned.policies;
  if (!sample) throw new TypeError('the sample plans nothing');
  const policies = itemIds.map((itemId) => ({
    ...structuredClone(sample),
    itemId,
    action: chance.pick(['create', 'update', 'leave'] as const),
  }));
  return { type: 'RestorePlanned', data: { ...RestorePlanned, policies } };
}
