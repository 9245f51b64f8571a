import { REASON_CODES } from '../runs/reason-codes.js';
import { backupScheduleRun } from './backup-schedule-run/backup-schedule-run.js';
import { backupSetAddPolicies } from './backup-set-add-policies/backup-set-add-policies.js';
import { connectionCheck } from './connection-check/connection-check.js';
import type { OperationDefinition } from './define.js';
import type { ExternalOperation } from './define-external.js';
import { directoryGroupsSync } from './directory-groups-sync/directory-groups-sync.js';
import { driftGenerate } from './drift-generate/drift-generate.js';
import { inventorySync } from './inventory-sync/inventory-sync.js';
import type { OperationType } from './operation-type.js';
import { policyCaptureSnapshot } from './policy-capture-snapshot/policy-capture-snapshot.js';
import { policyExport } from './policy-export/policy-export.js';
import { restoreExecute } from './restore-execute/restore-execute.js';
import { restorePreview } from './restore-preview/restore-preview.js';

/** The types that this program's workers carry out, by name. */
export type OperationRegistry = ReadonlyMap<string, OperationDefinition>;

/** Every type that can be started, by name, with those of outside producers. */
export type OperationCatalogue = ReadonlyMap<string, OperationDefinition | ExternalOperation>;

/** Collects definitions. Throws when two have the same type, and when a reason code is already declared. */
export function createOperationRegistry<Definition extends OperationDefinition | ExternalOperation>(
  definitions: readonly Definition[],
): ReadonlyMap<string, Definition> {
  const registry = new Map<string, Definition>();
  const codes = new Set(Object.keys(REASON_CODES));
  for (const definition of definitions) {
    if (registry.has(definition.type)) throw new TypeError(`${definition.type} is defined twice`);
    for (const code of Object.keys(definition.reasonCodes)) {
      if (codes.has(code))
        throw new TypeError(`${definition.type} declares “${code}”, which has a meaning already`);
      codes.add(code);
    }
    registry.set(definition.type, definition);
  }
  return registry;
}

/**
 * The definition that carries out a run in this program. Undefined when the program doesn't know the type or only an
 * older version of it; other workers then take the run.
 */
export function definitionFor<Definition extends OperationType>(
  operations: ReadonlyMap<string, Definition>,
  run: { readonly type: string; readonly definitionVersion: number },
): Definition | undefined {
  const definition = operations.get(run.type);
  return definition && run.definitionVersion <= definition.version ? definition : undefined;
}

/** The product's operation types; adding one is a line here and a folder beside this file. */
export const OPERATIONS = [
  inventorySync,
  driftGenerate,
  connectionCheck,
  policyCaptureSnapshot,
  backupSetAddPolicies,
  policyExport,
  restorePreview,
  directoryGroupsSync,
  restoreExecute,
  backupScheduleRun,
] as const;

/** The product's operation types by name. */
export const builtInOperations: OperationRegistry = createOperationRegistry(OPERATIONS);
