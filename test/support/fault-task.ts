import { z } from 'zod';
import type { RunStart } from '../../src/starting/start-run.js';

/** A start that one process passes to another. */
export const faultStartSchema = z.object({
  tenantId: z.string(),
  personId: z.string(),
  type: z.string(),
  key: z.string(),
  correlationId: z.string(),
  context: z.record(z.string(), z.unknown()),
});
export type FaultStart = z.output<typeof faultStartSchema>;

/** The beginning of a line of input with a time for schedules. */
export const DUE_TIME_LINE = 'due ';

/** The task of a process in a fault test. */
export const faultTaskSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('program'),
    roles: z.array(z.enum(['web', 'worker', 'projector'])),
    /** Whether the test sets the time by which schedules come due, with lines of input. */
    movesDueTimes: z.boolean().optional(),
    targetUrl: z.string(),
  }),
  z.object({ kind: z.literal('dying-worker'), targetUrl: z.string(), folder: z.string() }),
  z.object({
    kind: z.literal('starter'),
    targetUrl: z.string(),
    dieBeforePublish: z.boolean(),
    requests: z.array(faultStartSchema),
  }),
]);
export type FaultTask = z.output<typeof faultTaskSchema>;

export function startRequestOf(start: FaultStart): RunStart {
  const { tenantId, type, key, context, personId, correlationId } = start;
  const initiator = { kind: 'member', personId } as const;
  return {
    tenantId,
    type,
    input: { key, context },
    initiator,
    correlationId,
    connected: true,
    allows: () => true,
  };
}
