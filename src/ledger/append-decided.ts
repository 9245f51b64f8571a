import type { EnvelopeContext } from './envelope.js';
import { RevisionConflictError } from './event-log.js';
import type { EventDraft } from './event-registry.js';
import type { Appended, AppendOptions, Ledger } from './ledger.js';
import type { StreamHead } from './stream-head.js';

/** Drafts to append, and the stream's head that they were decided on. */
export interface ProposedAppend {
  readonly events: readonly EventDraft[];
  readonly context: EnvelopeContext;
}

/** The events that were appended and the state before them, or the answer when nothing was appended. */
export type Decided<State, Answer> =
  | { readonly before: State; readonly appended: Appended }
  | { readonly answer: Answer };

/** Gives up after this many conflicts in a row. Each conflict means that another writer appended first. */
const CONFLICTS_MAX = 20;

/**
 * Decides on a stream's current state and appends the decision at the revision of that state. When another writer
 * appended first, it reads the stream and decides again. `known` is the state that the caller expects; it is decided
 * on before anything is read. If it is wrong, that costs one refused append. Errors: those of `read`, of `decide`
 * and of the ledger's append, except RevisionConflictError; a plain Error after too many conflicts in a row.
 */
export async function appendDecided<State extends { readonly head: StreamHead }, Answer>(
  ledger: Pick<Ledger, 'append'>,
  stream: string,
  part: {
    readonly known?: State | undefined;
    readonly read: () => Promise<State>;
    readonly decide: (
      state: State,
    ) => ProposedAppend | { readonly answer: Answer } | Promise<ProposedAppend | { readonly answer: Answer }>;
    readonly options?: AppendOptions;
  },
): Promise<Decided<State, Answer>> {
  let state = part.known ?? (await part.read());
  for (let conflicts = 0; conflicts < CONFLICTS_MAX; conflicts++) {
    const decided = await part.decide(state);
    if ('answer' in decided) return decided;
    const { events, context } = decided;
    try {
      const appended = await ledger.append(stream, state.head, events, context, part.options);
      return { before: state, appended };
    } catch (error) {
      if (!(error instanceof RevisionConflictError)) throw error;
      state = await part.read();
    }
  }
  throw new Error(`${stream} changed ${CONFLICTS_MAX} times in a row`);
}
