/** Which access token is wanted. */
export interface TokenRequest {
  /** The token that Graph has just refused, which must not be given again if there is another one; else null. */
  readonly refused: string | null;
  /** The claims that Graph demanded with its refusal, as base64 of their JSON, or null. */
  readonly claims: string | null;
  /** Ends the wait for a token. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives access tokens. Errors: GraphError where no token is to be had, with the reason; CredentialStoreAway where
 * it is worth asking again soon. Whatever else it throws is a fault of this program and never shown.
 */
export type TokenSource = (request: TokenRequest) => Promise<string>;

/** The credential could not be read because this installation's own database doesn't answer. */
export class CredentialStoreAway extends Error {
  override readonly name = 'CredentialStoreAway';
}
