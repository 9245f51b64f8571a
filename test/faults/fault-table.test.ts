import { writeFileSync } from 'node:fs';
import t from 'tap';
import { longRun } from '../support/fault-bed.js';
import { rowsAndFold } from '../support/fault-rows.js';
import { skipWithoutNats, skipWithoutPgBouncer } from '../support/system-parts.js';
import { BUS_FAULTS } from './fault-table/bus-faults.js';
import { chosenFaults } from './fault-table/choice.js';
import { DATABASE_FAULTS } from './fault-table/database-faults.js';
import type { Fault } from './fault-table/fault.js';
import { MACHINE_FAULTS } from './fault-table/machine-faults.js';
import { playFault } from './fault-table/play-fault.js';
import { CLOCK_FAULTS, PROCESS_FAULTS } from './fault-table/process-faults.js';
import { type Row, tableOf } from './fault-table/row.js';
import { startStage } from './fault-table/stage.js';
import { STORE_FAULTS } from './fault-table/store-faults.js';

/**
 * Goal: the table of docs/reliability.md is true. Method: one started product, as separate processes on real servers
 * under a steady load, meets one fault after another. For each the hub must say it, recover from it by itself, end
 * every run that it accepted, and keep every promise. `FAULTS` chooses among the faults (`chosenFaults`), and
 * `FAULT_TABLE=file` writes what was seen.
 */
const ALL: readonly Fault[] = [
  ...PROCESS_FAULTS,
  ...CLOCK_FAULTS,
  ...BUS_FAULTS,
  ...DATABASE_FAULTS,
  ...STORE_FAULTS,
  ...MACHINE_FAULTS,
];
const { FAULTS = '', FAULT_TABLE } = process.env;
const isRoot = process.getuid?.() === 0;
const skip = longRun
  ? skipWithoutNats() || skipWithoutPgBouncer() || (isRoot ? false : 'only root mounts file systems')
  : 'only in the long tests';

t.setTimeout(90 * 60_000);

t.test('every fault, one after another, under load', { skip }, async (t) => {
  const chosen = chosenFaults(ALL, FAULTS);
  const stage = await startStage(t);
  const rows: Row[] = [];
  for (const fault of chosen) {
    if (CLOCK_FAULTS.includes(fault) && !stage.hasFalseClocks) {
      t.comment(`${fault.name}: needs libfaketime (apt-get install faketime)`);
      continue;
    }
    await t.test(fault.name, async (t) => {
      rows.push(await playFault(t, stage, fault));
      if (FAULT_TABLE) writeFileSync(FAULT_TABLE, tableOf(rows));
    });
  }
  const { rows: live, fold } = await rowsAndFold(t, stage.bed);
  t.same(live, fold, 'P5: every row is that of a fresh fold');
  stage.stop();
});
