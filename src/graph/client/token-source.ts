/** The access token that a caller needs. */
export interface TokenRequest {
  /** The token that Graph has just refused and that must not be returned again, or null. */
  readonly refused: string | null;
  /** The claims that Graph demanded when it refused the token, as base64 of their JSON, or null. */
  readonly claims: string | null;
  /** Ends the wait for a token. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns access tokens. Errors: GraphError with the reason when there is no token; CredentialStoreAway when a
 * retry may soon succeed. Any other error is a fault of this program, and its text isn't shown.
 */
export type TokenSource = (request: TokenRequest) => Promise<string>;

/** The credential could not be read because this installation's own database doesn't answer. */
export class CredentialStoreAway extends Error {
  override readonly name = 'CredentialStoreAway';
}
