import fc from 'fast-check';
import t from 'tap';
import { cutMiddle } from '../../../src/web/view/cut-middle.js';

t.test('the end of a title, where titles differ, stays visible', async (t) => {
  const title = (customer: string) =>
    `Reconciliation of licences with every distributor in Europe (customer ${customer})`;
  const [one, other] = ['Contoso', 'Fabrikam'].map((name) => cutMiddle(title(name)));
  t.equal(one?.head, 'Reconciliation of licences with every distributor in Europe');
  t.equal(one?.tail, ' (customer Contoso)');
  t.equal(other?.tail, ' (customer Fabrikam)');
  t.same(cutMiddle('Inventory of all policies'), { head: 'Inventory of all policies', tail: '' });
});

t.test('head and tail together are the title, and no character is split', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (title) => {
      const { head, tail } = cutMiddle(title);
      return head + tail === title && head.isWellFormed() && tail.isWellFormed();
    }),
  );
});
