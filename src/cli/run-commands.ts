import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { CommandFailure, EXIT } from '../process/exit.js';
import { BUCKET_LABELS, STATUS_BUCKETS } from '../runs/status-bucket.js';
import { errorMessage } from '../wording/error-message.js';
import { type ApiClient, connect } from './api-client.js';
import { printJson, printLine } from './print.js';
import { AS_JSON, type DataFlag, RUNNING_DATA } from './shared-options.js';

const POLL_EVERY_MS = 300;
const PAGE_ROWS = 100;
const RUNS_LISTED = 50;

const runSchema = z.looseObject({
  id: z.string(),
  number: z.number(),
  type: z.string(),
  title: z.string(),
  bucket: z.enum(STATUS_BUCKETS),
  summary: z.string().nullable(),
  reason: z.string().nullable(),
  reasonCode: z.string().nullable(),
  createdAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  counts: z.object({
    total: z.number().nullable(),
    processed: z.number(),
    succeeded: z.number(),
    failed: z.number(),
    skipped: z.number(),
  }),
});
type Run = z.output<typeof runSchema>;

const startedSchema = z.object({ runId: z.string(), position: z.number(), reused: z.boolean() });
const itemSchema = z.looseObject({
  label: z.string(),
  outcome: z.string(),
  reasonCode: z.string().nullable(),
  reason: z.string().nullable(),
});
const findingSchema = z.looseObject({ kind: z.string(), name: z.string(), policyType: z.string() });
const eventSchema = z.looseObject({
  revision: z.number(),
  type: z.string(),
  at: z.string().nullable(),
  actor: z.object({ kind: z.string(), id: z.string() }),
});

const typeSchema = z.looseObject({
  type: z.string(),
  description: z.string(),
  input: z.looseObject({
    properties: z.record(z.string(), z.unknown()).default({}),
    required: z.array(z.string()).default([]),
  }),
});

interface CommonFlags extends DataFlag {
  readonly json?: true;
}

/** Adds `opsledger run …`: starting and looking at runs of a running product. */
export function registerRunCommands(program: Command): void {
  const run = program.command('run').description('start runs, and look at them, in a running product');
  run
    .command('start <type>')
    .description('start an operation, for example inventory.sync')
    .requiredOption('--tenant <tenant>', 'short name or id of the tenant')
    .option('--scope <json>', "the operation's input as JSON", '{}')
    .option('--wait', 'wait for its end; exits with 1 if it failed')
    .option(...RUNNING_DATA)
    .option(...AS_JSON)
    .action(start);
  run
    .command('list')
    .description('the newest runs of a tenant')
    .requiredOption('--tenant <tenant>', 'short name or id of the tenant')
    .option('--type <type>', 'only of this operation type')
    .addOption(new Option('--bucket <bucket>', 'only in this state').choices(STATUS_BUCKETS))
    .option('--limit <n>', 'how many at the most', wholeNumber, RUNS_LISTED)
    .option(...RUNNING_DATA)
    .option(...AS_JSON)
    .action(list);
  run
    .command('types')
    .description(
      'the operation types, each with the fields of its --scope; those in brackets may be left out',
    )
    .option(...RUNNING_DATA)
    .option(...AS_JSON)
    .action(types);
  run
    .command('show <run>')
    .description('a run with its items, and its findings if it looked for drift')
    .option(...RUNNING_DATA)
    .option(...AS_JSON)
    .action(show);
  run
    .command('history <run>')
    .description("a run's events in order")
    .option(...RUNNING_DATA)
    .option(...AS_JSON)
    .action(history);
}

async function start(
  type: string,
  flags: CommonFlags & { readonly tenant: string; readonly scope: string; readonly wait?: true },
): Promise<void> {
  const api = await connect(flags);
  const started = startedSchema.parse(
    await api.request('POST', `/tenants/${encodeURIComponent(flags.tenant)}/runs`, {
      type,
      input: parseScope(flags.scope),
    }),
  );
  if (!flags.wait) {
    if (flags.json) return printJson(started);
    return printLine(started.reused ? `${started.runId} is active already` : started.runId);
  }
  const run = await whenEnded(api, started.runId);
  if (flags.json) printJson({ ...run, reused: started.reused });
  else printLine(sentence(run));
  if (run.bucket === 'failed') process.exitCode = EXIT.failed;
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It takes a whole number from 1 to 999,999.');
}

function parseScope(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(`--scope is not JSON: ${errorMessage(error)}`, EXIT.usage);
  }
}

