import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { systemClock } from '../../../src/clock.js';
import { openLive } from '../../support/live-client.js';

/** The bytes of one place that a secret could have reached. */
export interface Place {
  readonly place: string;
  readonly bytes: Uint8Array;
}

/** Every file in a folder and its subfolders. A file that disappears while it is read is left out. */
export async function* filesBelow(folder: string, name: string): AsyncGenerator<Place> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    try {
      yield { place: `${name}/${path.relative(folder, file)}`, bytes: await readFile(file) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

const ROWS_AT_ONCE = 500;

/** Every row of every table that the program's login can read, as text; bytea as hex. */
export async function* tableRows(databaseUrl: string): AsyncGenerator<Place> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(`
      select format('%I.%I', nspname, relname) as name
      from pg_class join pg_namespace on pg_namespace.oid = relnamespace
      where relkind in ('r', 'p', 'm') and nspname <> 'pg_toast' and has_table_privilege(pg_class.oid, 'select')
      order by 1`);
    for (const { name } of tables) {
      await client.query('begin');
      await client.query(`declare every_row no scroll cursor for select t::text as row from ${name} t`);
      for (;;) {
        const { rows } = await client.query<{ row: string }>(`fetch ${ROWS_AT_ONCE} from every_row`);
        yield { place: `table ${name}`, bytes: Buffer.from(rows.map(({ row }) => row).join('\n')) };
        if (rows.length < ROWS_AT_ONCE) break;
      }
      await client.query('commit');
    }
  } finally {
    await client.end();
  }
}

const PAGES_OF_A_KIND = 4;
const PAGES_MAX = 400;

/**
 * Everything that can be reached by links, without forms: pages, exports and assets with their headers. Follows links
 * within the site from the given addresses, and reads live streams up to their first update. Of addresses that differ
 * only in ids and numbers it reads `ofEachKind`.
 */
export async function* reachable(
  origin: string,
  headers: Readonly<Record<string, string>>,
  from: readonly string[],
  ofEachKind = PAGES_OF_A_KIND,
): AsyncGenerator<Place & { readonly status: number }> {
  const known = new Set(from);
  const kinds = new Map<string, number>();
  const open = [...from];
  for (let read = 0; open.length > 0 && read < PAGES_MAX; read++) {
    const address = open.shift() ?? '';
    let response = await fetch(new URL(address, origin), { headers, redirect: 'manual' });
    while (response.status === 429) {
      await systemClock.sleep(1000 * Number(response.headers.get('retry-after') ?? 1));
      response = await fetch(new URL(address, origin), { headers, redirect: 'manual' });
    }
    const bytes = Buffer.from(await response.arrayBuffer());
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    yield {
      place: address,
      status: response.status,
      bytes: Buffer.concat([Buffer.from(`${head}\n\n`), bytes]),
    };
    const view = /data-address="([^"]+)"/.exec(bytes.toString())?.[1];
    if (view !== undefined && headers.cookie !== undefined) {
      // A stream sends only what its page doesn't show yet. From position 0 that is everything.
      const shown = view.replaceAll('&amp;', '&').replace(/\bposition=\d+/, 'position=-1');
      const live = await openLive(origin, headers.cookie, [shown]);
      const first = await live.next('view');
      await live.close();
      yield { place: `live ${address}`, status: live.status, bytes: Buffer.from(first?.html ?? '') };
    }
    const type = response.headers.get('content-type') ?? '';
    const links = /html|json/.test(type) ? linksIn(bytes.toString(), address, origin) : [];
    const target = response.headers.get('location');
    for (const link of [...links, ...(target ? [target] : [])]) {
      const next = new URL(link, new URL(address, origin));
      const shown = `${next.pathname}${next.search}`;
      if (next.origin !== origin || known.has(shown) || next.pathname.startsWith('/signin')) continue;
      known.add(shown);
      // The request limit of one address allows this many pages of each kind.
      const kind = next.pathname.replace(/[0-9a-f-]{8,}|\d+/g, 'id');
      const ofKind = kinds.get(kind) ?? 0;
      if (ofKind >= ofEachKind) continue;
      kinds.set(kind, ofKind + 1);
      open.push(shown);
    }
  }
}

/** The addresses in a page's links and images, and the next page of an API's answer. */
function linksIn(text: string, address: string, origin: string): string[] {
  const links = [...text.matchAll(/\b(?:href|src|action|hx-get)="([^"]+)"/g)];
  const found = links.map(([, link]) => (link ?? '').replaceAll('&amp;', '&'));
  const next = /"next":("?)([^",}]+)\1/.exec(text)?.[2];
  if (!address.startsWith('/api/') || next === undefined || next === 'null') return found;
  const following = new URL(address, origin);
  following.searchParams.set(following.pathname.endsWith('/runs') ? 'before' : 'after', next);
  return [...found, `${following.pathname}${following.search}`];
}
