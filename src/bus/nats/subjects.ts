import type { RunCommand } from '../command-bus.js';

/** Names on the NATS server. The parts of a command are checked to be plain tokens before they come here. */
export interface BusNames {
  readonly stream: string;
  /** First token of every subject. */
  readonly prefix: string;
}

/** `cmd.<resource>.<action>.<tenant>.<run>`: one subject a run, which the stream holds at most once. */
export function commandSubject(names: BusNames, command: RunCommand): string {
  return `${names.prefix}.${command.type}.${command.tenantId}.${command.runId}`;
}

export function typeFilter(names: BusNames, type: string): string {
  return `${names.prefix}.${type}.>`;
}

/** A durable's name can't hold a dot; types hold no hyphen, so no two types share a durable. */
export function durableName(type: string): string {
  return type.replace('.', '-');
}
