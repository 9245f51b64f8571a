#!/usr/bin/env node
import { runCommandLine } from './cli/run-command-line.js';

// A reader of the output may end before all is written (`opsledger --help | head -1`).
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

await runCommandLine(process.argv.slice(2));
