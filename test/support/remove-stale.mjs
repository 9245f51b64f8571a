/** Removes compiled tests whose source was moved or deleted, because they would still run. Runs before compiling. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const compiled = fileURLToPath(new URL('dist/test/', root));

if (existsSync(compiled))
  for (const file of readdirSync(compiled, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.test.js') && !existsSync(new URL(`test/${file.replace(/js$/, 'ts')}`, root)))
      rmSync(`${compiled}${file}`);
