import { batchesOf } from '../../batches-of.js';
import type { ReferenceKind } from '../../policies/catalogue/policy-type.js';
import { REFERENCE_SOURCES } from '../../policies/catalogue/references.js';
import type { PolicyReference } from '../../policies/references.js';
import { referenceKey } from '../../policies/references.js';
import { BATCH_REQUESTS_MAX, type BatchResult, readBatch } from '../client/batch.js';
import type { ClientParts } from '../client/graph-call.js';
import { concernsEveryCall } from '../client/graph-error.js';
import type { BudgetedCall } from '../client/request.js';

/** An object that a policy refers to, with its present name. */
export interface NamedReference extends PolicyReference {
  /** Null when there is no name. */
  readonly name: string | null;
  /** Why there is no name: no object has the id, Graph gives no name, or names of this kind aren't read. */
  readonly unnamed: 'not_found' | 'not_readable' | 'not_asked' | null;
}

/** Reads names by kind and id; each name is read only once. */
export interface ReferenceNames {
  /** The references with their names, in their order. Errors: GraphError where no call can succeed; the signal's reason. */
  named(call: BudgetedCall, references: readonly PolicyReference[]): Promise<readonly NamedReference[]>;
}

type Found = Pick<NamedReference, 'name' | 'unnamed'>;

const NOT_ASKED: Found = { name: null, unnamed: 'not_asked' };

export function createReferenceNames(parts: ClientParts): ReferenceNames {
  const known = new Map<string, Promise<Found>>();

  /** Reads up to twenty names in one request. */
  function ask(call: BudgetedCall, references: readonly PolicyReference[]): void {
    const paths = references.map(({ kind, id }) => `${pathOf(kind)}/${encodeURIComponent(id)}`);
    const answers = readBatch(parts, call, paths);
    for (const [index, reference] of references.entries()) {
      const key = referenceKey(reference);
      const found = answers.then((all) => foundIn(reference.kind, all[index]));
      known.set(key, found);
      // Names that could not be read are read again when they are next needed.
      found.catch(() => known.delete(key));
    }
  }

  return {
    async named(call, references) {
      const unknown = references.filter(
        (reference) => pathOf(reference.kind) !== null && !known.has(referenceKey(reference)),
      );
      const open = [...new Map(unknown.map((reference) => [referenceKey(reference), reference])).values()];
      for (const batch of batchesOf(open, BATCH_REQUESTS_MAX)) ask(call, batch);
      return Promise.all(
        references.map(async (reference) => ({
          ...reference,
          ...((await known.get(referenceKey(reference))) ?? NOT_ASKED),
        })),
      );
    },
  };
}

const pathOf = (kind: ReferenceKind): string | null => REFERENCE_SOURCES[kind].path;

function foundIn(kind: ReferenceKind, answer: BatchResult | undefined): Found {
  if (answer && 'error' in answer) {
    if (concernsEveryCall(answer.error)) throw answer.error;
    const isGone = answer.error.reasonCode === 'graph_not_found';
    return { name: null, unnamed: isGone ? 'not_found' : 'not_readable' };
  }
  const name = answer?.body[REFERENCE_SOURCES[kind].nameField ?? 'displayName'];
  return typeof name === 'string' ? { name, unnamed: null } : { name: null, unnamed: 'not_readable' };
}
