import type { AnyEventDefinition, DraftOf, EventDraft } from '../ledger/event-registry.js';
import type { CodesOfKind, REASON_CODES, ReasonCodes } from '../runs/reason-codes.js';
import type { ItemOutcome, Related } from '../runs/run-events.js';

/** The codes, events and link kinds that an operation type adds to those of every run. */
export interface Vocabulary {
  readonly reasonCodes: ReasonCodes;
  /** Event types that its runs record with their items. */
  readonly events: readonly AnyEventDefinition[];
  /** Kinds of things that its runs link to; links to runs are always allowed. */
  readonly linkKinds: readonly string[];
}

/** The unions of what the handler of a type may write. */
export interface Words {
  /** Codes for failures of a run or of an item. */
  readonly failure: string;
  /** Codes for skipped items. */
  readonly skip: string;
  /** Codes for refused starts. */
  readonly refusal: string;
  /** Events that may be recorded with an item. */
  readonly draft: EventDraft;
  /** Kinds of things that a run may link to. */
  readonly link: string;
}

/** What every handler may write. */
export interface CommonWords extends Words {
  readonly failure: CodesOfKind<typeof REASON_CODES, 'failure'>;
  readonly skip: CodesOfKind<typeof REASON_CODES, 'skip'>;
  readonly refusal: CodesOfKind<typeof REASON_CODES, 'refusal'>;
  readonly draft: never;
  readonly link: 'run';
}

/** What the handler of a type with this vocabulary may write. */
export interface WordsOf<Own extends Vocabulary> extends Words {
  readonly failure: CommonWords['failure'] | CodesOfKind<Own['reasonCodes'], 'failure'>;
  readonly skip: CommonWords['skip'] | CodesOfKind<Own['reasonCodes'], 'skip'>;
  readonly refusal: CommonWords['refusal'] | CodesOfKind<Own['reasonCodes'], 'refusal'>;
  readonly draft: DraftOf<Own['events'][number]>;
  readonly link: CommonWords['link'] | Own['linkKinds'][number];
}

/** An item's outcome as a handler may record it. */
export type Outcome<Own extends Words = CommonWords> = ItemOutcome<Own['failure'] | Own['skip']>;
/** A link that a run may leave. */
export type Link<Own extends Words = CommonWords> = Related<Own['link']>;
