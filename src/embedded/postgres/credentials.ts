import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const credentialsSchema = z.object({ admin: z.string(), app: z.string(), hub: z.string() });

/** Passwords of the cluster's three logins: its superuser, the program, and the hub that may only read. */
export type PostgresPasswords = z.infer<typeof credentialsSchema>;

const PASSWORD_BYTES = 24;

/** Reads the passwords beside the cluster, and makes them on first use (mode 0600, on disk before it returns). */
export async function loadOrCreateCredentials(dataDir: string): Promise<PostgresPasswords> {
  const path = join(dataDir, 'credentials.json');
  return (await readCredentials(path)) ?? (await createCredentials(path));
}

async function readCredentials(path: string): Promise<PostgresPasswords | undefined> {
  try {
    return credentialsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function createCredentials(path: string): Promise<PostgresPasswords> {
  const password = () => randomBytes(PASSWORD_BYTES).toString('base64url');
  const created = { admin: password(), app: password(), hub: password() };
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(created));
    await file.sync();
    // A link, unlike a rename, fails when another process has created the file meanwhile.
    await link(unfinished, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await file.close();
    await rm(unfinished, { force: true });
  }
  return credentialsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
}
