import { z } from 'zod';

/** Who acted. `system` is the program itself (watchdog, dispatcher, demo set-up). */
const ACTOR_KINDS = ['member', 'worker', 'schedule', 'api', 'system'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

export interface Actor {
  readonly kind: ActorKind;
  /** A person's id, a worker's name, a schedule's, token's or component's id; never a display name. */
  readonly id: string;
}

/** The version of the chain that hashes are made by. */
export const CHAIN = 'opsledger/1';

/** What an appender says about its events; the rest of the envelope is made at append. */
export interface EnvelopeContext {
  /** Undefined only for the ledger's own stream and for what persons set for all of their tenants. */
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

/** The envelope as it stands in an event's metadata: flat strings, so that any server takes it. */
export const envelopeSchema = z.object({
  tenantId: z.guid().optional(),
  runId: z.string().optional(),
  runStart: naturalNumber.optional(),
  attempt: naturalNumber.optional(),
  actorKind: z.enum(ACTOR_KINDS),
  actorId: z.string(),
  schemaVersion: naturalNumber,
  /** UTC with milliseconds; never below the previous event's in its stream, unless that is of a wrong clock. */
  at: z.iso.datetime({ precision: 3 }),
  /** What the writer's clock said, where `at` is the previous event's because that is later. */
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
