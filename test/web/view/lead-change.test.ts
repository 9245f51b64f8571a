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
  t.match(
    cut,
    { before: /^…x+false$/, after: /^…x+true$/ },
    'long values with the same beginning are cut where they differ',
  );
  const removed = [{ path: 'q/r', label: null, values: ['true'] }];
  t.match(leadChange(evidenceWith({ settingsRemoved: removed })), { before: 'true', after: null });
  t.equal(leadChange(evidenceWith({})), undefined);
});

t.test('the line shows where two lists or two blanks differ', async (t) => {
  const changed = (before: readonly string[], after: readonly string[]) =>
    leadChange(
      evidenceWith({ settingsChanged: [changeWith({ path: 'p', before: [...before], after: [...after] })] }),
    );
  const list = Array.from({ length: 12 }, (_, index) => `"entry ${index}"`);
  const other = list.map((value, index) => (index === 9 ? '"another"' : value));
  t.match(changed(list, other), { before: 'entry 9', after: 'another' }, 'one entry of a long list');
  t.match(changed(list, [...list, '"new"']), { before: null, after: 'new' }, 'an entry came');
  t.match(changed([...list, '"old"'], list), { before: 'old', after: null }, 'an entry went');
  const turned = [...list.slice(0, 10), ...list.slice(10).reverse()];
  t.match(changed(list, turned), { before: 'entry 10, entry 11', after: 'entry 11, entry 10' }, 'the order');
  t.match(changed(['"value"'], ['"value "']), { before: '"value"', after: '"value "' }, 'a blank at the end');
  t.match(changed(['"a b"'], ['"a\\tb"']), { before: '"a b"', after: '"a\\tb"' }, 'a tab');
});

t.test(
  'a setting of the settings catalog is named by the end of its id, a choice by what follows that id',
  async (t) => {
    const changed = (path: string, before: readonly string[], after: readonly string[]) =>
      leadChange(
        evidenceWith({ settingsChanged: [changeWith({ path, before: [...before], after: [...after] })] }),
      );
    const pin = 'device_vendor_msft_passportforwork_{tenantid}_policies_enablepinrecovery';
    t.match(changed(pin, [`${pin}_false`], [`${pin}_true`]), {
      setting: 'passportforwork_{tenantid}_policies_enablepinrecovery',
      before: 'false',
      after: 'true',
    });
    const edge =
      'user_vendor_msft_policy_config_microsoft_edge~policy~microsoft_edge~startup_homepagelocation';
    t.match(changed(`${edge}/${edge}_location`, ['"https://a.example"'], ['"https://b.example"']), {
      setting: 'startup_homepagelocation/startup_homepagelocation_location',
      before: 'https://a.example',
    });
    t.match(
      changed('a_b', ['a_b'], ['other_a_b_1']),
      { before: 'a_b', after: 'other_a_b_1' },
      'a value that is no choice of the setting stays whole',
    );
    t.match(
      changed(pin.toUpperCase(), [`${pin}_0`], [`${pin}_1`]),
      { before: '0', after: '1' },
      'in any case',
    );
  },
);
