/** A stored content is there and can't be read, because it was changed or sealed under another key. */
export class UnreadableContentError extends Error {
  override readonly name: string = 'UnreadableContentError';
}

/** The part of the artifact store that handlers use. */
export interface ArtifactAccess {
  /** Stores a content, also in place of one at its address that can't be read. Resolves to the address. */
  put(tenantId: string, body: Uint8Array): Promise<string>;
  /**
   * Undefined when there is no such content, or when it has been removed. Errors: UnreadableContentError; those of the
   * database.
   */
  get(tenantId: string, address: string): Promise<Uint8Array | undefined>;
  /** Keyed hash under the tenant's key, 64 hex digits: equal exactly for equal texts of one tenant. */
  digest(tenantId: string, text: string): Promise<string>;
}

/** Why a stored content can't be used: it is no longer stored, or what is stored can't be read. */
export type ContentLoss = 'gone' | 'unreadable';

/** The bytes of a stored content, or why they are lost. */
export type StoredContent = { readonly bytes: Uint8Array } | { readonly loss: ContentLoss };

/** The end of a sentence that begins with the lost content. */
export const LOSS_IN_WORDS: Readonly<Record<ContentLoss, string>> = {
  gone: 'is gone',
  unreadable: 'can’t be read: it was changed, or sealed under another master key',
};

/**
 * Reads a stored content. A lost content is returned and not thrown, because each reader reports it differently.
 * Errors: those of the database.
 */
export async function readContent(
  artifacts: Pick<ArtifactAccess, 'get'>,
  tenantId: string,
  address: string,
): Promise<StoredContent> {
  try {
    const bytes = await artifacts.get(tenantId, address);
    return bytes ? { bytes } : { loss: 'gone' };
  } catch (error) {
    if (error instanceof UnreadableContentError) return { loss: 'unreadable' };
    throw error;
  }
}
