import t from 'tap';
import { outcomeOfPlanned } from '../../../src/operations/restore-preview/planned-outcome.js';

t.test('a policy is called as it was kept only when nothing of it is left unwritten', async (t) => {
  const left = { action: 'leave' as const, liveId: 'p1', limits: [] };
  const limit = { kind: 'not_captured', field: 'newSwitch', reason: 'It stays as it is.', blocks: false };
  const skipped = { outcome: 'skipped', reasonCode: 'unchanged' };
  t.same(outcomeOfPlanned(left, { mode: 'update' }), { ...skipped, reason: 'It is as it was kept.' });
  t.same(outcomeOfPlanned({ ...left, limits: [limit] }, { mode: 'update' }), {
    ...skipped,
    reason: 'Nothing of it can be written; its preview says what can’t be set.',
  });
});

t.test('a policy that is blocked says each reason once', (t) => {
  const blocking = (reason: string) => ({
    kind: 'unknown_reference',
    field: 'assignments',
    reason,
    blocks: true,
  });
  const limits = ['No group.', 'No group.', 'No filter.'].map(blocking);
  t.same(outcomeOfPlanned({ action: 'blocked', liveId: null, limits }, { mode: 'update' }), {
    outcome: 'failed',
    reasonCode: 'mapping_missing',
    reason: 'No group. No filter.',
  });
  t.end();
});
