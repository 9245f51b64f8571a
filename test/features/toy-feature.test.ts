import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import type { Role } from '../../src/access/roles.js';
import { packageRoot } from '../../src/app-version.js';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { DEMO_TENANTS, type DemoTenant } from '../../src/demo/demo-tenants.js';
import { setUpDemo } from '../../src/demo/set-up-demo.js';
import { createFeatures, FEATURE_LISTS } from '../../src/program/features.js';
import { ROLES } from '../../src/program/program-context.js';
import { startProgram } from '../../src/program/start-program.js';
import { createSessionStore } from '../../src/web/auth/session-store.js';
import { temporaryFolder } from '../support/running-product.js';
import { until } from '../support/until.js';
import { tenantGreeting } from './tenant-greeting/tenant-greeting.js';
import { greetings } from './tenant-greeting/tenant-greeting-model.js';
import { tenantGreetingPage } from './tenant-greeting/tenant-greeting-page.js';
import { noteEntity, removeNote, writeNote } from './tenant-note/tenant-note.js';
import { notes } from './tenant-note/tenant-note-model.js';
import { tenantNotesPage } from './tenant-note/tenant-notes-page.js';

/**
 * Goal: a feature consists of its own files and one entry in each layer's list, for an operation type and for an
 * entity. Method: the two examples of the documentation, each with events, a read model, a page and a template, are
 * given to the whole program on embedded servers. The runs are started over the API, the notes are written on their
 * page.
 */
const EXAMPLES = [
  {
    documentation: 'docs/adding-an-operation-type.md',
    folder: 'test/features/tenant-greeting',
    /** The path that each file of the example would have in the product. */
    places: {
      'tenant-greeting-events.ts': 'src/operations/tenant-greeting/tenant-greeting-events.ts',
      'tenant-greeting.ts': 'src/operations/tenant-greeting/tenant-greeting.ts',
      'tenant-greeting-model.ts': 'projections/hub/models/tenant-greeting.ts',
      'tenant-greeting-page.ts': 'src/web/pages/tenant-greeting-page.ts',
      'views/pages/tenant-greeting.eta': 'views/pages/tenant-greeting.eta',
    },
  },
  {
    documentation: 'docs/adding-an-entity.md',
    folder: 'test/features/tenant-note',
    places: {
      'tenant-note.ts': 'src/entities/tenant-note/tenant-note.ts',
      'tenant-note-model.ts': 'projections/hub/models/tenant-notes.ts',
      'tenant-notes-page.ts': 'src/web/pages/tenant-notes-page.ts',
      'views/pages/tenant-notes.eta': 'views/pages/tenant-notes.eta',
    },
  },
] as const;
type Example = (typeof EXAMPLES)[number];
const TOKEN = 'local-token-of-the-tests';
const LOOK_EVERY_MS = 100;

for (const example of EXAMPLES)
  t.test(`${example.documentation} shows the example as it is`, async (t) => {
    const page = await readFile(`${packageRoot}/${example.documentation}`, 'utf8');
    for (const [file, place] of Object.entries(example.places)) {
      const text = await readFile(`${packageRoot}/${example.folder}/${file}`, 'utf8');
      const shown = `\`${place}\`\n\n\`\`\`${path.extname(file).slice(1)}\n${inPlace(text, place, example)}\`\`\``;
      t.ok(page.includes(shown), `${place}, with the imports of its real place`);
    }
  });