/** Polls until the run has ended. */
async function whenEnded(api: ApiClient, runId: string): Promise<Run> {
  for (;;) {
    const run = runSchema.parse(await api.request('GET', `/runs/${runId}`));
    if (run.bucket !== 'queued' && run.bucket !== 'running') return run;
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
}

async function list(
  flags: CommonFlags & {
    readonly tenant: string;
    readonly type?: string;
    readonly bucket?: string;
    readonly limit: number;
  },
): Promise<void> {
  const { tenant, type, bucket, limit } = flags;
  const api = await connect(flags);
  const filters = { ...(type ? { type } : {}), ...(bucket ? { bucket } : {}) };
  const path = `/tenants/${encodeURIComponent(tenant)}/runs`;
  const runs: readonly Run[] = await rowsOf(api, path, {
    name: 'runs',
    row: runSchema,
    place: 'before',
    filters,
    limit,
  });
  if (flags.json) return printJson(runs);
  const idWidth = Math.max(...runs.map(({ id }) => id.length));
  for (const run of runs)
    printLine(
      `${run.id.padEnd(idWidth)}  ${BUCKET_LABELS[run.bucket].padEnd(19)}  ${run.createdAt ?? ''}  ${run.title}`,
    );
  if (runs.length === 0) printLine(type || bucket ? 'No such runs.' : 'No runs yet.');
}

/** The operation types that the running product can start, each with the fields of its input. */
async function types(flags: CommonFlags): Promise<void> {
  const api = await connect(flags);
  const answer = z.object({ types: z.array(typeSchema) }).parse(await api.request('GET', '/operation-types'));
  if (flags.json) return printJson(answer.types);
  for (const { type, description, input } of answer.types) {
    printLine(`${type}  ${description}`);
    const required = new Set(input.required);
    const fields = Object.keys(input.properties).map((name) => (required.has(name) ? name : `[${name}]`));
    if (fields.length > 0) printLine(`  ${fields.join(' ')}`);
  }
}

async function show(runId: string, flags: CommonFlags): Promise<void> {
  const api = await connect(flags);
  const run = runSchema.parse(await api.request('GET', `/runs/${encodeURIComponent(runId)}`));
  const items = await rowsOf(api, `/runs/${run.id}/items`, { name: 'items', row: itemSchema });
  const findings =
    run.type === 'drift.generate'
      ? await rowsOf(api, `/runs/${run.id}/findings`, { name: 'findings', row: findingSchema })
      : undefined;
  if (flags.json) return printJson({ ...run, items, ...(findings ? { findings } : {}) });
  printLine(sentence(run));
  for (const item of items)
    if (item.outcome !== 'succeeded')
      printLine(`  ${item.outcome}  ${item.label}: ${item.reason ?? ''} (${item.reasonCode ?? ''})`);
  for (const finding of findings ?? [])
    printLine(`  ${finding.kind}  ${finding.policyType}  ${finding.name}`);
}

async function history(runId: string, flags: CommonFlags): Promise<void> {
  const api = await connect(flags);
  const path = `/runs/${encodeURIComponent(runId)}/history`;
  const events = await rowsOf(api, path, { name: 'events', row: eventSchema });
  if (flags.json) return printJson(events);
  for (const { revision, at, type, actor } of events)
    printLine(`${String(revision).padStart(6)}  ${at ?? ''}  ${type.padEnd(24)}  ${actor.kind} ${actor.id}`);
}

/** The rows of a paged answer, page after page: all of them, or the first `limit`. */
async function rowsOf<Row>(
  api: ApiClient,
  path: string,
  {
    name,
    row,
    place = 'after',
    filters = {},
    limit = Number.POSITIVE_INFINITY,
  }: {
    /** The field of the answer that holds the rows. */
    readonly name: string;
    readonly row: z.ZodType<Row>;
    /** The parameter that takes the place where a page begins. */
    readonly place?: 'after' | 'before';
    readonly filters?: Readonly<Record<string, string>>;
    readonly limit?: number;
  },
): Promise<Row[]> {
  const page = z.object({ [name]: z.array(row), next: z.union([z.string(), z.number()]).nullable() });
  const rows: Row[] = [];
  for (let at = ''; ; ) {
    const size = String(Math.min(PAGE_ROWS, limit - rows.length));
    const query = new URLSearchParams({ ...filters, limit: size, ...(at ? { [place]: at } : {}) });
    const answer = page.parse(await api.request('GET', `${path}?${query}`));
    rows.push(...(answer[name] as Row[]));
    if (answer.next === null || rows.length >= limit) return rows;
    at = String(answer.next);
  }
}

function sentence(run: Run): string {
  const { counts } = run;
  const items = `${counts.processed} items: ${counts.succeeded} succeeded, ${counts.failed} failed, ${counts.skipped} skipped`;
  const outcome = run.summary ?? (run.reason ? `${run.reason} (${run.reasonCode ?? ''})` : '');
  return [`${BUCKET_LABELS[run.bucket]}: ${run.title}`, outcome, items, run.id].filter(Boolean).join('\n');
}
