import { X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, errors, importX509, jwtVerify } from 'jose';
import { CLOUDS } from '../../tokens/clouds.js';
import type { EntraDirectories } from './entra-directories.js';
import type { EntraApp } from './entra-setup.js';
import type { TokenForm } from './person-tokens.js';
import { type TokenRefusal, tokenRefusal } from './token-refusal.js';

/** The services for which tokens are issued. */
export const GRAPH_AUDIENCES: readonly string[] = [
  ...Object.values(CLOUDS).map(({ graph }) => graph),
  '00000003-0000-0000-c000-000000000000',
];

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Why the directory refuses every token to this app, if it does. */
export function refusalOfApp(
  directories: EntraDirectories,
  app: EntraApp | undefined,
  { directoryId, field }: TokenForm,
): TokenRefusal | undefined {
  if (!directories.directory(directoryId)) return tokenRefusal(90002);
  if (field('grant_type') !== 'client_credentials') return tokenRefusal(70003);
  if (!app) return tokenRefusal(700016);
  if (!GRAPH_AUDIENCES.includes(field('scope')?.replace(/\/\.default$/, '') ?? ''))
    return tokenRefusal(500011);
  if (app.refusedWith !== undefined) return tokenRefusal(app.refusedWith);
  return directories.isConsented(directoryId, app) ? undefined : tokenRefusal(65001);
}

/** Why the app's secret or signed assertion is refused, if it is. */
export async function refusalOfProof(
  app: EntraApp,
  form: TokenForm,
  now: number,
): Promise<TokenRefusal | undefined> {
  const isOver = (endsAt: string | undefined) => endsAt !== undefined && Date.parse(endsAt) <= now;
  const given = form.field('client_secret');
  if (given !== null) {
    const secret = app.secrets.find(({ value }) => value === given);
    if (!secret) return tokenRefusal(7000215);
    return isOver(secret.endsAt) ? tokenRefusal(7000222) : undefined;
  }
  const assertion = form.field('client_assertion');
  if (assertion === null || form.field('client_assertion_type') !== ASSERTION_TYPE)
    return tokenRefusal(7000216);
  const certificate = app.certificates.find(({ pem }) => x5tS256(pem) === thumbprintOf(assertion));
  if (!certificate) return tokenRefusal(700027);
  const { validFrom, validTo } = new X509Certificate(certificate.pem);
  if (Date.parse(validFrom) > now) return tokenRefusal(1000502);
  if (isOver(certificate.endsAt ?? validTo))
    return { ...tokenRefusal(700027), detail: 'Reason - The key used is expired.' };
  return refusalOfAssertion(assertion, certificate.pem, app, form, now);
}

async function refusalOfAssertion(
  assertion: string,
  pem: string,
  { clientId, assertionAlgorithms }: EntraApp,
  { endpoint, directoryId }: TokenForm,
  now: number,
): Promise<TokenRefusal | undefined> {
  try {
    const alg = assertionAlgorithms.find((name) => name === decodeProtectedHeader(assertion).alg);
    if (!alg) return tokenRefusal(5002730);
    await jwtVerify(assertion, await importX509(pem, alg), {
      issuer: clientId,
      subject: clientId,
      audience: [endpoint, new URL(`/${directoryId}/v2.0`, endpoint).href],
      currentDate: new Date(now),
      requiredClaims: ['exp', 'jti'],
    });
    return undefined;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return tokenRefusal(700024);
    if (error instanceof errors.JWTClaimValidationFailed)
      return tokenRefusal(error.claim === 'aud' ? 700023 : 700024);
    return tokenRefusal(700027);
  }
}

function thumbprintOf(assertion: string): unknown {
  try {
    return decodeProtectedHeader(assertion)['x5t#S256'];
  } catch {
    return undefined;
  }
}

function x5tS256(pem: string): string {
  return Buffer.from(new X509Certificate(pem).fingerprint256.replaceAll(':', ''), 'hex').toString(
    'base64url',
  );
}
