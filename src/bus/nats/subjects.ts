import type { RunCommand } from '../command-bus.js';

/** Names on the NATS server. The parts of a command were checked before, so that each is a valid token. */
export interface BusNames {
  readonly stream: string;
  /** The first token of every subject. */
  readonly prefix: string;
}

/** The names that an installation uses unless it is given others. */
export const BUS_NAMES: BusNames = { stream: 'OPSLEDGER_COMMANDS', prefix: 'cmd' };

/** `cmd.<resource>.<action>.<tenant>.<run>`: each run has one subject, and the stream holds one message per subject. */
export function commandSubject(names: BusNames, command: RunCommand): string {
  return `${names.prefix}.${command.type}.${command.tenantId}.${command.runId}`;
}

/** The subjects of all commands for operations of a type. */
export function typeFilter(names: BusNames, type: string): string {
  return `${names.prefix}.${type}.>`;
}

/** A durable's name can't contain a dot. Types contain no hyphen, so two types never get the same name. */
export function durableName(type: string): string {
  return type.replace('.', '-');
}
