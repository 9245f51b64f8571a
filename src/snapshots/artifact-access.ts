/** A stored content is there and can't be read, because it was changed or sealed under another key. */
export class UnreadableContentError extends Error {
  override readonly name: string = 'UnreadableContentError';
}

/** The part of the artifact store that handlers use. */
export interface ArtifactAccess {
  put(tenantId: string, body: Uint8Array): Promise<string>;
  /**
   * Undefined when there is no such content, or when it has been removed. Errors: UnreadableContentError; those of the
   * database.
   */
  get(tenantId: string, address: string): Promise<Uint8Array | undefined>;
  /** Keyed hash under the tenant's key, 64 hex digits: equal exactly for equal texts of one tenant. */
  digest(tenantId: string, text: string): Promise<string>;
}
