/** Where the tests find what they need from the system; a test without its part is skipped with the reason. */
import { findSystemPart, missingReason, systemParts } from './system-parts.mjs';

/** The path of nats-server, or `undefined`. */
export function natsServerPath(): string | undefined {
  return findSystemPart(systemParts.natsServer);
}

/** The path of Chromium, or `undefined`. */
export function chromiumPath(): string | undefined {
  return findSystemPart(systemParts.chromium);
}

/** For tap's `skip` option: the reason why tests against nats-server can't run, or false. */
export function skipWithoutNats(): string | false {
  return natsServerPath() === undefined ? missingReason(systemParts.natsServer) : false;
}

/** For tap's `skip` option: the reason why browser tests can't run, or false. */
export function skipWithoutChromium(): string | false {
  return chromiumPath() === undefined ? missingReason(systemParts.chromium) : false;
}
