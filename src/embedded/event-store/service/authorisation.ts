import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http2';
import { accessDenied, type CallError } from '../protocol/grpc-status.js';

export interface UserCredentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Checks basic authorisation in constant time. Without credentials every caller is allowed, as in EventStoreDB's
 * insecure mode.
 */
export function createAuthorisation(
  credentials: UserCredentials | undefined,
): (headers: IncomingHttpHeaders) => CallError | undefined {
  if (!credentials) return () => undefined;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const { username, password } = credentials;
  const wanted = digest(`Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`);
  return ({ authorization }) =>
    timingSafeEqual(digest(authorization ?? ''), wanted) ? undefined : accessDenied();
}
