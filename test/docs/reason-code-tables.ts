import { builtInOperations } from '../../src/operations/registry.js';
import { REASON_CODES, type ReasonCode, type ReasonKind } from '../../src/runs/reason-codes.js';
import { code, markdownTable } from './generated-blocks.js';

const BUILT_IN: Readonly<Record<string, ReasonCode>> = REASON_CODES;

/**
 * The tables of `docs/reason-codes.md`: one for each kind of common codes, and one for the codes that operation types
 * add.
 */
export function reasonCodeTables(): Record<string, string> {
  return {
    failures: tableOf(BUILT_IN, 'failure'),
    skips: tableOf(BUILT_IN, 'skip'),
    refusals: tableOf(BUILT_IN, 'refusal'),
    added: addedCodes(),
  };
}

function tableOf(codes: Readonly<Record<string, ReasonCode>>, kind: ReasonKind): string {
  const entries = Object.entries(codes).filter(([, entry]) => entry.kind === kind);
  const head = ['Code', 'What happened', 'What helps'];
  if (kind !== 'failure')
    return markdownTable(
      head,
      entries.map(([name, { meaning, advice }]) => [code(name), meaning, advice]),
    );
  return markdownTable(
    [...head, 'Again?'],
    entries.map(([name, { meaning, advice, retryable }]) => [
      code(name),
      meaning,
      advice,
      retryable ? 'yes' : 'no',
    ]),
  );
}

function addedCodes(): string {
  const rows = [...builtInOperations.values()].flatMap(({ type, reasonCodes }) =>
    Object.entries(reasonCodes).map(([name, entry]) => [code(type), code(name), entry.kind, entry.meaning]),
  );
  if (rows.length === 0) return 'None of the built-in operation types adds a code.';
  return markdownTable(['Operation type', 'Code', 'Kind', 'What happened'], rows);
}
