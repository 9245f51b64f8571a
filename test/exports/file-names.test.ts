import fc from 'fast-check';
import t, { type Test } from 'tap';
import { filePaths, type NamedFile } from '../../src/exports/file-names.js';

/**
 * Goal: an export unpacks on every system. Method: names that are known to make trouble, and generated ones, against
 * the rules of Windows, macOS and Linux, written down here a second time.
 */
const folder = 'configurationPolicies';
const named = (...names: readonly string[]): NamedFile[] =>
  names.map((name, index) => ({ folder, name, id: `id-${index}` }));
const pathsOf = (...names: readonly string[]): readonly string[] => filePaths(named(...names));

t.test('a plain name stays as it is', async (t) => {
  t.same(pathsOf('Windows 11 – BitLocker (Büro)', 'Ключи', '設定 1.2'), [
    `${folder}/Windows 11 – BitLocker (Büro).json`,
    `${folder}/Ключи.json`,
    `${folder}/設定 1.2.json`,
  ]);
});

t.test('names that mean something to a file system become plain ones', async (t) => {
  const expected: Readonly<Record<string, string>> = {
    CON: '_CON',
    'con.old': '_con.old',
    'COM¹': '_COM¹',
    CONSOLE: 'CONSOLE',
    'a/b': 'a_b',
    '../x': '_x',
    '..\\..\\x': '_.._x',
    '..': 'unnamed',
    '/etc/passwd': '_etc_passwd',
    'C:\\Windows': 'C__Windows',
    'ends with dots. . .': 'ends with dots',
    '  spaced\t\n out  ': 'spaced out',
    '': 'unnamed',
    '=1+1': '=1+1',
    'what? "this" <is> *it* |': 'what_ _this_ _is_ _it_ _',
    'left\u202eright\u200b': 'leftright',
    'lone \ud800 surrogate': 'lone \ufffd surrogate',
    'zero\u0000byte': 'zero byte',
  };
  for (const [name, stem] of Object.entries(expected))
    t.same(pathsOf(name), [`${folder}/${stem}.json`], JSON.stringify(name));
});

t.test('a long name is cut, and never inside a character', async (t) => {
  const family = '👨\u200d👩\u200d👧\u200d👦';
  for (const name of ['x'.repeat(300), family.repeat(100), '字'.repeat(300), 'e\u0301'.repeat(300)]) {
    const [path = ''] = pathsOf(name);
    t.ok(Buffer.byteLength(path) < 200, path);
    t.ok(path.isWellFormed());
  }
});

t.test('twins get different files, and which is which does not depend on the others', async (t) => {
  const twins = [
    'Baseline',
    'baseline',
    'BASELINE',
    'caf\u00e9',
    'cafe\u0301',
    'Straße',
    'STRASSE',
    'ﬁle',
    'file',
  ];
  const paths = pathsOf(...twins);
  assertApart(t, paths);
  t.ok(paths.every((path) => /~[0-9a-f]{8}\.json$/.test(path)));
  const reversed = filePaths(named(...twins).reverse());
  t.same([...reversed].reverse(), paths);
  const alone = filePaths([...named('Baseline', 'baseline'), { folder, name: 'Other', id: 'other' }]);
  t.equal(alone[0], paths[0], 'as it was with more twins');
  t.equal(alone[2], `${folder}/Other.json`);
});

t.test('a policy that is called like the file of a twin takes no file from it', async (t) => {
  const [first = ''] = pathsOf('twin', 'Twin');
  const stem = first.slice(folder.length + 1, -'.json'.length);
  assertApart(t, pathsOf('twin', 'Twin', stem, stem.toUpperCase()));
});

t.test('any names: no two paths alike, none outside its folder, each within every limit', async (t) => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...'CON nul lpt1 .. . / \\ ~ .json a A k \u212a é e\u0301 \u0130 ß SS ﬁ fi 👩\u200d🚀'.split(' '),
    ),
    fc.constantFrom(' ', '\u202e', '\ud800', '\u0000', '\ufe0f'),
    fc.string({ unit: 'grapheme', maxLength: 3 }),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const name = fc.oneof(
    fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', minLength: 100, maxLength: 300 }),
  );
  const file = fc.record({ folder: fc.constantFrom('intents', 'mobileApps'), name });
  fc.assert(
    fc.property(fc.array(file, { maxLength: 30 }), (files) => {
      const paths = filePaths(files.map((each, index) => ({ ...each, id: `id-${index}` })));
      for (const [index, path] of paths.entries()) assertUsable(path, files[index]?.folder ?? '');
      assertApart(t, paths);
    }),
    { numRuns: 300 },
  );
});

const WINDOWS_RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

function assertUsable(path: string, folder: string): void {
  const [first, last = '', ...rest] = path.split('/');
  const stem = last.replace(/\.json$/, '');
  const wrong =
    first !== folder || rest.length > 0
      ? 'not in its folder'
      : !last.endsWith('.json') || stem === ''
        ? 'no name or no extension'
        : /[\u0000-\u001f\u007f<>:"|?*\\]/.test(last)
          ? 'a character that Windows refuses'
          : WINDOWS_RESERVED.test(last.split('.')[0]?.trim() ?? '')
            ? 'a device of Windows'
            : /^[\s.]|[\s.]$/.test(stem)
              ? 'a dot or a space at an end'
              : !last.isWellFormed() || Buffer.byteLength(last) > 200 || last.length > 100
                ? 'too long or not well-formed'
                : null;
  if (wrong) throw new Error(`${JSON.stringify(path)}: ${wrong}`);
}

/**
 * Equal for paths that some system takes for the same: systems may ignore case, compose or decompose characters, or
 * treat similar characters as equal.
 */
const EQUIVALENCES: readonly ((path: string) => string)[] = [
  (path) => path.normalize('NFC').toLowerCase(),
  (path) => path.normalize('NFD').toUpperCase(),
  (path) => path.normalize('NFKC').toLowerCase(),
  (path) => path.normalize('NFKD').toUpperCase(),
  (path) => path.toLowerCase().normalize('NFC'),
];

function assertApart(t: Pick<Test, 'fail'>, paths: readonly string[]): void {
  for (const equivalence of EQUIVALENCES) {
    const distinct = new Set(paths.map(equivalence));
    if (distinct.size !== paths.length) t.fail(`two of these are alike: ${JSON.stringify(paths)}`);
  }
}
