/**
 * Sends JetStream's acknowledgements to a delivery's reply subject. `done` doesn't use the client's own message,
 * because its `ackAck` counts as sent even when no answer came, so it can't be tried again.
 */
import { nanos } from 'nats';
import type { NatsSession } from './nats-link.js';

const encoder = new TextEncoder();
const doneBytes = encoder.encode('+ACK');
const workingBytes = encoder.encode('+WPI');
const terminateBytes = encoder.encode('+TERM');

/** Restarts the ack wait, after which the command would be delivered to another process. */
export function sendInProgress(session: NatsSession, reply: string): void {
  session.nc.publish(reply, workingBytes);
}

/**
 * The shortest delay of a command that is given back. Never 0: nats-server 2.9 holds back a NAK that arrives while
 * all pulls expire, until the ack wait is over.
 */
const GIVE_BACK_DELAY_MIN_MS = 50;

/**
 * Gives the command back, to be delivered again after `delayMs`. If the message gets lost, that happens after the
 * ack wait.
 */
export function giveBack(session: NatsSession, reply: string, delayMs = 0): void {
  const delay = nanos(Math.max(GIVE_BACK_DELAY_MIN_MS, Math.round(delayMs)));
  session.nc.publish(reply, encoder.encode(`-NAK ${JSON.stringify({ delay })}`));
}

/** Removes a message that isn't a command. */
export function terminate(session: NatsSession, reply: string): void {
  session.nc.publish(reply, terminateBytes);
}

/** Removes the command and waits for the server's confirmation. Errors: a timeout or a lost connection. */
export async function confirmDone(session: NatsSession, reply: string, timeoutMs: number): Promise<void> {
  await session.nc.request(reply, doneBytes, { timeout: timeoutMs });
}

/**
 * A message's sequence number in the stream, the same for every delivery of the message; 0 when it can't be read. It
 * is part of the reply subject: `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<sequence>.<...>`.
 */
export function sequenceOf(reply: string): number {
  const tokens = reply.split('.');
  return Number(tokens[tokens.length === 9 ? 5 : 7]) || 0;
}

/** Asks for up to `batch` commands; they are sent to `inbox`. */
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
