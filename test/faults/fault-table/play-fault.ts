import type { Test } from 'tap';
import { systemClock } from '../../../src/clock.js';
import type { RawEvent } from '../../../src/ledger/event-log.js';
import { wholeLog } from '../../support/promise-checker.js';
import { until } from '../../support/until.js';
import type { Fault } from './fault.js';
import { type HubWords, hubWords } from './hub-watch.js';
import type { Row } from './row.js';
import type { Stage } from './stage.js';

const LOOK_EVERY_MS = 250;
const SETTLE_LOOK_EVERY_MS = 500;
const ENDS = /^Run(Completed|Failed|Aborted)$/;
/** How long a fault lasts at least after it was recognised, so that it affects the load. */
const HOLD_MS = 6_000;
/** Longest time until a fault is reported, and until everything works again. */
const SEEN_WITHIN_MS = 180_000;
const WELL_WITHIN_MS = 300_000;

/** Plays one fault under load, and checks what the product said and what is in the log. */
export async function playFault(t: Test, stage: Stage, fault: Fault): Promise<Row> {
  const { bed, url, cookie, load, processes } = stage;
  const seen: string[] = [];
  const look = async (): Promise<HubWords> => {
    const said = await hubWords(url, cookie);
    const answer = said.status === undefined ? said.healthz : `${said.status} ${said.healthz}`;
    if (seen.at(-1) !== answer) seen.push(answer);
    return said;
  };
  const untilLooks = async (limitMs: number, wanted: (said: HubWords) => boolean) => {
    const from = systemClock.monotonicMs();
    for (;;) {
      const said = await look();
      const afterMs = systemClock.monotonicMs() - from;
      if (wanted(said)) return { said, afterMs };
      if (afterMs > limitMs) return { said, afterMs: undefined };
      await systemClock.sleep(LOOK_EVERY_MS);
    }
  };
  await untilLooks(WELL_WITHIN_MS, ({ healthz }) => healthz === 'ok');
  load.resume();
  seen.length = 0;
  for (const process of processes) process.ends();
  load.counts();
  const answersBefore = bed.answers.length;

  const end = await fault.begin(stage);
  const recognised = await untilLooks(
    SEEN_WITHIN_MS,
    ({ words, healthz }) =>
      (fault.words?.test(words) ?? true) && (fault.healthz === undefined || healthz === fault.healthz),
  );
  t.ok(recognised.afterMs !== undefined, `the hub says it: ${JSON.stringify(recognised.said)}`);
  let { words } = recognised.said;
  if (fault.ends) {
    words = await endings(t, stage, fault.ends);
  }
  const held = systemClock.monotonicMs();
  while (systemClock.monotonicMs() - held < (fault.holdMs ?? HOLD_MS)) {
    await look();
    await systemClock.sleep(LOOK_EVERY_MS);
  }
  await end();
  const well = await untilLooks(
    WELL_WITHIN_MS,
    ({ healthz, words: left }) => healthz === 'ok' && left === '',
  );
  t.ok(well.afterMs !== undefined, `all is well again: ${JSON.stringify(well.said)}`);
  if (!fault.ends) for (const { name, died } of deaths(stage)) t.fail(`${name} ended: ${died}`);

  await load.pause();
  await until(async () => openRuns(await wholeLog(bed.log)) === 0, SETTLE_LOOK_EVERY_MS);
  const broken = await bed.broken();
  t.same(broken, [], 'every promise is kept');
  const accepted = new Set(bed.answers.slice(answersBefore).map(({ runId }) => runId));
  const ended = await endsOf(stage, accepted);
  const counts = load.counts();
  return {
    name: fault.name,
    words,
    healthz: [...seen],
    load: counts,
    ended,
    broken,
    seenAfter: fault.words || fault.healthz ? seconds(recognised.afterMs) : undefined,
    recoveredAfter: seconds(well.afterMs) ?? -1,
  };
}

const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1_000);

/** Waits until every process has ended by itself, and returns the sentence. */
async function endings(t: Test, stage: Stage, sentence: RegExp): Promise<string> {
  const said: string[] = [];
  const waiting = stage.ended.length > 0 ? [] : [...stage.processes];
  for (const { code, complaints } of stage.ended.splice(0))
    said.push(endSentence(t, 'it', code, complaints, sentence));
  await Promise.all(
    waiting.map(async (process) => {
      const [ending] = await until(() => {
        const ends = process.ends();
        return ends.length > 0 && ends;
      }, LOOK_EVERY_MS);
      if (ending) said.push(endSentence(t, process.name, ending.code, ending.complaints, sentence));
    }),
  );
  return said[0] ?? '';
}

function endSentence(
  t: Test,
  name: string,
  code: number | string,
  complaints: string,
  sentence: RegExp,
): string {
  t.equal(code, 1, `${name} ends by itself with a failure`);
  t.match(complaints, sentence, `${name} says why`);
  return new RegExp(`[^"\\n]*${sentence.source}[^"\\n]*`).exec(complaints)?.[0].trim() ?? '';
}

/** Processes that ended although the fault doesn't end them; those that the fault itself kills end by a signal. */
function* deaths({ processes }: Stage) {
  for (const { name, ends } of processes)
    for (const { code, complaints } of ends())
      if (typeof code === 'number' && code !== 0) yield { name, died: complaints.slice(-500) };
}

/** How many runs of a log have not ended. */
function openRuns(log: readonly RawEvent[]): number {
  const open = new Set<unknown>();
  for (const { type, metadata } of log) {
    const { runId } = metadata as { readonly runId?: string };
    if (type === 'RunQueued') open.add(runId);
    if (ENDS.test(type)) open.delete(runId);
  }
  return open.size;
}

async function endsOf({ bed }: Stage, accepted: ReadonlySet<string>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { type, data, metadata } of await wholeLog(bed.log)) {
    if (!ENDS.test(type)) continue;
    if (!accepted.has(String((metadata as { readonly runId?: string }).runId))) continue;
    const { reasonCode } = data as { readonly reasonCode?: string };
    const how = reasonCode ?? type.replace('Run', '').toLowerCase();
    counts[how] = (counts[how] ?? 0) + 1;
  }
  return counts;
}
