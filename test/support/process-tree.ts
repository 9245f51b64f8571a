import { readdirSync } from 'node:fs';
import { type ProcessFacts, systemProcess } from '../../src/process/parent-watch.js';
import { until } from './until.js';

const LOOK_EVERY_MS = 20;

/** A process and all its descendants that run now. */
export function processTree(root: number): readonly ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => systemProcess(Number(entry)) ?? []);
  const tree: ProcessFacts[] = all.filter(({ pid }) => pid === root);
  for (const { pid } of tree) tree.push(...all.filter(({ parent }) => parent === pid));
  return tree;
}

/** Waits until none of these processes runs. The time limit of the test ends a wait that takes too long. */
export async function untilGone(processes: readonly ProcessFacts[]): Promise<void> {
  for (const { pid, began } of processes)
    await until(() => systemProcess(pid)?.began !== began, LOOK_EVERY_MS);
}

/** For tap's `skip` option: process trees are read from /proc. */
export const skipWithoutProc = (): string | false =>
  process.platform === 'linux' ? false : 'this system has no /proc';
