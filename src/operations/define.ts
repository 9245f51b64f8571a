import type { z } from 'zod';
import type { Capability } from '../access/capabilities.js';
import type { GraphPermission } from '../graph/permissions.js';
import type { JsonObject } from '../ledger/canonical-json.js';
import type { AnyEventDefinition, EventDraft } from '../ledger/event-registry.js';
import type { ReasonCodes } from '../runs/reason-codes.js';
import { EFFECT_TIMEOUT_MAX_MS } from './effect.js';
import type { OperationServices } from './operation-services.js';
import { type OperationType, START_CAPABILITY } from './operation-type.js';
import type { PlanResult, PlanServices } from './plan.js';
import type { Completion, RunHandle } from './run-handle.js';
import type { Schedulable } from './schedulable.js';
import type { Words, WordsOf } from './vocabulary.js';

/**
 * A type whose runs this program's workers carry out. Adding a type takes one such definition and one line in
 * `registry.ts`.
 */
export interface OperationDefinition<
  Events extends readonly AnyEventDefinition[] = readonly AnyEventDefinition[],
> extends OperationType {
  readonly events: Events;
  readonly carriedOutBy: 'worker';
  /** Number of counted attempts after which a run whose worker is lost is aborted as `worker_lost`. */
  readonly attemptLimit: number;
  /** Longest one attempt may take, milliseconds. */
  readonly budgetMs: number;
  /** Longest the work of one item may take, milliseconds. */
  readonly itemBudgetMs: number;
  /** Longest time in flight of a change outside, milliseconds; 0 for a type that changes nothing outside. */
  readonly effectTimeoutMs: number;
  /** Application permissions of Graph that its runs use. */
  readonly permissions: readonly GraphPermission[];
  /** Whether a run of this context may change something outside; a dry run may not. */
  changesOutside(context: unknown): boolean;
  /** The context of a run, checked and in the form of the current version. Errors: z.ZodError. */
  contextOf(run: StoredContext): unknown;
  handle(run: RunHandle<Words>, context: unknown, services: OperationServices): Promise<Completion<Words>>;
  /** Merges the drafts that many items produced into few events within the size limits. */
  merge(produced: readonly EventDraft[]): readonly EventDraft[];
}

/** A run's context as it was queued, with the version of the type that made it. */
export interface StoredContext {
  readonly context: JsonObject;
  readonly definitionVersion: number;
}

const ATTEMPT_LIMIT = 3;
const BUDGET_MS = 60 * 60 * 1000;
/**
 * Longer than the Graph client can take for one policy, with a page of the listing and all waits, so that a slow policy
 * fails alone; and shorter than the budget of a run.
 */
const ITEM_BUDGET_MS = 40 * 60 * 1000;
const WAIT_LIMIT_MS = 24 * 60 * 60 * 1000;

/** The declaration of an operation type. */
export interface OperationDeclaration<
  Input,
  Scope,
  Context,
  Codes extends ReasonCodes,
  Events extends readonly AnyEventDefinition[],
  LinkKinds extends readonly string[],
  Own extends Words = WordsOf<{
    readonly reasonCodes: NoInfer<Codes>;
    readonly events: NoInfer<Events>;
    readonly linkKinds: NoInfer<LinkKinds>;
  }>,
> {
  readonly type: string;
  readonly version?: number;
  readonly label: string;
  readonly description: string;
  readonly itemisedBy: string;
  readonly input: z.ZodType<Input>;
  readonly scope: z.ZodType<Scope>;
  readonly context: z.ZodType<Context>;
  /** Upcasters from the context of version n to that of n + 1, one for every n below `version`. */
  readonly contextUpcasters?: Readonly<Record<number, (context: JsonObject) => JsonObject>>;
  /** The capability that a start with this input requires; `runs.start` by default. */
  readonly capability?: (input: Input) => Capability;
  /** Event types that its runs record with their items. */
  readonly events?: Events;
  readonly reasonCodes?: Codes;
  readonly linkKinds?: LinkKinds;
  /** Application permissions of Graph that its runs use; none by default. */
  readonly permissions?: readonly GraphPermission[];
  readonly attemptLimit?: number;
  readonly budgetMs?: number;
  readonly itemBudgetMs?: number;
  readonly effectTimeoutMs?: number;
  readonly changesOutside?: (context: Context) => boolean;
  readonly waitLimitMs?: number;
  /** As in OperationType; by default the input is kept as it was given. */
  readonly inputToKeep?: (
    input: Input,
    keep: (body: Uint8Array) => Promise<string>,
  ) => Promise<NoInfer<Input>>;
  /** How schedules start its runs. Members who manage schedules must be allowed to start it. */
  readonly schedulable?: Schedulable;
  /** What a run with an empty input covers, in words. */
  readonly withoutInput?: string;
  readonly plan: (input: Input, services: PlanServices) => Promise<PlanResult<Scope, Context, Own>>;
  readonly handle: (
    run: RunHandle<Own>,
    context: Context,
    services: OperationServices,
  ) => Promise<Completion<Own>>;
  readonly merge?: (produced: readonly Own['draft'][]) => readonly Own['draft'][];
}

