import { z } from 'zod';
import { WebError } from '../web-error.js';
import { defineForm, startRun } from './page-form.js';

const id = z.string().max(200).optional();
const fields = z.object({
  /** The inventory run whose policies are exported, all of them or those of some types. */
  inventory: id,
  policyTypes: z.preprocess(
    (value) => (value === undefined || value === '' ? undefined : [value].flat()),
    z.array(z.string().max(200)).max(100).optional(),
  ),
  /** One policy as the tenant has it now. */
  policyType: id,
  policyId: id,
  backupSet: id,
  snapshot: id,
});
type Fields = z.output<typeof fields>;

/** Starts an export. Pages of inventories, policies, findings and backup sets send what is to be exported. */
export const exportForm = defineForm<Fields>({
  path: '/exports/start',
  capability: 'runs.start',
  fields,
  submit: (sent) => startRun(sent, 'policy.export', { source: sourceOf(sent.form) }),
});

function sourceOf({ inventory, policyTypes, policyType, policyId, backupSet, snapshot }: Fields): object {
  if (snapshot) return { from: 'snapshot', snapshotId: snapshot };
  if (backupSet) return { from: 'backup_set', setId: backupSet };
  if (policyType && policyId)
    return { from: 'graph', policies: { from: 'list', policies: [{ policyType, policyId }] } };
  if (inventory)
    return {
      from: 'graph',
      policies: { from: 'inventory', runId: inventory, ...(policyTypes ? { policyTypes } : {}) },
    };
  throw new WebError('bad_request', 'Choose what is to be exported: take an inventory first.');
}
