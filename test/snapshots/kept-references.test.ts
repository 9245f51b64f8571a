import t from 'tap';
import { withPresentKinds } from '../../src/snapshots/kept-references.js';

t.test('references that were kept under another kind, or not at all, have their present kind', (t) => {
  const kept = [
    { kind: 'policy_of_set', id: 'A', name: null, unnamed: 'not_asked' },
    { kind: 'group', id: 'g', name: 'Pilot', unnamed: null },
    { kind: 'policy_of_set', id: 'gone', name: null, unnamed: 'not_asked' },
  ] as const;
  t.same(
    withPresentKinds(kept, [
      { kind: 'group', id: 'G' },
      { kind: 'app', id: 'a' },
      { kind: 'certificate', id: 'c' },
    ]),
    [
      { kind: 'app', id: 'a', name: null, unnamed: 'not_asked' },
      { kind: 'certificate', id: 'c', name: null, unnamed: 'not_asked' },
      { kind: 'group', id: 'G', name: 'Pilot', unnamed: null },
    ],
  );
  t.end();
});
