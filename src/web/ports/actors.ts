/** Who acts through the web. Pages know persons, the API knows clients and persons alike. */
export type WebActor =
  | { readonly kind: 'member'; readonly personId: string }
  | ({ readonly kind: 'api' } & Pick<ApiClient, 'clientId' | 'name' | 'capabilities'>);

export interface TenantRequest {
  readonly tenantId: string;
  readonly correlationId: string;
}

/** A program that uses the API with a bearer token. */
export interface ApiClient {
  readonly clientId: string;
  readonly name: string;
  /** The one tenant that the token is for, or null for the whole installation (the local CLI). */
  readonly tenantId: string | null;
  /** Names of `src/access/capabilities.ts`. */
  readonly capabilities: readonly string[];
}

export interface ApiClientsPort {
  /** The client of a token that is valid now, or undefined. Compares hashes, in constant time. */
  authenticate(token: string): Promise<ApiClient | undefined>;
}
