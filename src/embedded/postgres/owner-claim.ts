import pg from 'pg';

/** Where a cluster of ours listens and how its superuser gets in. */
export interface ClusterAddress {
  readonly port: number;
  readonly adminPassword: string;
}

const connectMsMax = 5_000;
/** Session lock in the `postgres` database: whoever holds it owns the cluster. "opsledge" in ASCII. */
const ownerLockKey = '8029759185192941413';

/** Opens a connection as the cluster's superuser. `onLost` is called when it breaks later. */
export async function connectAsAdmin(
  address: ClusterAddress,
  onLost: (error: Error) => void,
  database = 'postgres',
): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: address.port,
    user: 'postgres',
    password: address.adminPassword,
    database,
    application_name: `opsledger owner ${process.pid}`,
    connectionTimeoutMillis: connectMsMax,
    keepAlive: true,
  });
  client.on('error', onLost);
  await client.connect();
  return client;
}

/** Takes the cluster for as long as the connection lives; false when another connection has it. */
export async function claimOwnership(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_lock($1::bigint) as taken',
    [ownerLockKey],
  );
  return rows[0]?.taken === true;
}
