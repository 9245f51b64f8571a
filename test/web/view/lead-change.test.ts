import t from 'tap';
import { leadChange } from '../../../src/web/view/lead-change.js';
import { changeWith, evidenceWith } from '../../support/finding-builder.js';

t.test('the first changed setting is shown with both values and the number of others', async (t) => {
  const evidence = evidenceWith({
    settingsAdded: [{ path: 'a/b/c', label: null, values: ['"1"'] }],
    settingsChanged: [
      changeWith({ path: 'x/passwordMinimumLength', before: ['6'], after: ['8'] }),
      changeWith({ path: 'y', before: ['"a"'], after: ['"b"'] }),
    ],
    assignmentsAdded: ['include group Laptops'],
  });
  t.strictSame(leadChange(evidence), {
    setting: 'x/passwordMinimumLength',
    before: '6',
    after: '8',
    note: null,
    more: 3,
  });
});

t.test('labels, lists, long values, secrets, added and removed settings', async (t) => {
  const changed = (change: Parameters<typeof changeWith>[0]) =>
    leadChange(evidenceWith({ settingsChanged: [changeWith(change)] }));
  t.match(changed({ path: 'p', label: 'Minimum length', before: [], after: ['"x"', '"y"', '"z"'] }), {
    setting: 'Minimum length',
    before: 'empty',
    after: 'x, y and 1 more',
  });
  t.match(changed({ path: 'p', before: ['"[masked]"'], after: ['"[masked]"'], words: ['secret'] }), {
    note: 'a secret',
  });
  t.equal(changed({ path: 'p', before: [`"${'x'.repeat(200)}"`], after: ['1'] })?.before?.length, 48);
  const [one, other] = ['false', 'true'].map((text) => JSON.stringify(`${'x'.repeat(60)}${text}`));
  const cut = changed({ path: 'p', before: [one ?? ''], after: [other ?? ''] });
  t.match(cut, { before: /^…x+false$/, after: /^…x+true$/ }, 'long values that begin alike are told apart');
  const removed = [{ path: 'q/r', label: null, values: ['true'] }];
  t.match(leadChange(evidenceWith({ settingsRemoved: removed })), { before: 'true', after: null });
  t.equal(leadChange(evidenceWith({})), undefined);
});
