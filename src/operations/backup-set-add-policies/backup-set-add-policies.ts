import { z } from 'zod';
import { readBackupSet } from '../../entities/backup-set/read-backup-set.js';
import { READ_PERMISSIONS } from '../../policies/catalogue/policy-types.js';
import { refusal } from '../../runs/reason-codes.js';
import { bounded } from '../../runs/run-events.js';
import { defineOperation } from '../define.js';
import { NOT_CONNECTED } from '../plan.js';
import { withKeptList } from '../policy-choice/keep-list.js';
import { choiceInWords, choiceJson, policiesIn, policyChoiceSchema } from '../policy-choice/policy-choice.js';
import { choiceProblem } from '../policy-choice/read-choice.js';
import { fillBackupSet } from './fill-backup-set.js';

const TITLE_LENGTH_MAX = 500;

const inputSchema = z.strictObject({
  setId: z.guid().toLowerCase(),
  choice: policyChoiceSchema,
  /** Whether the assignments of the policies belong to the set. */
  includeAssignments: z.boolean().default(true),
  /** Whether the scope tags of the policies belong to the set. */
  includeScopeTags: z.boolean().default(true),
});

/** Options that are equal to their defaults are left out, so that they don't change the operation's key. */
const scopeSchema = z.strictObject({
  setId: z.guid(),
  choice: z.record(z.string(), z.json()),
  includeAssignments: z.literal(false).optional(),
  includeScopeTags: z.literal(false).optional(),
});

/** Captures the full content of chosen policies into a backup set (K3). */
export const backupSetAddPolicies = defineOperation({
  type: 'backup_set.add_policies',
  label: 'Backup',
  description: 'Captures chosen policies whole and adds them to a backup set.',
  itemisedBy: 'policy',
  input: inputSchema,
  scope: scopeSchema,
  context: inputSchema,
  permissions: READ_PERMISSIONS,
  linkKinds: ['backup_set'],
  reasonCodes: {
    backup_set_not_usable: refusal(
      'There is no such backup set, or it has expired.',
      'Make a backup set, or choose one that has not expired.',
    ),
  },
  inputToKeep: async (input, keep) => ({ ...input, choice: await withKeptList(input.choice, keep) }),
  async plan(input, { connected, ledger, tenantId }) {
    const { setId, choice, includeAssignments, includeScopeTags } = input;
    if (!connected) return NOT_CONNECTED;
    const set = await readBackupSet(ledger, tenantId, setId);
    if (!set || set.expiredBecause !== null) {
      const what = set ? `The backup set “${set.name}” has expired.` : 'This tenant has no such backup set.';
      return { refusal: { code: 'backup_set_not_usable', message: `${what} Make another one.` } };
    }
    const problem = await choiceProblem(ledger, tenantId, choice);
    if (problem !== null) return { refusal: { code: 'invalid_input', message: problem } };
    return {
      plan: {
        scope: {
          setId,
          choice: choiceJson(choice),
          ...(includeAssignments ? {} : { includeAssignments }),
          ...(includeScopeTags ? {} : { includeScopeTags }),
        },
        context: { ...input, choice: choiceJson(choice) as typeof choice },
        title: bounded(`Backup of ${choiceInWords(choice)} into “${set.name}”`, TITLE_LENGTH_MAX),
        total: policiesIn(choice),
        related: [{ relation: 'fills', kind: 'backup_set', id: setId, label: set.name }],
      },
    };
  },
  async handle(run, { setId, choice, includeAssignments, includeScopeTags }, services) {
    const options = { includeAssignments, includeScopeTags };
    return { summary: await fillBackupSet(run, services, { setId, choice, options }), related: [] };
  },
});
