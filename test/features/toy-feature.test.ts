import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { packageRoot } from '../../src/app-version.js';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { DEMO_TENANTS } from '../../src/demo/demo-tenants.js';
import { setUpDemo } from '../../src/demo/set-up-demo.js';
import { createFeatures, FEATURE_LISTS } from '../../src/program/features.js';
import { ROLES, startProgram } from '../../src/program/start-program.js';
import { createSessionStore } from '../../src/web/auth/session-store.js';
import { temporaryFolder } from '../support/running-product.js';
import { tenantGreeting } from './tenant-greeting/tenant-greeting.js';
import { greetings } from './tenant-greeting/tenant-greeting-model.js';
import { tenantGreetingPage } from './tenant-greeting/tenant-greeting-page.js';

/**
 * Goal: a feature is files of its own and one entry in each layer's list. Method: the example of the documentation,
 * with an event, a read model, a page and a template of its own, is handed to the whole program on embedded servers,
 * started over the API, carried out by the worker and read from its page.
 */
const FOLDER = 'test/features/tenant-greeting';
/** Where each file of the example would stand as a feature of the product. */
const PLACES = {
  'tenant-greeting-events.ts': 'src/operations/tenant-greeting/tenant-greeting-events.ts',
  'tenant-greeting.ts': 'src/operations/tenant-greeting/tenant-greeting.ts',
  'tenant-greeting-model.ts': 'projections/hub/models/tenant-greeting.ts',
  'tenant-greeting-page.ts': 'src/web/pages/tenant-greeting-page.ts',
  'views/pages/tenant-greeting.eta': 'views/pages/tenant-greeting.eta',
} as const;
const TOKEN = 'local-token-of-the-tests';
const LOOK_EVERY_MS = 100;

t.test('the documentation shows the example as it is', async (t) => {
  const page = await readFile(`${packageRoot}/docs/adding-an-operation-type.md`, 'utf8');
  for (const [file, place] of Object.entries(PLACES)) {
    const text = await readFile(`${packageRoot}/${FOLDER}/${file}`, 'utf8');
    const shown = `\`${place}\`\n\n\`\`\`${path.extname(file).slice(1)}\n${inPlace(text, place)}\`\`\``;
    t.ok(page.includes(shown), `${place}, with the imports of its real place`);
  }
});

t.test('a feature of its own files is started, carried out and shown', async (t) => {
  const features = createFeatures({
    operations: [...FEATURE_LISTS.operations, tenantGreeting],
    models: [...FEATURE_LISTS.models, greetings],
    pages: [...FEATURE_LISTS.pages, tenantGreetingPage],
    views: [...FEATURE_LISTS.views, `${packageRoot}/${FOLDER}/views`],
  });
  const program = await startProgram({
    config: readConfig({}, { OPSLEDGER_DATA: await temporaryFolder(t, 'feature'), OPSLEDGER_PORT: '0' }),
    roles: ROLES,
    logger: pino({ level: 'silent' }),
    localToken: TOKEN,
    features,
  });
  t.teardown(() => program.stop());
  await setUpDemo(program, 'http://127.0.0.1:9');
  const [tenant] = DEMO_TENANTS;
  if (!tenant) throw new Error('the demo has no tenant');
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
  const cookie = `opsledger_session=${await sessions.open(tenant.operator.personId)}`;
  const page = async (address: string) => {
    const answer = await fetch(`${url}/t/${tenant.slug}${address}`, { headers: { cookie } });
    return { status: answer.status, html: await answer.text() };
  };
  const own = await page('/greetings');
  t.equal(own.status, 200);
  for (const row of ['Good day, Ann', 'Good day, Bob', `href="/t/${tenant.slug}/runs/${runId}"`])
    t.match(own.html, row, 'the page shows the rows of its model');
  t.notMatch(own.html, 'Good day, Nobody');
  t.match(own.html, />Greetings</, 'it has its place in the rail');
  t.match((await page(`/runs/${runId}`)).html, 'There is no greeting for this name.');
  t.match((await page(`/runs/${runId}/history`)).html, 'PersonGreeted');
});

/** Waits until the read models show the end of a run. */
async function endedRun(
  read: () => Promise<{ status: number; body: Record<string, unknown> }>,
): Promise<Record<string, unknown>> {
  for (;;) {
    const { status, body } = await read();
    if (status === 200 && body.bucket !== 'queued' && body.bucket !== 'running') return body;
    await systemClock.sleep(LOOK_EVERY_MS);
  }
}

/** A file of the example with the imports that it would have in its real place. */
function inPlace(text: string, place: string): string {
  return text.replace(/from '(\.[^']+)\.js'/g, (_, specifier: string) => {
    const imported = path.posix.join(FOLDER, specifier);
    const own = Object.entries(PLACES).find(([file]) => `${FOLDER}/${file}` === `${imported}.ts`);
    const target = own ? own[1].replace(/\.ts$/, '') : imported;
    const relative = path.posix.relative(path.posix.dirname(place), target);
    return `from '${relative.startsWith('.') ? relative : `./${relative}`}.js'`;
  });
}
