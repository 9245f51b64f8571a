import pg from 'pg';

/** The port of a cluster and the password of its superuser. */
export interface ClusterAddress {
  readonly port: number;
  readonly adminPassword: string;
}

const CONNECT_WAIT_MS = 5_000;
/** Session lock in the `postgres` database; the process that holds it owns the cluster. "opsledge" in ASCII. */
const OWNER_LOCK_KEY = '8029759185192941413';

/** Opens a connection as the cluster's superuser. `onLost` is called if it breaks later. */
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
    connectionTimeoutMillis: CONNECT_WAIT_MS,
    keepAlive: true,
  });
  client.on('error', onLost);
  await client.connect();
  return client;
}

/** Takes the cluster while the connection lives; false when another connection has it. */
export async function claimOwnership(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    'select pg_try_advisory_lock($1::bigint) as taken',
    [OWNER_LOCK_KEY],
  );
  return rows[0]?.taken === true;
}
