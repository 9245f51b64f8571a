import t from 'tap';
import { digestsOf } from '../../../src/operations/restore-preview/reference-digests.js';
import {
  plannedReferences,
  type ReferenceResolution,
  sameResolutions,
} from '../../../src/operations/restore-preview/reference-resolution.js';
import {
  DIGESTED_SINGLY_MAX,
  REFERENCES_DIGEST_LENGTH_MAX,
} from '../../../src/operations/restore-preview/restore-events.js';

/** Goal: what each reference of a policy becomes is compared with the preview, also where the plan has no room for it. */
const referencesTo = (number: number) =>
  Array.from({ length: number }, (_, index) => ({
    kind: 'group' as const,
    id: `6E000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    name: `Group ${index}`,
    unnamed: null,
  }));
const becoming = (index: number, resolution: ReferenceResolution['resolution'] = 'mapped') => ({
  resolution,
  becomes: `7e000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
});
const MISSING: ReferenceResolution = { resolution: 'missing', becomes: null };

t.test('each of many references is compared', async (t) => {
  const references = referencesTo(300);
  const then = references.map((_, index) => (index % 3 === 0 ? MISSING : becoming(index)));
  const planned = {
    references: plannedReferences(references, then, []),
    referencesDigest: digestsOf(references, then),
  };
  t.equal(planned.references.length, 100);
  t.ok(sameResolutions(planned, references, then));
  const wrong = (now: ReferenceResolution) =>
    references
      .map((_, index) => then.map((one, place) => (place === index ? now : one)))
      .filter((resolutions) => !sameResolutions(planned, references, resolutions)).length;
  t.equal(wrong(becoming(999)), 200, 'each one that was known must become the same object');
  t.equal(wrong(MISSING), 0, 'one that is missing now is a matter of the requests that need it');
  const upperCase = then.map(({ resolution, becomes }) => ({
    resolution,
    becomes: becomes?.toUpperCase() ?? null,
  }));
  t.ok(sameResolutions(planned, references, upperCase), 'the case of an id doesn’t matter');
});

t.test('each of so many references that they have one digest together is compared', async (t) => {
  const references = referencesTo(DIGESTED_SINGLY_MAX + 1);
  const then = references.map((_, index) => (index === 7 ? MISSING : becoming(index)));
  const planned = {
    references: plannedReferences(references, then, []),
    referencesDigest: digestsOf(references, then),
  };
  t.ok(planned.referencesDigest.length < REFERENCES_DIGEST_LENGTH_MAX);
  const isSame = (changed: ReadonlyMap<number, ReferenceResolution>) =>
    sameResolutions(
      planned,
      references,
      then.map((one, index) => changed.get(index) ?? one),
    );
  t.ok(isSame(new Map()));
  t.ok(isSame(new Map([[7, becoming(999)]])), 'one that was missing may have got an id');
  for (const index of [0, 6, 8, 2_000, DIGESTED_SINGLY_MAX]) {
    t.notOk(isSame(new Map([[index, becoming(9_999)]])), `number ${index} becomes something else`);
    t.notOk(isSame(new Map([[index, MISSING]])), `number ${index} is missing now`);
  }
});
