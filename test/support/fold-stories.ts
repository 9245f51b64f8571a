import { canonicalJson, sha256Hex } from '../../src/ledger/canonical-json.js';
import type { RawEvent } from '../../src/ledger/event-log.js';
import type { RecordedEvent } from '../../src/ledger/event-registry.js';
import { productEvents } from '../../src/program/product-events.js';
import { generateLog } from './generated-log.js';
import { type GoldenEvent, readGoldenEvents } from './golden-events.js';

/** A short log with a name. A name always stands for the same stored events. */
export interface FoldStory {
  readonly name: string;
  readonly events: readonly RecordedEvent[];
  /** The event that the story is about; undefined for a story about many events. */
  readonly about?: RecordedEvent;
}

/** The events of a tenant and a run before the event that a story is about. */
const BEFORE = [
  'LedgerCreated.v1.json',
  'TenantRegistered.v1.json',
  'MemberAdded.v1.json',
  'AccessGranted.v1.json',
  'GraphConnectionSet.v3.json',
  'ViewSaved.v1.json',
  'DefaultViewChosen.v1.json',
  'RunQueued.v2.json',
  'RunStarted.v1.json',
  'RunItemsRecorded.v1.json',
] as const;
const FOUND = 'FindingsDetected.v2.json';
const COMPLETED = 'RunCompleted.v2.json';
/** Operation types whose runs some models fold differently. */
const RUN_TYPES = ['inventory.sync', 'drift.generate'] as const;
const ENDS: readonly string[] = ['RunCompleted', 'RunFailed', 'RunAborted'];

const GENERATED = { seed: 20_260_105, events: 600 } as const;
const NAME_DIGITS = 10;
const STEP_MS = 1000;

/** The stories whose rows are recorded: one for each golden event and type of run, and one generated log. */
export async function foldStories(): Promise<readonly FoldStory[]> {
  const golden = await readGoldenEvents();
  const byFile = new Map(golden.map((event) => [event.file, event]));
  const stories = golden.flatMap((event) =>
    RUN_TYPES.map((runType): FoldStory => {
      const events = storyOf(event, byFile).map((one, index) => placed(one, index, runType));
      return { name: `${event.file} in ${runType}`, events, about: productEvents.decode(event.raw) };
    }),
  );
  return [...stories, await generatedStory()];
}

/** The generated story. Its name depends on its events, so a changed generator makes another story. */
async function generatedStory(): Promise<FoldStory> {
  const { log } = await generateLog(GENERATED);
  const written = log.events.map((event) => ({
    ...event,
    metadata: { ...Object(event.metadata), appVersion: '0.0.0' },
  }));
  const name = sha256Hex(canonicalJson(JSON.parse(JSON.stringify(written)))).slice(0, NAME_DIGITS);
  return { name: `generated log ${name}`, events: written.map(productEvents.decode) };
}

/** The events before an event, the event itself, and the end of its run. */
function storyOf(event: GoldenEvent, byFile: ReadonlyMap<string, GoldenEvent>): readonly GoldenEvent[] {
  const { type } = event.raw;
  const files = (...names: readonly string[]) => names.flatMap((name) => byFile.get(name) ?? []);
  if (!event.raw.stream.startsWith('operation-')) return [...files(...BEFORE, FOUND, COMPLETED), event];
  if (type === 'RunQueued') {
    const others = BEFORE.filter((name) => !name.startsWith('RunQueued'));
    const firstOfRun = others.indexOf('RunStarted.v1.json');
    return [
      ...files(...others.slice(0, firstOfRun)),
      event,
      ...files(...others.slice(firstOfRun), COMPLETED),
    ];
  }
  return [...files(...BEFORE), event, ...(ENDS.includes(type) ? [] : files(COMPLETED))];
}

/** A golden event at its place in a story. The story sets only its place, its time and the type of its run. */
function placed({ raw }: GoldenEvent, index: number, runType: string): RecordedEvent {
  const event = productEvents.decode(raw);
  const at = new Date(Date.parse(event.envelope.at) + index * STEP_MS).toISOString();
  const place: Pick<RawEvent, 'id' | 'position' | 'revision'> = {
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    position: index,
    revision: index,
  };
  return {
    ...event,
    ...place,
    data: event.type === 'RunQueued' ? { ...event.data, type: runType } : event.data,
    envelope: { ...event.envelope, at },
    raw: { ...raw, ...place },
  };
}
