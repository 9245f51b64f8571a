/**
 * A connection to NATS that is always restored. Each connection is tried here and not by the client, whose own tries
 * don't tell why they fail, and whose `waitOnFirstConnect` can't be stopped.
 */

import { setMaxListeners } from 'node:events';
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  Events,
  type JetStreamClient,
  type NatsConnection,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from 'nats';
import type { Logger } from 'pino';
import type { Chance, Clock } from '../../clock.js';
import { type Backoff, backoffMs, jitteredMs } from '../../timing/backoff.js';
import { endedWithin } from '../../timing/ended-within.js';
import { createWakeup } from '../../timing/wakeup.js';
import { natsErrorText } from './js-errors.js';
import { natsRefusalText } from './refusals.js';

const CONNECT_TIMEOUT_MS = 5_000;
const CONNECT_WAITS: Backoff = { firstMs: 250, longestMs: 2_000 };
/** The wait between tries while the server refuses the credentials, because only a person can correct them. */
const REFUSED_WAIT_MS = 5_000;
/** How long a refused permission is reported after it was last refused. */
const REFUSAL_NOTED_MS = 60_000;
/** A peer that disappears without a message is noticed after `pingsOutMax` times this interval. */
const PING_INTERVAL_MS = 2_000;
const PINGS_OUT_MAX = 2;
const FLUSH_LIMIT_MS = 2_000;
const RECONNECTING = 'NATS is not reachable, reconnecting';
const WITHOUT_JETSTREAM = 'NATS runs without JetStream: start it with --jetstream';

export type NatsCredentials =
  | { readonly user: string; readonly password: string }
  | { readonly token: string }
  /** The content of a `.creds` file. */
  | { readonly creds: string }
  /** The seed of a user's nkey. */
  | { readonly nkeySeed: string };

export interface NatsLinkOptions {
  /** One address, or several separated by commas. */
  readonly servers: string;
  readonly credentials?: NatsCredentials | undefined;
  readonly tls?: ConnectionOptions['tls'] | undefined;
  readonly clientName: string;
  readonly clock: Clock;
  readonly chance: Pick<Chance, 'fraction'>;
  readonly log: Logger;
}

/** One connection, from its start until it is lost. */
export interface NatsSession {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  /** Aborts when the connection is lost; the next connection is a new session. */
  readonly lost: AbortSignal;
}

export interface NatsLink {
  /** The current session, if there is a connection. */
  current(): NatsSession | undefined;
  /** Waits for a session; `undefined` when the signal aborts first. */
  whenConnected(signal: AbortSignal): Promise<NatsSession | undefined>;
  health(): { readonly ok: boolean; readonly detail: string };
  /** Sends waiting messages within a time limit and closes the connection for good. */
  close(): Promise<void>;
}

interface Standing extends NatsSession {
  readonly end: AbortController;
}

