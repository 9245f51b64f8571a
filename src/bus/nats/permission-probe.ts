import { Empty, ErrorCode, NatsError } from 'nats';
import type { Clock } from '../../clock.js';
import type { NatsLink, NatsSession } from './nats-link.js';
import type { BusNames } from './subjects.js';

/** How soon a refused probe is repeated; sooner than the minute for which the link reports a refusal. */
const REFUSED_AGAIN_MS = 30_000;
/**
 * Long enough to last until the session ends. nats-server ends a session when it changes the session's permissions.
 */
const SESSION_MS = 2 ** 31 - 1;
const ANSWER_MS = 5_000;

export interface PermissionProbeOptions {
  readonly link: NatsLink;
  readonly names: BusNames;
  readonly clock: Clock;
}

/**
 * Checks on every new connection whether the login may publish commands and acknowledge them, so that the link's health
 * reports a missing permission before the first command fails. Ends when the signal aborts.
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
 * Whether the login may publish commands and acknowledge them. The command of the probe expects another stream's name,
 * so that JetStream doesn't store it, and the acknowledgement is for no consumer. Errors of other kinds count as
 * allowed.
 */
export async function mayPublish(
  { nc, js }: Pick<NatsSession, 'nc' | 'js'>,
  { prefix, stream }: BusNames,
): Promise<boolean> {
  const timeout = ANSWER_MS;
  const answers = await Promise.allSettled([
    js.publish(`${prefix}.permission.probe`, Empty, { expect: { streamName: `NOT_${stream}` }, timeout }),
    nc.request(`$JS.ACK.${stream}.permission-probe`, Empty, { timeout }),
  ]);
  return !answers.some((answer) => answer.status === 'rejected' && isRefused(answer.reason));
}

const isRefused = (error: unknown): boolean =>
  error instanceof NatsError && error.code === ErrorCode.PermissionsViolation;
