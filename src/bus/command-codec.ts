/**
 * A command's form on the wire, and the rules its parts obey so that they can be a NATS subject's tokens. Both
 * adapters apply them, so that what one of them takes the other takes too.
 */
import { z } from 'zod';
import type { RunCommand } from './command-bus.js';

const typePattern = /^[A-Za-z0-9_]{1,64}\.[A-Za-z0-9_]{1,64}$/;
const idPattern = /^[A-Za-z0-9_-]{1,128}$/;
const commandBytesMax = 4096;

const commandSchema = z.object({
  tenantId: z.string().regex(idPattern),
  type: z.string().regex(typePattern),
  runId: z.string().regex(idPattern),
  correlationId: z.string().max(256),
});

/** Checks a command before it is handed over. Errors: ZodError naming the part that no bus can carry. */
export function checkCommand(command: RunCommand): RunCommand {
  return Object.freeze(commandSchema.parse(command));
}

/** Checks an operation type's form, `resource.action`. Errors: RangeError. */
export function checkType(type: string): void {
  if (!typePattern.test(type)) throw new RangeError(`not an operation type: ${JSON.stringify(type)}`);
}

export function encodeCommand(command: RunCommand): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(command));
}

/** Reads a command off the wire; `undefined` when these bytes are none. Unknown fields are left out. */
export function decodeCommand(bytes: Uint8Array): RunCommand | undefined {
  if (bytes.byteLength > commandBytesMax) return undefined;
  try {
    return checkCommand(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}
