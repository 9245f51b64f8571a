/**
 * The form of a command as a message, and the rules that let its parts be tokens of a NATS subject. Both adapters
 * apply these rules, so that they accept the same commands.
 */
import { z } from 'zod';
import type { RunCommand } from './command-bus.js';

const typePattern = /^[A-Za-z0-9_]{1,64}\.[A-Za-z0-9_]{1,64}$/;
const idPattern = /^[A-Za-z0-9_-]{1,128}$/;
const COMMAND_BYTES_MAX = 4096;

const commandSchema = z.object({
  tenantId: z.string().regex(idPattern),
  type: z.string().regex(typePattern),
  runId: z.string().regex(idPattern),
  correlationId: z.string().max(256),
});

/** Checks a command before it is handed over. Errors: ZodError that names the invalid part. */
export function checkCommand(command: RunCommand): RunCommand {
  return Object.freeze(commandSchema.parse(command));
}

/** Checks an operation type's form, `resource.action`. Errors: RangeError. */
export function checkType(type: string): void {
  if (!typePattern.test(type)) throw new RangeError(`not an operation type: ${JSON.stringify(type)}`);
}

/** A command as the bytes of a message, JSON in UTF-8. */
export function encodeCommand(command: RunCommand): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(command));
}

/** Decodes a command from a message; `undefined` when the bytes aren't a command. Unknown fields are dropped. */
export function decodeCommand(bytes: Uint8Array): RunCommand | undefined {
  if (bytes.byteLength > COMMAND_BYTES_MAX) return undefined;
  try {
    return checkCommand(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch {
    return undefined;
  }
}
