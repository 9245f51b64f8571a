/** Prints one line for people. */
export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints a value for programs. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2));
}
