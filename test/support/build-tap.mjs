/**
 * Builds tap without the plugins that `.taprc` leaves out, once for an installation. As it is installed, tap loads a
 * TypeScript compiler into every test process, which takes half a second each.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const built = `${root}node_modules/@tapjs/test/test-built/dist/esm/index.js`;

if (!existsSync(built) || readFileSync(built, 'utf8').includes('@tapjs/typescript')) {
  const { status } = spawnSync('npx', ['tap', 'build'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
