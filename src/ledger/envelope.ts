import { z } from 'zod';

/** Who acted. `system` is the program itself (watchdog, dispatcher, demo set-up). */
const ACTOR_KINDS = ['member', 'worker', 'schedule', 'api', 'system'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

export interface Actor {
  readonly kind: ActorKind;
  /** The id of a person, schedule, token or component, or a worker's name; never a display name. */
  readonly id: string;
}

/** The version of the rules for hashing; it is part of every hash. */
export const CHAIN = 'opsledger/1';

/** The part of the envelope that the caller gives; the append adds the rest. */
export interface EnvelopeContext {
  /** Undefined only for the ledger's own stream and for settings that a person makes for all their tenants. */
  readonly tenantId?: string | undefined;
  readonly runId?: string | undefined;
  /** Revision of the run's RunQueued in its stream. */
  readonly runStart?: number | undefined;
  readonly attempt?: number | undefined;
  readonly actor: Actor;
  readonly correlationId: string;
  /** Id of the event or request that led to this one. */
  readonly causationId: string;
}

const naturalNumber = z
  .string()
  .regex(/^(0|[1-9][0-9]*)$/)
  .transform(Number);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The envelope in an event's metadata. All its values are strings, so that any server accepts them. */
export const envelopeSchema = z.object({
  tenantId: z.guid().optional(),
  runId: z.string().optional(),
  runStart: naturalNumber.optional(),
  attempt: naturalNumber.optional(),
  actorKind: z.enum(ACTOR_KINDS),
  actorId: z.string(),
  schemaVersion: naturalNumber,
  /**
   * UTC with milliseconds. It is never before the time of the stream's previous event, unless a wrong clock wrote
   * that one.
   */
  at: z.iso.datetime({ precision: 3 }),
  /** The writer's own clock, given only when the previous event's time is later and `at` repeats that time. */
  clockAt: z.iso.datetime({ precision: 3 }).optional(),
  sanitizerVersion: z.string(),
  appVersion: z.string(),
  chain: z.literal(CHAIN),
  dataHash: sha256,
  /** Empty for the first event of a stream. */
  prevHash: z.union([sha256, z.literal('')]),
  hash: sha256,
  $correlationId: z.string(),
  $causationId: z.string(),
});

export type Envelope = z.output<typeof envelopeSchema>;
