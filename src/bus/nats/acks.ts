/**
 * JetStream's answers to a delivery, by its reply subject. The client's own message can't be used to say `done`:
 * its `ackAck` counts as said even when the answer never came, so it can't be tried twice.
 */
import { nanos } from 'nats';
import type { NatsSession } from './nats-link.js';

const encoder = new TextEncoder();
const doneBytes = encoder.encode('+ACK');
const workingBytes = encoder.encode('+WPI');
const terminateBytes = encoder.encode('+TERM');

/** Restarts the wait after which the command would be delivered to somebody else. */
export function sayWorking(session: NatsSession, reply: string): void {
  session.nc.publish(reply, workingBytes);
}

/**
 * Shortest time for which a command that is given back stays away. Never 0: nats-server 2.9 holds back a NAK that
 * arrives while all pulls expire, until the ack wait is over.
 */
const GIVE_BACK_DELAY_MIN_MS = 50;

/** Gives the command back, to be delivered again after `delayMs`. If the word is lost, the ack wait does it. */
export function giveBack(session: NatsSession, reply: string, delayMs = 0): void {
  const delay = nanos(Math.max(GIVE_BACK_DELAY_MIN_MS, Math.round(delayMs)));
  session.nc.publish(reply, encoder.encode(`-NAK ${JSON.stringify({ delay })}`));
}

/** Removes a message that is no command. */
export function terminate(session: NatsSession, reply: string): void {
  session.nc.publish(reply, terminateBytes);
}

/** Removes the command, and waits until the server has. Errors: a timeout or a lost connection. */
export async function confirmDone(session: NatsSession, reply: string, timeoutMs: number): Promise<void> {
  await session.nc.request(reply, doneBytes, { timeout: timeoutMs });
}

/**
 * A message's place in the stream, which another delivery of the same message has too; 0 where it can't be read. Reads
 * `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<sequence>.<...>`.
 */
export function sequenceOf(reply: string): number {
  const tokens = reply.split('.');
  return Number(tokens[tokens.length === 9 ? 5 : 7]) || 0;
}

/** Asks for up to `batch` commands; the answers come to `inbox`. */
export function requestPull(
  session: NatsSession,
  subject: string,
  inbox: string,
  pull: { readonly batch: number; readonly expiresMs: number },
): void {
  const request = {
    batch: pull.batch,
    expires: nanos(pull.expiresMs),
  };
  session.nc.publish(subject, encoder.encode(JSON.stringify(request)), { reply: inbox });
}
