import { isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { type MappingChoices, mappingEntity } from './mapping.js';

/** A kept map as it stood at a revision of its stream; the revision is -1 before the first choice. */
export interface KeptMapping {
  readonly choices: MappingChoices;
  readonly revision: number;
}

/** Where a map belongs: policies of the source are restored to the target, which may be the same tenant. */
export interface TenantPair {
  readonly sourceTenantId: string;
  readonly targetTenantId: string;
}

/** Reads a kept map from the log, as it is now or as it stood at a revision. Errors: those of the ledger. */
export async function readMapping(
  ledger: LedgerReader,
  { sourceTenantId, targetTenantId }: TenantPair,
  throughRevision = Number.POSITIVE_INFINITY,
): Promise<KeptMapping> {
  let choices = mappingEntity.initial;
  let revision = -1;
  for await (const event of ledger.read(mappingEntity.stream(targetTenantId, sourceTenantId))) {
    if (event.revision > throughRevision) break;
    if (isEvent(event, ...mappingEntity.events)) choices = mappingEntity.evolve(choices, event);
    revision = event.revision;
  }
  return { choices, revision };
}
