import { spawnEventStore } from '../../../../src/embedded/event-store/index.js';

/** A process that has a store as its child, to be killed. Prints the child's process number. */
const store = await spawnEventStore({ dataDir: process.argv[2] ?? '' });
process.stdout.write(`${store.pid}\n`);
setInterval(() => undefined, 60_000);