/** Connects to NATS and connects again after each loss, until it is closed. */
export function openNatsLink(options: NatsLinkOptions): NatsLink {
  const { clock, chance, log } = options;
  const changed = createWakeup();
  const closing = new AbortController();
  let connection: NatsConnection | undefined;
  let session: Standing | undefined;
  let detail = 'connecting to NATS for the first time';
  /** The server's last refusal, in words; `refusedMs` is its time. */
  let refusal: string | undefined;
  let refusedMs = 0;
  let hasJetStream = true;

  function begin(nc: NatsConnection): void {
    end();
    const controller = new AbortController();
    // The open pull of each operation type listens to it, and each type is pulled once.
    setMaxListeners(0, controller.signal);
    session = { nc, js: nc.jetstream(), lost: controller.signal, end: controller };
    detail = `connected to NATS at ${nc.getServer()}`;
    hasJetStream = nc.info?.jetstream === true;
    log.info({ server: nc.getServer() }, 'connected to NATS');
    changed.notify();
  }

  function end(): void {
    const ended = session;
    session = undefined;
    ended?.end.abort();
  }

  function lose(why: string): void {
    if (session !== undefined) log.warn({ why }, 'lost the connection to NATS');
    detail = why;
    end();
  }

  /** A permission that was refused long ago is neither why the connection is lost nor a reason to wait for a person. */
  function loseWithReason(): void {
    refusal = lately();
    lose(refusal ?? RECONNECTING);
  }

  /** Resolves when the connection is lost. */
  async function follow(nc: NatsConnection): Promise<void> {
    void noteStatuses(nc);
    const error = await nc.closed();
    if (error !== undefined) note(error);
    loseWithReason();
  }

  async function noteStatuses(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      // The client also delivers a connection's last statuses after its end.
      if (session?.nc !== nc) continue;
      if (status.type === Events.Disconnect) loseWithReason();
      else if (status.type === Events.Error) note(status.data);
    }
  }

  /** Remembers the server's refusal in words; the same refusal is logged once. */
  function note(data: unknown): void {
    const text = natsRefusalText(data);
    const isKnown = text !== undefined && text === refusal;
    if (text !== undefined) {
      refusal = text;
      refusedMs = clock.monotonicMs();
    }
    if (!isKnown) log.warn({ error: text ?? natsErrorText(data) }, 'NATS reported');
  }

  /** The refusal to report: while connected, a refused permission counts for a limited time after the last refusal. */
  const lately = (): string | undefined =>
    session === undefined || clock.monotonicMs() - refusedMs < REFUSAL_NOTED_MS ? refusal : undefined;

  function stateNow(): { readonly ok: boolean; readonly detail: string } {
    const refused = lately();
    if (refused !== undefined) return { ok: false, detail: refused };
    if (session !== undefined && !hasJetStream) return { ok: false, detail: WITHOUT_JETSTREAM };
    return { ok: session !== undefined, detail };
  }

  async function keepConnected(): Promise<void> {
    let wasConnected = false;
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        connection = await connect(natsConnectionOptions(options));
        if (closing.signal.aborted) break;
        failures = 0;
        wasConnected = true;
        refusal = undefined;
        const followed = follow(connection);
        begin(connection);
        await followed;
      } catch (error) {
        refusal = natsRefusalText(error);
        const why = refusal ?? (wasConnected ? RECONNECTING : unreachableText(error));
        if (detail !== why) log.warn({ why }, 'no connection to NATS, trying again');
        detail = why;
      }
      await clock.sleep(
        refusal === undefined
          ? backoffMs(CONNECT_WAITS, failures, chance)
          : jitteredMs(REFUSED_WAIT_MS, chance),
        closing.signal,
      );
    }
    await connection?.close();
  }

  void keepConnected();

  return {
    current: () => session,
    async whenConnected(signal) {
      while (session === undefined && !signal.aborted) await changed.wait(signal);
      return signal.aborted ? undefined : session;
    },
    health: () => (closing.signal.aborted ? { ok: false, detail: 'closed' } : stateNow()),
    async close() {
      const standing = session;
      closing.abort();
      // A rejected flush means that the connection was lost, so nothing more can be sent.
      if (standing !== undefined)
        await endedWithin(
          clock,
          standing.nc.flush().catch(() => {}),
          FLUSH_LIMIT_MS,
        );
      await connection?.close();
      lose('closed');
    },
  };
}

/** Why no connection can be made, and what to do about it. */
export const unreachableText = (error: unknown): string =>
  natsRefusalText(error) ?? `NATS is not reachable: ${natsErrorText(error)}`;

/** The client's options for one connection, without its own reconnecting (see the top of this file). */
export function natsConnectionOptions(
  options: Pick<NatsLinkOptions, 'servers' | 'credentials' | 'tls' | 'clientName'>,
): ConnectionOptions {
  const addresses = options.servers.split(',').map((server) => new URL(server.trim()));
  return {
    servers: addresses.map(({ host, protocol }) => `${protocol}//${host}`),
    name: options.clientName,
    timeout: CONNECT_TIMEOUT_MS,
    reconnect: false,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: PINGS_OUT_MAX,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...authentication(options.credentials ?? credentialsIn(addresses)),
  };
}

function authentication(credentials: NatsCredentials | undefined): Pick<ConnectionOptions, 'authenticator'> {
  if (credentials === undefined) return {};
  if ('creds' in credentials) {
    return { authenticator: credsAuthenticator(new TextEncoder().encode(credentials.creds)) };
  }
  if ('nkeySeed' in credentials) {
    return { authenticator: nkeyAuthenticator(new TextEncoder().encode(credentials.nkeySeed)) };
  }
  if ('token' in credentials) return { authenticator: tokenAuthenticator(credentials.token) };
  return { authenticator: usernamePasswordAuthenticator(credentials.user, credentials.password) };
}

/** The user and password, or the token, of the first address that has one; the client ignores them in addresses. */
function credentialsIn(addresses: readonly URL[]): NatsCredentials | undefined {
  const own = addresses.find(({ username }) => username !== '');
  if (!own) return undefined;
  const user = decodeURIComponent(own.username);
  return own.password === '' ? { token: user } : { user, password: decodeURIComponent(own.password) };
}
