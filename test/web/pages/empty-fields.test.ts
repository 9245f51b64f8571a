import t from 'tap';
import { withoutEmptyFields } from '../../../src/web/pages/empty-fields.js';

t.test('empty fields are removed from an address', async (t) => {
  t.equal(withoutEmptyFields('/t/contoso/audit?who=&area=runs&from=&to='), '/t/contoso/audit?area=runs');
  t.equal(withoutEmptyFields('/t/contoso/audit?who=&area='), '/t/contoso/audit', 'all of them empty');
  t.equal(withoutEmptyFields('/t/contoso/audit?who'), '/t/contoso/audit', 'also without an equals sign');
  t.equal(
    withoutEmptyFields('/t/contoso/operations?type=a&type=&type=b&q=%26+%3F%C3%A4'),
    '/t/contoso/operations?type=a&type=b&q=%26+%3F%C3%A4',
    'repeated ones and signs with a meaning stay',
  );
  for (const address of ['/t/contoso/audit', '/t/contoso/audit?', '/t/contoso/audit?who=me&q=a?b'])
    t.equal(withoutEmptyFields(address), undefined, `${address} stays as it is`);
});
