/** Who acts through the web. Pages accept persons; the API accepts clients and persons. */
export type WebActor =
  | { readonly kind: 'member'; readonly personId: string }
  | ({ readonly kind: 'api' } & Pick<ApiCaller, 'clientId' | 'name' | 'capabilities'>);

export interface TenantRequest {
  readonly tenantId: string;
  readonly correlationId: string;
}

/** A program that uses the API with a bearer token. */
export interface ApiCaller {
  readonly clientId: string;
  readonly name: string;
  /** The tenant of the token, or null for the whole installation (the local CLI). */
  readonly tenantId: string | null;
  /** Names from `src/access/capabilities.ts`. */
  readonly capabilities: readonly string[];
}

export interface ApiClientsPort {
  /** The client of a valid token, or undefined. Hashes are compared in constant time. */
  authenticate(token: string): Promise<ApiCaller | undefined>;
}
