import { v5 as uuidv5 } from 'uuid';
import { canonicalJson } from '../ledger/canonical-json.js';
import type { EnvelopeContext } from '../ledger/envelope.js';
import type { EventDraft } from '../ledger/event-registry.js';
import type { Ledger } from '../ledger/ledger.js';
import type { StreamHead } from '../ledger/stream-head.js';
import type { ProducedAt } from '../operations/run-handle.js';
import type { RunState } from '../runs/run-state.js';

/** The ids of produced events are derived from their content, so that a repetition makes the same ids. */
const NAMESPACE = '5c2f2f9e-0a53-4c53-8f0b-7c2fb3f0f6d4';

/** The places of events that were appended to other streams since the run was queued, by stream and event id. */
export type KnownEvents = Map<string, Map<string, ProducedAt>>;

/**
 * Appends an event that a run produces to another stream, unless the stream has it already. The first time for a
 * stream, it reads the stream back to the time when the run was queued, to find events of earlier attempts; what it
 * learns stays in `known`. Errors: those of the ledger's append.
 */
export async function produceOnce(
  ledger: Ledger,
  event: {
    readonly run: Pick<RunState, 'runId' | 'queuedPosition'>;
    readonly stream: string;
    readonly draft: EventDraft;
    readonly expected: StreamHead;
    readonly context: EnvelopeContext;
  },
  known: KnownEvents = new Map(),
): Promise<ProducedAt> {
  const { run, stream, draft, expected, context } = event;
  const id = uuidv5(`${run.runId}/${stream}/${draft.type}/${canonicalJson(draft.data)}`, NAMESPACE);
  const places = known.get(stream) ?? (await placesSince(ledger, stream, run.queuedPosition));
  // After an error, an append without an answer may be in the log, so the stream must be read again.
  known.delete(stream);
  const place = places.get(id) ?? (await append());
  places.set(id, place);
  known.set(stream, places);
  return place;

  async function append(): Promise<ProducedAt> {
    const { head, position } = await ledger.append(stream, expected, [draft], context, { ids: [id] });
    return { revision: head.revision, position };
  }
}

async function placesSince(
  ledger: Ledger,
  stream: string,
  position: number,
): Promise<Map<string, ProducedAt>> {
  const places = new Map<string, ProducedAt>();
  for await (const known of ledger.read(stream, { direction: 'backwards' })) {
    if (known.position < position) break;
    places.set(known.id, { revision: known.revision, position: known.position });
  }
  return places;
}
