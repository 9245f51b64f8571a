import type { BackupOptions } from '../../entities/backup-set/backup-set-events.js';
import { policyKeyOf } from '../../entities/policy/policy.js';
import { typesOf } from '../../policies/selection.js';
import { count, number } from '../../wording/number-words.js';
import { countsSoFar } from '../handling/item-outcomes.js';
import type { OperationServices } from '../operation-services.js';
import type { PolicyChoice } from '../policy-choice/policy-choice.js';
import { readChoice } from '../policy-choice/read-choice.js';
import { addPolicies, addTypes } from './capture-chosen.js';
import { createCapturedItems } from './earlier-items.js';
import type { FillingRun } from './filling-run.js';
import { SetAdditions } from './set-additions.js';

export interface BackupSetFill {
  readonly setId: string;
  readonly choice: PolicyChoice;
  readonly options: BackupOptions;
}

/**
 * Captures the chosen policies and adds them to a backup set, each as an item of the run. Policies are read in few
 * requests; content that is stored already is added as the existing snapshot. A policy that can't be read is a failed
 * item with its reason, and the others are added. Resolves to the outcome in words. Errors: RunFailure
 * `backup_set_expired` when the set has expired or doesn't exist; GraphError where no call can succeed; those of the
 * run.
 */
export async function fillBackupSet(
  run: FillingRun,
  services: OperationServices,
  { setId, choice, options }: BackupSetFill,
): Promise<string> {
  const earlier = createCapturedItems(services.ledger, run);
  const keyOf = (policyType: string, policyId: string) => policyKeyOf(run.tenantId, policyType, policyId);
  const done = new Set<string>();
  for (const { subject } of [...run.recorded.values(), ...(await earlier.repeated())])
    if (subject) done.add(keyOf(subject.type, subject.id));
  const additions = new SetAdditions(run, services, { setId, options, earlier });
  for (const policyKey of await additions.open((key) => done.has(key))) done.add(policyKey);
  const graph = await services.graph({ tenantId: run.tenantId, run });
  const isDone = (policyType: string, policyId: string) => done.has(keyOf(policyType, policyId));
  const filling = { run, services, graph, additions, isDone };
  if (choice.from === 'tenant') await addTypes(filling, typesOf(choice));
  else await addPolicies(filling, await readChoice(services, run.tenantId, choice));
  await additions.write();
  await run.flush();
  return inWords(run);
}

function inWords(run: FillingRun): string {
  const { succeeded, skipped, failed } = countsSoFar(run);
  const parts = [`${count(succeeded, 'policy', 'policies')} added`];
  if (skipped > 0) parts.push(`${number(skipped)} unchanged`);
  if (failed > 0) parts.push(`${number(failed)} not readable`);
  return parts.join(', ');
}
