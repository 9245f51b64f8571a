import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Where questions are asked: a person's keyboard and screen. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * The terminal of this process, or null when its standard input is a file or a pipe. Questions are written to stderr.
 */
export function ownTerminal(): Terminal | null {
  return process.stdin.isTTY ? { input: process.stdin, output: process.stderr } : null;
}

/** Asks a question and returns the answer without blanks around it. Nothing of a hidden answer is shown. */
export async function ask(
  { input, output }: Terminal,
  question: string,
  { hidden = false }: { readonly hidden?: boolean } = {},
): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: hidden ? silent : output, terminal: true });
  // Ctrl-C ends the question as it would end the command.
  const left = new AbortController();
  lines.once('SIGINT', () => left.abort());
  lines.once('close', () => left.abort());
  try {
    if (hidden) output.write(question);
    return (await lines.question(hidden ? '' : question, { signal: left.signal })).trim();
  } finally {
    lines.close();
    if (hidden) output.write('\n');
  }
}
