import { readdirSync } from 'node:fs';
import { type ProcessFacts, systemProcess } from '../../src/process/parent-watch.js';
import { until } from './until.js';

const LOOK_EVERY_MS = 20;

/** A process and everything below it that runs now. */
export function processTree(root: number): readonly ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => systemProcess(Number(entry)) ?? []);
  const tree: ProcessFacts[] = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

/** Waits until none of these processes runs any more; the test's own limit ends a wait for ever. */
export async function untilGone(processes: readonly ProcessFacts[]): Promise<void> {
  for (const { pid, began } of processes)
    await until(() => systemProcess(pid)?.began !== began, LOOK_EVERY_MS);
}

/** For tap's `skip` option: process trees are read from /proc. */
export const skipWithoutProc = (): string | false =>
  process.platform === 'linux' ? false : 'this system has no /proc';
