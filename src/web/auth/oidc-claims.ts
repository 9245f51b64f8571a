import { z } from 'zod';

const guid = z.guid();

/** What the provider says about a person. */
export interface PersonClaims {
  readonly issuer: string;
  readonly subject: string;
  /** Null when the provider sends no name. */
  readonly displayName: string | null;
  readonly email: string | null;
  /** Id of the account in Entra, or null. */
  readonly objectId: string | null;
}

const TEXT_MAX = 200;

/**
 * Reads claims that have been checked already. Names and addresses are only shown to people. No decision is made from
 * them, because providers let persons choose them.
 */
export function personClaims(
  claims: Readonly<Record<string, unknown>> & { iss?: unknown; sub?: unknown },
): PersonClaims {
  const email = claims.email_verified === false ? null : textOf(claims.email);
  return {
    issuer: String(claims.iss),
    subject: String(claims.sub),
    displayName: textOf(claims.name) ?? textOf(claims.preferred_username) ?? email,
    email,
    objectId: guid.safeParse(claims.oid).data?.toLowerCase() ?? null,
  };
}

/** One line of a bounded length, or null. */
function textOf(claim: unknown): string | null {
  if (typeof claim !== 'string') return null;
  const line = claim
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, TEXT_MAX);
  return line === '' ? null : line;
}
