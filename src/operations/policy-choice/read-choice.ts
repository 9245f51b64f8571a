import { z } from 'zod';
import { isEvent } from '../../ledger/event-registry.js';
import type { LedgerReader } from '../../ledger/ledger.js';
import { queuedEvent, readForStart, readRun } from '../../runs/read-operation.js';
import { isActive } from '../../runs/run-state.js';
import { LOSS_IN_WORDS, readContent } from '../../snapshots/artifact-access.js';
import { FindingsDetected } from '../drift-generate/drift-events.js';
import { readObservations } from '../inventory-sync/read-observations.js';
import type { OperationServices } from '../operation-services.js';
import { RunFailure } from '../run-failure.js';
import {
  asSet,
  listedPoliciesSchema,
  type NamedChoice,
  type PolicyChoice,
  type PolicyRef,
} from './policy-choice.js';

/** A chosen policy, with its name where the choice knows it. */
export interface ChosenPolicy extends PolicyRef {
  /** As it is shown to people; null where only the policy itself can tell. */
  readonly name: string | null;
}

type Services = Pick<OperationServices, 'ledger' | 'artifacts'>;

const keptListSchema = z.strictObject({ policies: listedPoliciesSchema });

/**
 * The policies of a choice, sorted and each once, from the log and from artifacts. Errors: RunFailure
 * `artifact_missing` when a kept list is lost; those of the ledger.
 */
export async function readChoice(
  services: Services,
  tenantId: string,
  choice: NamedChoice,
): Promise<readonly ChosenPolicy[]> {
  switch (choice.from) {
    case 'list':
      return choice.policies.map(unnamed);
    case 'kept_list':
      return (await readKeptList(services, tenantId, choice.listHash)).map(unnamed);
    case 'inventory':
      return asSet(ofTypes(choice, await readInventoried(services.ledger, tenantId, choice.runId)));
    case 'findings':
      return asSet(ofTypes(choice, await readFound(services.ledger, tenantId, choice.runId)));
  }
}

/**
 * Why a choice can't be used, as a sentence for the person who made it, or null. It reads a few events: the run that
 * the choice names must be an ended run of its type, of this tenant.
 */
export async function choiceProblem(
  ledger: LedgerReader,
  tenantId: string,
  choice: PolicyChoice,
): Promise<string | null> {
  if (choice.from !== 'inventory' && choice.from !== 'findings') return null;
  const [type, what] =
    choice.from === 'inventory' ? ['inventory.sync', 'inventory'] : ['drift.generate', 'comparison'];
  const queued = await queuedEvent(ledger, tenantId, choice.runId);
  if (queued?.data.type !== type)
    return `This tenant has no such ${what}. Choose one from the list of operations.`;
  const { run } = await readForStart(ledger, queued.stream);
  if (run?.runId === choice.runId && isActive(run))
    return `This ${what} hasn’t ended yet. Wait for its end, then start again.`;
  return null;
}

const unnamed = (policy: PolicyRef): ChosenPolicy => ({ ...policy, name: null });

function ofTypes(
  { policyTypes }: { readonly policyTypes?: readonly string[] | undefined },
  policies: readonly ChosenPolicy[],
): readonly ChosenPolicy[] {
  return policyTypes ? policies.filter(({ policyType }) => policyTypes.includes(policyType)) : policies;
}

async function readKeptList(
  { artifacts }: Services,
  tenantId: string,
  address: string,
): Promise<readonly PolicyRef[]> {
  const content = await readContent(artifacts, tenantId, address);
  if ('loss' in content)
    throw new RunFailure(
      'artifact_missing',
      `The list of chosen policies ${LOSS_IN_WORDS[content.loss]}. Choose them again.`,
    );
  return keptListSchema.parse(JSON.parse(Buffer.from(content.bytes).toString('utf8'))).policies;
}

/** The policies that an inventory listed, also those that it couldn't read. */
async function readInventoried(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
): Promise<readonly ChosenPolicy[]> {
  const { items = [] } = (await readObservations(ledger, tenantId, runId)) ?? {};
  return items.flatMap(({ item: { subject, label } }) =>
    subject && subject.id !== '' ? { policyType: subject.type, policyId: subject.id, name: label } : [],
  );
}

/** The policies with findings of a drift run, without those that it found removed. */
async function readFound(
  ledger: LedgerReader,
  tenantId: string,
  runId: string,
): Promise<readonly ChosenPolicy[]> {
  const found: ChosenPolicy[] = [];
  for await (const event of readRun(ledger, tenantId, runId))
    if (isEvent(event, FindingsDetected))
      for (const { kind, policyType, subjectId, name } of event.data.findings)
        if (kind !== 'removed' && subjectId !== '') found.push({ policyType, policyId: subjectId, name });
  return found;
}