type AnyDeclaration = OperationDeclaration<
  unknown,
  unknown,
  unknown,
  ReasonCodes,
  readonly AnyEventDefinition[],
  readonly string[]
>;

/**
 * Declares an operation type. Its plan and handler get input and context checked and typed, and may use only its own
 * and the common reason codes, events and kinds of links. Throws a TypeError when an upcaster is missing,
 * and a RangeError for an `effectTimeoutMs` beyond what a takeover waits for.
 */
export function defineOperation<
  Input,
  Scope,
  Context,
  const Codes extends ReasonCodes = Readonly<Record<never, never>>,
  const Events extends readonly AnyEventDefinition[] = readonly [],
  const LinkKinds extends readonly string[] = readonly [],
>(
  declaration: OperationDeclaration<Input, Scope, Context, Codes, Events, LinkKinds>,
): OperationDefinition<Events>;
export function defineOperation(declaration: AnyDeclaration): OperationDefinition {
  const { type, version = 1, contextUpcasters = {}, effectTimeoutMs = 0 } = declaration;
  if (effectTimeoutMs > EFFECT_TIMEOUT_MAX_MS)
    throw new RangeError(`${type}: effectTimeoutMs may be ${EFFECT_TIMEOUT_MAX_MS} at most`);
  for (let from = 1; from < version; from++)
    if (!contextUpcasters[from]) throw new TypeError(`${type} has no context upcaster from version ${from}`);

  function contextOf({ context, definitionVersion }: StoredContext): unknown {
    let current = context;
    for (let from = definitionVersion; from < version; from++) {
      const upcast = contextUpcasters[from];
      if (!upcast) throw new TypeError(`${type} has no context upcaster from version ${from}`);
      current = upcast(current);
    }
    return declaration.context.parse(current);
  }

  return {
    carriedOutBy: 'worker',
    type,
    version,
    label: declaration.label,
    description: declaration.description,
    itemisedBy: declaration.itemisedBy,
    input: declaration.input,
    events: declaration.events ?? [],
    reasonCodes: declaration.reasonCodes ?? {},
    linkKinds: declaration.linkKinds ?? [],
    permissions: declaration.permissions ?? [],
    attemptLimit: declaration.attemptLimit ?? ATTEMPT_LIMIT,
    budgetMs: declaration.budgetMs ?? BUDGET_MS,
    itemBudgetMs: declaration.itemBudgetMs ?? ITEM_BUDGET_MS,
    waitLimitMs: declaration.waitLimitMs ?? WAIT_LIMIT_MS,
    effectTimeoutMs,
    schedulable: declaration.schedulable,
    withoutInput: declaration.withoutInput,
    changesOutside: (context) => effectTimeoutMs > 0 && (declaration.changesOutside?.(context) ?? true),
    capability: (input) => declaration.capability?.(input) ?? START_CAPABILITY,
    inputToKeep: declaration.inputToKeep,
    async plan(input, services) {
      const planned = await declaration.plan(input, services);
      if ('refusal' in planned) return planned;
      const scope = declaration.scope.parse(planned.plan.scope) as JsonObject;
      const context = declaration.context.parse(planned.plan.context) as JsonObject;
      return { plan: { ...planned.plan, scope, context } };
    },
    contextOf,
    handle: declaration.handle,
    merge: declaration.merge ?? ((produced) => produced),
  };
}
