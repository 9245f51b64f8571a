import t from 'tap';
import { isGranted } from '../../src/graph/permissions.js';

t.test('a permission to read is implied by that to write and by wider ones', (t) => {
  const reading = 'GroupMember.Read.All';
  for (const role of [reading, 'GroupMember.ReadWrite.All', 'Group.Read.All', 'Directory.ReadWrite.All'])
    t.ok(isGranted([role], reading), role);
  t.notOk(isGranted(['User.Read.All'], reading));
  t.notOk(isGranted(['Directory.Read.All'], 'DeviceManagementConfiguration.Read.All'));
  t.end();
});
