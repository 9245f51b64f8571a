import path from 'node:path';

/**
 * The folders from low to high. A folder may import itself and folders of lower rows, but no other folder of its own
 * row or above. A file belongs to the longest entry that its path begins with.
 */
export const LAYERS: readonly (readonly string[])[] = [
  [
    'src/app-version.ts',
    'src/batches-of.ts',
    'src/clock.ts',
    'src/group-by.ts',
    'src/address-files.ts',
    'src/decoded-text.ts',
    'src/event-store-address.ts',
    'src/proxy-address.ts',
    'src/wording/',
    'migrations/',
  ],
  ['src/config.ts'],
  ['src/access/', 'src/sanitize/', 'src/event-store-protocol/', 'src/process/'],
  ['src/timing/', 'src/logging.ts', 'src/embedded/'],
  ['src/ledger/'],
  ['src/audit/', 'src/bus/', 'src/policies/', 'src/runs/', 'src/schedules/', 'src/tenancy/'],
  ['src/exports/', 'src/mapping/'],
  ['src/entities/', 'src/graph/'],
  ['src/snapshots/'],
  ['src/directory/'],
  ['src/operations/'],
  ['src/liveness/', 'src/starting/'],
  ['src/db/', 'src/dispatch/', 'src/producers/', 'src/scheduler/', 'src/worker/'],
  ['projections/engine/'],
  ['projections/hub/', 'src/metrics/'],
  ['projections/dispatch/'],
  ['src/web/'],
  ['src/tokens/'],
  ['src/program/'],
  ['src/demo/'],
  ['src/cli/'],
  ['src/cli.ts'],
];

const IMPORTS = /\bfrom\s*'([^']+)'|\bimport\s*\(\s*'([^']+)'\s*\)|^import\s*'([^']+)'/gm;

/** Imports that go up or sideways, and files that belong to no layer, as sentences. `text` reads a file. */
export function crossings(files: readonly string[], text: (file: string) => string): readonly string[] {
  return files.flatMap((file) => {
    const from = placeOf(file);
    if (!from) return [`${file} belongs to no layer`];
    return importsOf(file, text(file)).flatMap((imported) => {
      const to = placeOf(imported);
      if (!to) return [`${file} imports ${imported}, which belongs to no layer`];
      const isDown = to.folder === from.folder || to.row < from.row;
      return isDown ? [] : [`${file} (${from.folder}) imports ${imported} (${to.folder})`];
    });
  });
}

/** The paths of the project's own files that a file imports, statically or dynamically. */
function importsOf(file: string, text: string): readonly string[] {
  return [...text.matchAll(IMPORTS)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, '.ts'));
}

function placeOf(file: string): { readonly folder: string; readonly row: number } | undefined {
  let longest: { folder: string; row: number } | undefined;
  for (const [row, folders] of LAYERS.entries())
    for (const folder of folders)
      if (file.startsWith(folder) && folder.length > (longest?.folder.length ?? 0)) longest = { folder, row };
  return longest;
}
