import t from 'tap';
import { writingTimeWords } from '../../../src/web/view/restore-words.js';

t.test('the duration of writes follows from the limits of their types', async (t) => {
  t.equal(writingTimeWords([{ policy_type: 'configurationPolicies', writes: 0 }]), '');
  t.equal(
    writingTimeWords([
      { policy_type: 'configurationPolicies', writes: 3 },
      { policy_type: 'deviceConfigurations', writes: 4 },
    ]),
    '7 writes, less than a minute: Graph allows 100 writes in 20 s',
  );
  t.equal(
    writingTimeWords([
      { policy_type: 'configurationPolicies', writes: 400 },
      { policy_type: 'conditionalAccessPolicies', writes: 91 },
    ]),
    '491 writes, about 3 min: Graph allows 100 writes in 20 s and one request a second to conditional access',
  );
});
