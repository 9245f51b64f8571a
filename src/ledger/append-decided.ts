import type { EnvelopeContext } from './envelope.js';
import { RevisionConflictError } from './event-log.js';
import type { EventDraft } from './event-registry.js';
import type { Appended, AppendOptions, Ledger } from './ledger.js';
import type { StreamHead } from './stream-head.js';

/** What is to be written after the state it was decided on. */
export interface Proposal {
  readonly events: readonly EventDraft[];
  readonly context: EnvelopeContext;
}

/** What was written, after which state; or the answer for which nothing was. */
export type Decided<State, Answer> =
  | { readonly before: State; readonly appended: Appended }
  | { readonly answer: Answer };

/** Conflicts in a row after which it gives up; each one means that somebody else's event got in first. */
const CONFLICTS_MAX = 20;

/**
 * Decides on a stream as it stands and appends what was decided at the very revision that it was decided on. Where
 * somebody else got in first, the stream is read and decided on again. `known` is what the caller believes the
 * stream to be, decided on before anything is read: wrong, it costs one refused append. Errors: those of `read`,
 * `decide` and the ledger's append, but no RevisionConflictError; an Error after too many conflicts in a row.
 */
export async function appendDecided<State extends { readonly head: StreamHead }, Answer>(
  ledger: Pick<Ledger, 'append'>,
  stream: string,
  part: {
    readonly known?: State | undefined;
    readonly read: () => Promise<State>;
    readonly decide: (
      state: State,
    ) => Proposal | { readonly answer: Answer } | Promise<Proposal | { readonly answer: Answer }>;
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
