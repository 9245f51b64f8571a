import { REFUSALS, type SignInRefusal, TRANSIENT_AADSTS } from '../../src/graph/tokens/sign-in-refusals.js';
import { builtInOperations } from '../../src/operations/registry.js';
import { POLICY_TYPES } from '../../src/policies/catalogue/policy-types.js';
import { code, markdownTable } from './generated-blocks.js';

/** The tables of `docs/connecting.md`: the permissions for reading and for restoring, and what refusals mean. */
export function connectionTables(): Record<string, string> {
  return { reading: reading(), restoring: restoring(), refusals: refusals() };
}

function reading(): string {
  const all = new Set([
    ...POLICY_TYPES.map(({ permission }) => permission),
    ...[...builtInOperations.values()].flatMap((type) =>
      type.carriedOutBy === 'worker' ? type.permissions.filter((name) => !isForWriting(name)) : [],
    ),
  ]);
  return tableOf([...all], (name) =>
    POLICY_TYPES.filter(({ permission }) => permission === name).map(({ label }) => label),
  );
}

function restoring(): string {
  const all = new Set(POLICY_TYPES.flatMap(({ writing }) => writing?.permission ?? []));
  return tableOf([...all], (name) =>
    POLICY_TYPES.filter(({ writing }) => writing?.permission === name).map(({ label }) => label),
  );
}

const isForWriting = (permission: string): boolean => permission.includes('ReadWrite');

function tableOf(permissions: readonly string[], typesOf: (permission: string) => readonly string[]): string {
  return markdownTable(
    ['Permission', 'For'],
    [...permissions]
      .sort()
      .map((name) => [code(name), typesOf(name).join(', ') || 'groups: their names and the cache']),
  );
}

function refusals(): string {
  const numbers = new Map<SignInRefusal, number[]>();
  for (const [number, refusal] of REFUSALS) numbers.set(refusal, [...(numbers.get(refusal) ?? []), number]);
  return markdownTable(
    ['`AADSTS…`', 'Reason code', 'What is wrong, and what to do'],
    [
      ...[...numbers].map(([{ reasonCode, words }, all]) => [all.join(', '), code(reasonCode), words]),
      [
        [...TRANSIENT_AADSTS].join(', '),
        code('graph_unavailable'),
        'Entra has trouble of its own, or asks to slow down: runs wait for it, and nothing needs to be done.',
      ],
    ],
  );
}
