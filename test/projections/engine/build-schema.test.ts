import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import t from 'tap';
import { defineProjection } from '../../../projections/engine/projection.js';
import { createServedSchema } from '../../../projections/engine/served-schema.js';
import { HUB_MODELS } from '../../../projections/hub/hub-models.js';
import { createHubProjection, hubProjection } from '../../../projections/hub/hub-projection.js';
import { generateLog } from '../../support/generated-log.js';
import { projectorBed, reach } from '../projector-bed.js';
import { arrive } from '../read-models.js';

const SEED = 47;
const EVENTS = 300;
const PROCESS = fileURLToPath(new URL('./build-process.js', import.meta.url));

/** A build is killed before it sends one of these statements, given by a text in the statement and its number. */
const DEATHS = [
  ['while the tables are made', 'create table runs ', 1],
  ['in the middle of filling', 'copy ', 9],
  ['before the checkpoint', 'insert into checkpoint', 1],
  ['before the first key of a filled table', 'analyze checkpoint', 1],
  ['in the middle of the indexes', 'create index', 12],
  ['before the schema is readable', 'create function tenant_of', 1],
  ['while it follows the log', 'update checkpoint set', 1],
  ['at the switch', 'rename to', 1],
  ['after the switch, before clearing away', 'drop schema if exists', 3],
] as const;

async function dieAt(url: string, text: string, nth: number): Promise<NodeJS.Signals | null> {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const args = [PROCESS, url, String(SEED), String(EVENTS), text, String(nth)];
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  const [, signal] = await once(child, 'exit');
  return signal as NodeJS.Signals | null;
}

t.test('a build that is killed at any step continues there, and makes the same rows', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: SEED, events: EVENTS });
  const whole = await bed.freshDump(log);
  for (const [when, text, nth] of DEATHS) {
    await sql`drop schema ${sql.id(hubProjection.schema)} cascade`.execute(bed.plain);
    const signal = await dieAt(bed.url, text, nth);
    t.equal(signal, 'SIGKILL', `killed ${when}`);
    const projector = bed.start(log);
    await arrive(projector, log);
    await projector.stop();
    t.same(await bed.dump(), whole, when);
    const { rows } = await sql<{ name: string }>`
      select nspname as name from pg_namespace where nspname like 'hub%'`.execute(bed.plain);
    t.same(rows, [{ name: hubProjection.schema }], 'nothing is left beside');
  }
});

t.test('a new version is built while the one before is served and updated', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 48, events: EVENTS });
  const later = createHubProjection(HUB_MODELS.map((model) => ({ ...model, foldVersion: 2 })));
  t.not(later.schema, hubProjection.schema);
  const before = bed.start(log);
  await arrive(before, log);
  const served = createServedSchema(later);
  t.equal(await served.current(bed.plain), hubProjection.schema, 'the version before is read meanwhile');
  const after = bed.start(log, { projection: later });
  await arrive(after, log);
  t.equal(await served.current(bed.plain), later.schema);
  t.equal((await reach(before, ({ state }) => state === 'leading')).caughtUp, true, 'the old one goes on');
  await Promise.all([before.stop(), after.stop()]);
});

t.test('a version whose columns have other types is not read', async (t) => {
  const bed = await projectorBed(t);
  const { log } = await generateLog({ seed: 49, events: 60 });
  const projector = bed.start(log);
  await arrive(projector, log);
  await projector.stop();
  const other = defineProjection({ name: 'hub', models: [], batchEveryMs: 0, isAnnounced: true });
  t.equal(await createServedSchema(other).current(bed.plain), hubProjection.schema);
  await sql`alter table ${sql.id(hubProjection.schema, 'checkpoint')} alter events type text`.execute(
    bed.plain,
  );
  t.equal(await createServedSchema(other).current(bed.plain), undefined);
});
