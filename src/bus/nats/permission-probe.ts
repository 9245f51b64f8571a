import { Empty, ErrorCode, NatsError } from 'nats';
import type { Clock } from '../../clock.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import type { BusNames } from './subjects.js';

/** How soon a refused probe is tried again: the link tells of a refusal for a minute. */
const REFUSED_AGAIN_MS = 30_000;
/** Until a session ends, whose permissions stay as they are: nats-server ends it when it changes them. */
const SESSION_MS = 2 ** 31 - 1;
const ANSWER_MS = 5_000;

export interface PermissionProbeOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly clock: Clock;
}

/**
 * Tries with every new connection whether the login may publish commands, so that the link's health tells of a
 * refused permission before the first command is refused. Ends when the signal aborts.
 */
export async function probePermissions(
  { link, names, clock }: PermissionProbeOptions,
  stopped: AbortSignal,
): Promise<void> {
  while (!stopped.aborted) {
    const session = await link.whenConnected(stopped);
    if (!session) return;
    const isAllowed = await mayPublish(session, names);
    const ended = AbortSignal.any([session.lost, stopped]);
    await clock.sleep(isAllowed ? SESSION_MS : REFUSED_AGAIN_MS, ended);
  }
}

/**
 * Whether the login may publish commands. What is sent names another stream as the one that it expects, so that
 * JetStream keeps nothing of it. Trouble of any other kind counts as allowed.
 */
export async function mayPublish(
  { js }: Pick<NatsSession, 'js'>,
  { prefix, stream }: BusNames,
): Promise<boolean> {
  try {
    await js.publish(`${prefix}.permission.probe`, Empty, {
      expect: { streamName: `NOT_${stream}` },
      timeout: ANSWER_MS,
    });
  } catch (error) {
    return !(error instanceof NatsError && error.code === ErrorCode.PermissionsViolation);
  }
  return true;
}
