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

/**
 * Appends an event that a run produces to another stream, unless the stream has it already. It reads the stream back
 * to the time when the run was queued, to find an event of an earlier attempt or of an append without an answer.
 * Errors: those of the ledger's append.
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
): Promise<ProducedAt> {
  const { run, stream, draft, expected, context } = event;
  const id = uuidv5(`${run.runId}/${stream}/${draft.type}/${canonicalJson(draft.data)}`, NAMESPACE);
  for await (const known of ledger.read(stream, { direction: 'backwards' })) {
    if (known.position < run.queuedPosition) break;
    if (known.id === id) return { revision: known.revision, position: known.position };
  }
  const appended = await ledger.append(stream, expected, [draft], context, { ids: [id] });
  return { revision: appended.head.revision, position: appended.position };
}
