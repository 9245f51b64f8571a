import type { BenchOptions } from './report.js';

/**
 * `npm run bench -- NAME [--json] […]`: measures one part of the product and compares it with its peers or its limit.
 */
const BENCHES = {
  lifecycle: () => import('./lifecycle.js'),
  fairness: () => import('./fairness.js'),
  hub: () => import('./hub.js'),
  live: () => import('./live.js'),
  rebuild: () => import('./rebuild.js'),
  'event-store': () => import('./event-store.js'),
  opening: () => import('./opening.js'),
  sanitizer: () => import('./sanitizer.js'),
  growth: () => import('./growth.js'),
  operations: () => import('./operations.js'),
} as const satisfies Record<string, () => Promise<{ run: (options: BenchOptions) => Promise<void> }>>;

const [name = '', ...rest] = process.argv.slice(2);
const json = rest.includes('--json');
const args = rest.filter((argument) => argument !== '--json');

if (!Object.hasOwn(BENCHES, name)) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(BENCHES).join(' | ')} [--json]\n`);
  process.exitCode = 2;
} else {
  const { run } = await BENCHES[name as keyof typeof BENCHES]();
  await run({ json, args });
  // Peers leave timers behind that would keep the process alive. All results are printed by now.
  process.exit(0);
}
