/** One measured figure. With `--json` it is printed as one object on a line. */
export interface Figure {
  readonly bench: string;
  /** `opsledger`, or the peer or limit that it is compared with. */
  readonly subject: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  /** How many measurements the value comes from. */
  readonly n: number;
}

export interface BenchOptions {
  readonly json: boolean;
  readonly args: string[];
}

/** Prints a figure, for people or as JSON. */
export function report(figure: Figure, { json }: BenchOptions): void {
  const value = figure.value > 100 ? Math.round(figure.value) : Number(figure.value.toFixed(3));
  if (json) process.stdout.write(`${JSON.stringify({ ...figure, value })}\n`);
  else {
    const name = `${figure.subject}  ${figure.metric}`.padEnd(56);
    process.stdout.write(`${name} ${value.toLocaleString('en')} ${figure.unit}  (n=${figure.n})\n`);
  }
}

/** The value below which a share `p` of the sorted values lies. */
export function quantile(sorted: readonly number[], p: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}
