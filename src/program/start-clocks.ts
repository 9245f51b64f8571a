import type { ProgramContext } from './program-context.js';

/** Measures the differences to the servers' clocks, in every role, because people read times from every process. */
export async function startClocks({ parts, metrics, clocks }: ProgramContext): Promise<void> {
  metrics?.followClocks(
    () => new Map([...clocks.known()].map(([server, { offsetMs }]) => [server, offsetMs / 1000])),
  );
  await parts.add(
    'difference of clocks',
    () => clocks.measuring.start(),
    () => clocks.measuring.stop(),
  );
}