t.test('features of files of their own are started, carried out, changed and shown', async (t) => {
  const features = createFeatures({
    entities: [...FEATURE_LISTS.entities, { ...noteEntity, commands: [writeNote, removeNote] }],
    operations: [...FEATURE_LISTS.operations, tenantGreeting],
    models: [...FEATURE_LISTS.models, greetings, notes],
    pages: [...FEATURE_LISTS.pages, tenantGreetingPage, tenantNotesPage],
    views: [...FEATURE_LISTS.views, ...EXAMPLES.map(({ folder }) => `${packageRoot}/${folder}/views`)],
  });
  const program = await startProgram({
    config: readConfig({}, { OPSLEDGER_DATA: await temporaryFolder(t, 'feature'), OPSLEDGER_PORT: '0' }),
    roles: ROLES,
    logger: pino({ level: 'silent' }),
    localToken: TOKEN,
    features,
  });
  t.teardown(() => program.stop());
  await setUpDemo(program, { url: 'http://127.0.0.1:9', app: null, signIn: null });
  const [tenant, , other] = DEMO_TENANTS;
  if (!tenant || !other) throw new Error('the demo has too few tenants');
  const url = await program.serve();
  const api = async (address: string, body?: object) => {
    const answer = await fetch(`${url}/api/v1${address}`, {
      headers: { authorization: `Bearer ${TOKEN}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    return { status: answer.status, body: await answer.json() };
  };
  const start = (input: object) => api(`/tenants/${tenant.slug}/runs`, { type: 'tenant.greet', input });

  t.match(await start({ names: [] }), { status: 422, body: { error: { code: 'invalid_input' } } });
  const started = await start({ names: ['Bob', 'Ann', 'Nobody', 'Ann'] });
  t.equal(started.status, 202);
  const { runId } = started.body;
  const ended = await endedRun(() => api(`/runs/${runId}`));
  t.match(ended, {
    bucket: 'partially_succeeded',
    scope: { names: ['Ann', 'Bob', 'Nobody'] },
    counts: { total: 3, succeeded: 2, failed: 1 },
    summary: '3 people greeted',
  });

  const sessions = createSessionStore(program.infrastructure.primary, systemClock);
  const visitor = async (personId: string) => {
    const cookie = `opsledger_session=${await sessions.open(personId)}`;
    return async (address: string, fields?: Readonly<Record<string, string>>) => {
      const answer = await fetch(`${url}/t/${tenant.slug}${address}`, {
        headers: { cookie },
        ...(fields ? { method: 'POST', body: new URLSearchParams(fields) } : {}),
      });
      return { status: answer.status, html: await answer.text() };
    };
  };
  const page = await visitor(personWith(tenant, 'operator'));
  const own = await page('/greetings');
  t.equal(own.status, 200);
  for (const row of ['Good day, Ann', 'Good day, Bob', `href="/t/${tenant.slug}/runs/${runId}"`])
    t.match(own.html, row, 'the page shows the rows of its model');
  t.notMatch(own.html, 'Good day, Nobody');
  t.match(own.html, />Greetings</, 'it has its place in the rail');
  t.match((await page(`/runs/${runId}`)).html, 'There is no greeting for this name.');
  const { html: history } = await page(`/runs/${runId}/history`);
  t.match(history, 'PersonGreeted');
  t.match(history, 'Good day, Ann', 'an event says what it says in words of its own');

  const { html: empty } = await page('/notes');
  const _csrf = fieldOf(empty, '_csrf');
  const note = { _csrf, formId: fieldOf(empty, 'formId'), text: 'Ask Ann before you start.' };
  for (const time of ['once', 'twice']) {
    const written = await page('/notes/write', note);
    t.equal(written.status, 200, `a form that is sent ${time}`);
    t.equal(written.html.split(note.text).length - 1, 1, 'makes one note, which its page shows');
  }
  const noteId = /notes\/([0-9a-f-]{36})\/remove/.exec((await page('/notes')).html)?.[1];
  const foreign = await visitor(personWith(other, 'operator'));
  t.equal((await foreign(`/notes/${noteId}/remove`, { _csrf })).status, 403);
  const reader = await visitor(personWith(tenant, 'readonly'));
  const { html: readOnly } = await reader('/notes');
  t.match(readOnly, 'Your role here is readonly');
  t.equal(
    (await reader(`/notes/${noteId}/remove`, { _csrf: fieldOf(readOnly, '_csrf') })).status,
    403,
    'a form takes what its command takes',
  );
  const overApi = await api(`/tenants/${tenant.slug}/commands/note.write`, { noteId, text: 'Ask Bob.' });
  t.match(overApi, { status: 200, body: { position: Number } }, 'the API has its commands');
  t.notMatch((await page(`/notes/${noteId}/remove`, { _csrf })).html, note.text);
  t.match(
    await page('/notes/write', note),
    { status: 409, html: 'This note was removed meanwhile. Write a new one.' },
    'a command that is refused says why',
  );
});

/** The id of a tenant's person with a role. */
const personWith = ({ people }: DemoTenant, wanted: Role): string =>
  people.find(([, role]) => role === wanted)?.[0].personId ?? '';

/** The value of a hidden field of a page's form. */
const fieldOf = (html: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? '';

/** Waits until the read models show the end of a run. */
const endedRun = (
  read: () => Promise<{ status: number; body: Record<string, unknown> }>,
): Promise<Record<string, unknown>> =>
  until(async () => {
    const { status, body } = await read();
    return status === 200 && body.bucket !== 'queued' && body.bucket !== 'running' && body;
  }, LOOK_EVERY_MS);

/** The text of an example's file with the imports that it would have in the product. */
function inPlace(text: string, place: string, { folder, places }: Example): string {
  return text.replace(/from '(\.[^']+)\.js'/g, (_, specifier: string) => {
    const imported = path.posix.join(folder, specifier);
    const own = Object.entries(places).find(([file]) => `${folder}/${file}` === `${imported}.ts`);
    const target = own ? own[1].replace(/\.ts$/, '') : imported;
    const relative = path.posix.relative(path.posix.dirname(place), target);
    return `from '${relative.startsWith('.') ? relative : `./${relative}`}.js'`;
  });
}
