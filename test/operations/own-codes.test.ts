import t from 'tap';
import { assertOwnOutcome, ForeignCodeError, isOwnCode } from '../../src/operations/own-codes.js';
import { failure, refusal, skip } from '../../src/runs/reason-codes.js';

const type = {
  type: 'test.work',
  reasonCodes: {
    too_late: failure(false, 'It was too late.', 'Come earlier.'),
    done_before: skip('It was done before.', 'Nothing to do.'),
    closed: refusal('It is closed.', 'Come back tomorrow.'),
  },
};
const item = { itemId: 'a', label: 'A', subject: null, reason: null } as const;

t.test('an item fails and is skipped with common codes and those of its type', async (t) => {
  for (const reasonCode of ['too_late', 'graph_forbidden'])
    t.doesNotThrow(() => assertOwnOutcome(type, { ...item, outcome: 'failed', reasonCode }));
  for (const reasonCode of ['done_before', 'unchanged'])
    t.doesNotThrow(() => assertOwnOutcome(type, { ...item, outcome: 'skipped', reasonCode }));
  t.doesNotThrow(() => assertOwnOutcome(type, { ...item, outcome: 'succeeded', reasonCode: null }));
});

t.test('an item with a code of another type or kind, or without a required code, is refused', async (t) => {
  const refused = [
    { outcome: 'failed', reasonCode: 'no_greeting_for' },
    { outcome: 'failed', reasonCode: 'done_before' },
    { outcome: 'failed', reasonCode: 'closed' },
    { outcome: 'failed', reasonCode: null },
    { outcome: 'failed', reasonCode: 'toString' },
    { outcome: 'skipped', reasonCode: 'too_late' },
    { outcome: 'succeeded', reasonCode: 'unchanged' },
  ] as const;
  for (const wrong of refused)
    t.throws(() => assertOwnOutcome(type, { ...item, ...wrong }), ForeignCodeError);
});

t.test('a code is known with its kind', async (t) => {
  t.equal(isOwnCode(type, 'closed', 'refusal'), true);
  t.equal(isOwnCode(type, 'closed', 'failure'), false);
  t.equal(isOwnCode(type, 'unheard_of', 'failure'), false);
});
