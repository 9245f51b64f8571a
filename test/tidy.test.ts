import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { packageRoot } from '../src/app-version.js';
import { crossings } from './support/layers.js';
import { unusedExports } from './support/unused-exports.js';

/** Rules that hold in every source file. */

const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => path.join(folder, file).split(path.sep).join('/'));
const sources = ['src', 'projections', 'migrations'].flatMap((folder) => filesIn(folder, '.ts'));
const text = (file: string): string => readFileSync(path.join(packageRoot, file), 'utf8');

/** Folders that take time and chance as parameters, so that a simulation can own them. */
const PURE = [
  'src/runs/',
  'src/scheduler/',
  'src/schedules/',
  'src/starting/',
  'src/timing/',
  'src/worker/',
  'src/dispatch/',
  'src/liveness/',
  'src/policies/',
  'src/mapping/',
  'src/sanitize/',
  'src/access/',
  'src/operations/',
  'projections/hub/',
  'projections/dispatch/',
];
const CLOCKS = /\b(Date\.now\(|Math\.random\(|setTimeout\(|setInterval\(|performance\.now\(|new Date\(\))/;

t.test('time and chance come in as parameters where the simulator must own them', async (t) => {
  const own = sources.filter(
    (file) => PURE.some((folder) => file.startsWith(folder)) && CLOCKS.test(text(file)),
  );
  t.strictSame(own, []);
});

t.test('no TODO and no console output', async (t) => {
  t.strictSame(
    sources.filter((file) => /\b(TODO|FIXME|XXX)\b/.test(text(file))),
    [],
  );
  t.strictSame(
    sources.filter((file) => /\bconsole\.\w+\(/.test(text(file))),
    [],
  );
  t.strictSame(
    sources.filter((file) => /@ts-(ignore|expect-error|nocheck)|\bas unknown as\b/.test(text(file))),
    [],
  );
});

t.test('imports point one way, from higher folders to lower ones', async (t) => {
  t.strictSame(crossings(sources, text), []);
});

t.test('an import that goes up or sideways is found, in any form', async (t) => {
  const files: Readonly<Record<string, string>> = {
    'src/ledger/a.ts': "import {\n  a,\n  type B,\n} from '../operations/drift-generate/c.js';",
    'src/runs/b.ts': "export type { X } from '../tenancy/x.js';",
    'src/sanitize/c.ts': "const later = () => import('../program/d.js');",
    'src/worker/d.ts': "import '../web/e.js';",
    'src/operations/e.ts': "import { below } from '../runs/f.js';\nimport { beside } from './g.js';",
    'src/nowhere/f.ts': "import { z } from 'zod';",
  };
  const found = crossings(Object.keys(files), (file) => files[file] ?? '');
  t.equal(found.length, 5);
  for (const file of Object.keys(files).filter((name) => name !== 'src/operations/e.ts'))
    t.ok(
      found.some((sentence) => sentence.startsWith(file)),
      file,
    );
});

/** What pages and pure code must not import although it is in a lower folder. */
const FORBIDDEN_IMPORTS: readonly (readonly [string, RegExp])[] = [
  [
    'src/web/hub/',
    /\/(ledger\/(ledger|event-store-log|event-log|follow)|bus|graph|worker|dispatch|program)\b/,
  ],
  [
    'src/web/pages/',
    /\/(ledger\/(ledger|event-store-log|event-log|follow)|bus|graph|worker|dispatch|program)\b/,
  ],
  ['src/runs/decider', /\/(bus|db|graph|web|worker|program)\//],
  ['src/policies/', /\/(bus|db|graph|web|worker|program|runs|operations)\//],
  ['src/mapping/', /\/(bus|db|graph|web|worker|program|runs|operations)\//],
  ['src/sanitize/', /from '\.\.\/(?!sanitize|ledger\/canonical-json)/],
  ['projections/', /\/src\/(bus|graph|worker)\//],
];

t.test('pages and pure code have no forbidden imports', async (t) => {
  for (const [from, forbidden] of FORBIDDEN_IMPORTS) {
    const offending = sources
      .filter((file) => file.startsWith(from))
      .flatMap((file) =>
        text(file)
          .split('\n')
          .filter((line) => /^(import|export) .* from |^\} from /.test(line) && forbidden.test(line))
          .map((line) => `${file}: ${line}`),
      );
    t.strictSame(offending, [], from);
  }
});

t.test('only the ledger uses the event store’s client', async (t) => {
  const users = sources.filter((file) => text(file).includes("'@eventstore/db-client'"));
  t.ok(users.every((file) => file.startsWith('src/ledger/') || file.startsWith('src/embedded/event-store/')));
});

t.test('what a file exports is used by another', async (t) => {
  const own = sources.filter((file) => !file.startsWith('migrations/'));
  const others = [...filesIn('test', '.ts'), ...filesIn('bench', '.ts'), ...filesIn('views', '.eta')];
  t.strictSame(
    unusedExports(own, others, text),
    [],
    'remove it, or don’t export what only its own file uses',
  );
});

t.test('an export that nobody uses is found, of any form', async (t) => {
  const files: Readonly<Record<string, string>> = {
    'a.ts':
      'export const used = 1;\nexport const [one, { two: unread }] = [1, { two: 2 }];\nexport type Shape = 1;\n' +
      'export function alone() {}\nexport class Own {}\nconst kept = new Own();',
    'b.ts': "import { used } from './a.js';\none(used);",
  };
  t.strictSame(
    unusedExports(['a.ts', 'b.ts'], [], (file) => files[file] ?? ''),
    ['a.ts: unread', 'a.ts: alone', 'a.ts: Own'],
  );
});

/** What templates may call: partials, the two lists of functions of the renderer, and the encoding of an address. */
const CALLS_IN_TEMPLATES = /^(include|layout|format\.\w+|field\.\w+|encodeURIComponent|if|for)$/;

t.test(
  'templates call only partials and the renderer’s functions, and have no combined conditions',
  async (t) => {
    // The symbols are drawings with long SVG paths.
    for (const file of filesIn('views', '.eta').filter((name) => !name.endsWith('symbols.eta'))) {
      const tags = text(file).match(/<%[\s\S]*?%>/g) ?? [];
      const calls = tags.flatMap((tag) => [...tag.matchAll(/([\w.$?]+)\s*\(/g)].map((call) => call[1] ?? ''));
      t.strictSame(
        calls.filter((call) => !CALLS_IN_TEMPLATES.test(call)),
        [],
        `${file}: let the page’s data have the text`,
      );
      t.strictSame(
        text(file)
          .split('\n')
          .filter((line) => line.length > 140),
        [],
        `${file}: shorten these lines`,
      );
      t.strictSame(
        tags.filter((tag) => /&&|\|\||(?<!\?)\?(?![.?])/.test(tag)),
        [],
        `${file}: let the page’s data decide`,
      );
    }
  },
);
