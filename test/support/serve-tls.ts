import { chmod, chown, copyFile, stat } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { testCluster } from './database-cluster.js';
import type { CertificateFiles } from './tls-certificates.js';
import { until } from './until.js';

/** Makes this process's PostgreSQL offer TLS with a certificate to connections from now on. */
export async function serveTls({ certFile, keyFile }: CertificateFiles): Promise<void> {
  const { server, dataDir } = await testCluster();
  const cluster = path.join(dataDir, 'cluster');
  const { uid, gid } = await stat(cluster);
  for (const [file, name] of [
    [certFile, 'tls.crt'],
    [keyFile, 'tls.key'],
  ] as const) {
    await copyFile(file, path.join(cluster, name));
    await chmod(path.join(cluster, name), 0o600);
    await chown(path.join(cluster, name), uid, gid);
  }
  const ask = async (statement: string): Promise<string> => {
    const client = new pg.Client(server.adminUrl);
    await client.connect();
    try {
      return String(Object.values((await client.query(statement)).rows[0] ?? {})[0]);
    } finally {
      await client.end();
    }
  };
  // A new connection has the settings that the server had loaded when it was made.
  const loadedAt = () => ask('select extract(epoch from pg_conf_load_time())');
  const before = await loadedAt();
  await ask("alter system set ssl_cert_file = 'tls.crt'");
  await ask("alter system set ssl_key_file = 'tls.key'");
  await ask('alter system set ssl = on');
  await ask('select pg_reload_conf()');
  await until(async () => (await loadedAt()) !== before, 10);
}
