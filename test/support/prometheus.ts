import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { freePort } from './free-port.js';
import { temporaryFolder } from './running-product.js';
import { prometheusPath } from './system-parts.js';
import { until } from './until.js';

/** A Prometheus that collects from processes. */
export interface TestPrometheus {
  /**
   * Evaluates an expression until it has a result, and returns how many series that has. Errors: those of Prometheus,
   * in its words.
   */
  seriesOf(expression: string): Promise<number>;
  /** The state of each alert: `inactive`, `pending` or `firing`. */
  alertStates(): Promise<Readonly<Record<string, string>>>;
}

/** Starts Prometheus, which collects from these ports of loopback once a second and evaluates the file of rules. */
export async function startPrometheus(
  t: Test,
  ports: readonly number[],
  rulesFile: string,
): Promise<TestPrometheus> {
  const folder = await temporaryFolder(t, 'prometheus');
  const settings = join(folder, 'prometheus.json');
  const targets = ports.map((port) => `127.0.0.1:${port}`);
  // JSON is YAML too.
  await writeFile(
    settings,
    JSON.stringify({
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [rulesFile],
      scrape_configs: [{ job_name: 'opsledger', static_configs: [{ targets }] }],
    }),
  );
  const address = `127.0.0.1:${await freePort()}`;
  const child: ChildProcess = spawn(
    prometheusPath() ?? '',
    [
      ...[`--config.file=${settings}`, `--storage.tsdb.path=${join(folder, 'data')}`],
      ...[`--web.listen-address=${address}`, '--log.level=error'],
    ],
    { stdio: 'ignore' },
  );
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  /** Undefined while it isn't up. */
  const ask = async (path: string) => {
    const answer = await fetch(`http://${address}/api/v1/${path}`).catch(() => undefined);
    if (!answer || answer.status === 503) return undefined;
    const body = await answer.json();
    if (body.status !== 'success') throw new Error(`${path}: ${body.error}`);
    return body.data;
  };
  return {
    seriesOf: (expression) =>
      until(async () => {
        const data = await ask(`query?query=${encodeURIComponent(expression)}`);
        return data?.result.length || undefined;
      }),
    alertStates: async () => {
      const data = await until(() => ask('rules'));
      const rules: readonly { name: string; state: string }[] = data.groups.flatMap(
        (group: { rules: unknown[] }) => group.rules,
      );
      return Object.fromEntries(rules.map(({ name, state }) => [name, state]));
    },
  };
}
