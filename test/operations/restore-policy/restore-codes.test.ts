import t from 'tap';
import { RESTORE_CODES } from '../../../src/operations/restore-policy/restore-codes.js';
import { REASON_CODES } from '../../../src/runs/reason-codes.js';

t.test('the reason codes of restores don’t repeat common ones', async (t) => {
  const common = new Set(Object.keys(REASON_CODES));
  t.same(
    Object.keys(RESTORE_CODES).filter((code) => common.has(code)),
    [],
  );
});
