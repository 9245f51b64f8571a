import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';

/** The key that tenants' keys are wrapped under. */
export interface MasterKey {
  /** Tells one master key from another and says nothing about it: 16 hex digits. */
  readonly id: string;
  readonly wrappingKey: Buffer;
}

const keyBytes = 32;

/**
 * Reads a master key of 32 bytes, written as 64 hex digits or as base64. Throws a sentence for anything
 * else.
 */
export function parseMasterKey(text: string): MasterKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : Buffer.from(/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) ? trimmed : '', 'base64');
  if (bytes.length !== keyBytes)
    throw new Error(
      'The master key must be 32 bytes, as 64 hex digits or as base64 ("openssl rand -hex 32" makes one).',
    );
  return {
    id: createHmac('sha256', bytes).update('opsledger/master-key-id').digest('hex').slice(0, 16),
    wrappingKey: Buffer.from(hkdfSync('sha256', bytes, '', 'opsledger/wrap-tenant-key', keyBytes)),
  };
}

/**
 * The master key kept in the file at `path` (mode 0600), made on first use and on disk before this resolves.
 * Whoever loses the file loses every artifact.
 */
export async function keepMasterKey(path: string): Promise<MasterKey> {
  const kept = await readFile(path, 'utf8').catch(ignoreMissing);
  if (kept !== undefined) return parseMasterKey(kept);
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(`${randomBytes(keyBytes).toString('hex')}\n`);
    await file.sync();
    // A link, unlike a rename, never replaces the key that another process has put there meanwhile.
    await link(unfinished, path).catch(ignoreExisting);
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
  return parseMasterKey(await readFile(path, 'utf8'));
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
