import { z } from 'zod';
import { readHub } from '../hub/hub-read.js';
import { policiesWithKeys, policyKeyField } from '../hub/policy-choices.js';
import { findVersion } from '../hub/policy-detail.js';
import { findPolicy } from '../hub/policy-list.js';
import { LIMITS } from '../limits.js';
import { listField, optionalField } from '../optional-field.js';
import { WebError } from '../web-error.js';
import { defineForm, type FormSent, startRunOfForm } from './page-form.js';

const id = optionalField(z.string().max(200));
const fields = z.object({
  /** The inventory run whose policies are exported. */
  inventory: id,
  /** `tenant`: everything that the tenant holds when the run reads it, instead of what the inventory listed. */
  what: optionalField(z.enum(['inventory', 'tenant'])),
  /** Only policies of these types, of an inventory or of the tenant; all when none is chosen. */
  policyTypes: listField(z.string().max(200), 100),
  /** Keys of policies, as the tenant has them now. */
  policy: listField(policyKeyField, LIMITS.choicesPerPage),
  /** The version of the one policy, instead of the policy as it is now. */
  version: optionalField(z.coerce.number().int().min(1)),
  /** One policy as the tenant has it now, by its ids in Graph. */
  policyType: id,
  policyId: id,
  backupSet: id,
});
type Fields = z.output<typeof fields>;
type Sent = FormSent<Fields>;

/** Starts an export. Pages of inventories, policies, findings and backup sets send what is to be exported. */
export const exportForm = defineForm<Fields>({
  path: '/exports/start',
  capability: 'runs.start',
  fields,
  submit: async (sent) => startRunOfForm(sent, 'policy.export', await inputOf(sent)),
});

/** What is exported. Errors: WebError when the form selects nothing. */
async function inputOf(sent: Sent): Promise<object> {
  const { inventory, what, policyTypes, policy, version, policyType, policyId, backupSet } = sent.form;
  const [key] = policy;
  if (key !== undefined && version !== undefined) return versionInput(sent, key, version);
  if (backupSet) return { source: { from: 'backup_set', setId: backupSet } };
  if (key !== undefined) return live({ from: 'list', policies: await chosen(sent, policy) });
  if (policyType && policyId) return live({ from: 'list', policies: [{ policyType, policyId }] });
  const ofTypes = policyTypes.length > 0 ? { policyTypes } : {};
  if (what === 'tenant') return live({ from: 'tenant', ...ofTypes });
  if (inventory) return live({ from: 'inventory', runId: inventory, ...ofTypes });
  throw new WebError('bad_request', 'Choose what is to be exported: tick policies, or export all of them.');
}

const live = (policies: object): object => ({ source: { from: 'graph', policies } });

async function chosen({ runtime, at }: Sent, keys: readonly string[]): Promise<object[]> {
  const rows = await readHub(runtime.deps, at.tenantId, (db) => policiesWithKeys(db, keys));
  if (rows.length === 0) throw new WebError('not_found', 'This tenant has no such policy.');
  return rows.map(({ policy_type, policy_id }) => ({ policyType: policy_type, policyId: policy_id }));
}

/** The version as a snapshot keeps it, or as the inventory saw it that found it first. */
async function versionInput({ runtime, at }: Sent, key: string, version: number): Promise<object> {
  const [policy, shown] = await readHub(runtime.deps, at.tenantId, (db) =>
    Promise.all([findPolicy(db, key), findVersion(db, key, version)]),
  );
  if (!policy || !shown) throw new WebError('not_found', 'This policy has no such version.');
  const { snapshot_id: snapshotId, first_run_id: runId } = shown;
  if (snapshotId !== null) return { source: { from: 'snapshot', snapshotId } };
  const { policy_type: policyType, policy_id: policyId, name } = policy;
  return { source: { from: 'observation', runId, policyType, policyId }, name };
}
