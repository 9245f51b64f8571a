import type { SignInReasonCode } from '../client/graph-error.js';

/** Why Entra gives no token, in terms that a person can act on. */
export interface SignInRefusal {
  readonly reasonCode: SignInReasonCode;
  /** What is wrong and what to do, without Entra's own words, which name accounts and addresses. */
  readonly words: string;
}

const refusal = (reasonCode: SignInReasonCode, words: string): SignInRefusal =>
  Object.freeze({ reasonCode, words });

const WRONG_SECRET = refusal(
  'credential_refused',
  'The client secret is not one of this app: copy the secret’s value (not its id) and connect again.',
);
const WRONG_CERTIFICATE = refusal(
  'credential_refused',
  'The certificate is not one of this app, or its key is another one: upload the certificate to the app registration, or connect with the right one.',
);
const SECRET_ENDED = refusal(
  'credential_expired',
  'The client secret or certificate has ended: make a new one in the app registration and connect again.',
);
const WRONG_AUDIENCE = refusal(
  'credential_refused',
  'Entra refused the address that the signed assertion is for: check the directory id and the cloud.',
);
const OTHER_CLOUD = refusal(
  'directory_unknown',
  'The directory is in another of Microsoft’s clouds: connect again with that cloud.',
);
const UNKNOWN_APP = refusal(
  'app_unknown',
  'This directory has no such app: check the client id, or open the admin consent address of the app in this directory.',
);
const UNKNOWN_DIRECTORY = refusal(
  'directory_unknown',
  'Entra knows no such directory: check the directory id and the cloud.',
);
const NO_CONSENT = refusal(
  'consent_missing',
  'Nobody has consented to this app in this directory: an administrator opens its admin consent address.',
);
const UNKNOWN_ACCOUNT = refusal(
  'app_unknown',
  'The account or app is not in this directory: check the directory id and the client id.',
);
const BLOCKED = refusal(
  'sign_in_blocked',
  'A Conditional Access policy or the security defaults of this directory block the app: an administrator excludes it or meets them.',
);
const DISABLED = refusal(
  'sign_in_blocked',
  'The app is disabled in this directory: an administrator enables its enterprise application.',
);
const GRAPH_DISABLED = refusal(
  'sign_in_blocked',
  'Microsoft Graph is disabled in this directory: an administrator enables its enterprise application, or renews the subscription.',
);
const CERTIFICATE_OUTSIDE_ITS_TIME = refusal(
  'credential_expired',
  'The certificate is not valid now: make a new one if it has ended, upload it to the app registration and connect again.',
);
const CERTIFICATE_REVOKED = refusal(
  'credential_refused',
  'The certificate has been revoked: make a new one, upload it to the app registration and connect again.',
);
const PUBLIC_APP = refusal(
  'credential_refused',
  'The app registration allows public client flows: switch them off under Authentication, or connect with another app.',
);
const INCOMPLETE = refusal(
  'credential_refused',
  'A part of the sign-in did not reach Entra: connect again, and look whether a proxy changes requests.',
);
const NOT_FROM_HERE = refusal(
  'sign_in_blocked',
  'A restriction of tenants on the network or in this directory blocks the app: an administrator allows it there.',
);
const CLOCK = refusal(
  'credential_refused',
  'Entra refused the time of the signed assertion: set this machine’s clock (NTP).',
);
const WRONG_ALGORITHM = refusal(
  'credential_refused',
  'Entra does not take the algorithm that the assertion is signed with: connect again with the other one, PS256 or RS256.',
);
const NO_GRAPH = refusal(
  'consent_missing',
  'Microsoft Graph is not available to this app in this directory: check the cloud and the licences.',
);

/**
 * Refusals by the number after `AADSTS`: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export const REFUSALS: ReadonlyMap<number, SignInRefusal> = new Map([
  [7000215, WRONG_SECRET],
  [7000216, INCOMPLETE],
  [70002, WRONG_SECRET],
  [7000222, SECRET_ENDED],
  [700027, WRONG_CERTIFICATE],
  [700023, WRONG_AUDIENCE],
  [700024, CLOCK],
  [50012, WRONG_CERTIFICATE],
  [700030, WRONG_CERTIFICATE],
  [1000502, CERTIFICATE_OUTSIDE_ITS_TIME],
  [7000274, CERTIFICATE_OUTSIDE_ITS_TIME],
  [7000214, CERTIFICATE_REVOKED],
  [7000277, CERTIFICATE_REVOKED],
  [5002730, WRONG_ALGORITHM],
  [700025, PUBLIC_APP],
  [90014, INCOMPLETE],
  [900144, INCOMPLETE],
  [7000218, INCOMPLETE],
  [700016, UNKNOWN_APP],
  [7000229, UNKNOWN_APP],
  [700011, UNKNOWN_APP],
  [90002, UNKNOWN_DIRECTORY],
  [900023, UNKNOWN_DIRECTORY],
  [900021, UNKNOWN_DIRECTORY],
  [50059, UNKNOWN_DIRECTORY],
  [90038, OTHER_CLOUD],
  [900382, OTHER_CLOUD],
  [900432, OTHER_CLOUD],
  [65001, NO_CONSENT],
  [650051, NO_CONSENT],
  [650056, NO_CONSENT],
  [650057, NO_CONSENT],
  [500011, NO_GRAPH],
  [650052, NO_GRAPH],
  [50034, UNKNOWN_ACCOUNT],
  [53003, BLOCKED],
  [530003, BLOCKED],
  [530032, BLOCKED],
  [530035, BLOCKED],
  [50131, BLOCKED],
  [500021, NOT_FROM_HERE],
  [500212, NOT_FROM_HERE],
  [500213, NOT_FROM_HERE],
  [7000112, DISABLED],
  [500014, GRAPH_DISABLED],
]);

/** Numbers of temporary faults of Entra, of the same list; the request is worth repeating. */
export const TRANSIENT_AADSTS: ReadonlySet<number> = new Set([
  50033, 50196, 90006, 90012, 90024, 90033, 90055, 90090, 90091,
]);

const UNNAMED = refusal(
  'graph_unauthenticated',
  'Entra refused the sign-in: look the code up in Microsoft’s list of sign-in errors.',
);

/** The meaning of a refusal by its number and, where the number has several, by Entra's answer. */
export function signInRefusal(aadsts: number | null, answer: unknown): SignInRefusal {
  const named = (aadsts === null ? undefined : REFUSALS.get(aadsts)) ?? UNNAMED;
  return named === WRONG_CERTIFICATE && EXPIRED_KEY.test(descriptionOf(answer)) ? SECRET_ENDED : named;
}

/** How Entra says that a certificate has ended; its number is the one of an unknown certificate. */
const EXPIRED_KEY = /\bkey used is expired\b/i;

function descriptionOf(answer: unknown): string {
  const isObject = answer !== null && typeof answer === 'object';
  const text = isObject && 'error_description' in answer ? answer.error_description : undefined;
  return typeof text === 'string' ? text : '';
}

/** The number of a refusal in Entra's answer, or null. */
export function aadstsOf(body: unknown): number | null {
  if (body === null || typeof body !== 'object') return null;
  const codes = 'error_codes' in body ? body.error_codes : undefined;
  if (Array.isArray(codes) && Number.isSafeInteger(codes[0])) return codes[0];
  const found = /^AADSTS(\d{4,8})\b/.exec(descriptionOf(body))?.[1];
  return found === undefined ? null : Number(found);
}
