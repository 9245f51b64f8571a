import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';

/** The key that tenants' keys are wrapped under. */
export interface MasterKey {
  /** Identifies the key without revealing it; 16 hex digits. */
  readonly id: string;
  readonly wrappingKey: Buffer;
}

const KEY_BYTES = 32;

/**
 * Reads a master key of 32 bytes, written as 64 hex digits or as base64. Throws an error with a sentence for
 * anything else.
 */
export function parseMasterKey(text: string): MasterKey {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : Buffer.from(/^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed) ? trimmed : '', 'base64');
  if (bytes.length !== KEY_BYTES)
    throw new Error(
      'The master key must be 32 bytes, as 64 hex digits or as base64 ("openssl rand -hex 32" makes one).',
    );
  return {
    id: createHmac('sha256', bytes).update('opsledger/master-key-id').digest('hex').slice(0, 16),
    wrappingKey: Buffer.from(hkdfSync('sha256', bytes, '', 'opsledger/wrap-tenant-key', KEY_BYTES)),
  };
}

/**
 * The master key in the file at `path` (mode 0600). It is made on first use, and is on disk before this resolves.
 * Without the file no artifact can be read.
 */
export async function loadOrCreateMasterKey(path: string): Promise<MasterKey> {
  const kept = await readFile(path, 'utf8').catch(ignoreMissing);
  if (kept !== undefined) return parseMasterKey(kept);
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
    await file.sync();
    // Unlike a rename, a link never replaces a key that another process has stored meanwhile.
    await link(unfinished, path).catch(ignoreExisting);
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
  return parseMasterKey(await readFile(path, 'utf8'));
}

/**
 * Puts the key file `next` in the place of `path` and keeps the former file as `former`. At every moment `path` is one
 * of the two keys, and after an interruption the same call completes the change.
 */
export async function replaceMasterKey(path: string, next: string, former: string): Promise<void> {
  await link(path, former).catch(ignoreExisting);
  await rename(next, path);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
