import t from 'tap';
import { bigint, nullable, text, uuid } from '../../../projections/engine/columns.js';
import { type AnyModel, defineModel } from '../../../projections/engine/model.js';
import { defineProjection } from '../../../projections/engine/projection.js';
import { defineTable } from '../../../projections/engine/table.js';
import { RunAsked, RunQueued } from '../../../src/runs/run-events.js';

const table = defineTable({
  name: 'doors',
  columns: { tenant_id: uuid(), door: text(), opened_at: nullable(bigint()) },
  key: ['tenant_id', 'door'],
  access: 'tenant',
});
const doors = defineModel({ table, wants: [RunQueued], fold() {} });
const schemaOf = (...models: AnyModel[]) =>
  defineProjection({ name: 'house', models, batchEveryMs: 0, isAnnounced: true }).schema;

t.test('the schema is named after everything that decides the rows', async (t) => {
  t.match(schemaOf(doors), /^house_[0-9a-f]{10}$/);
  t.equal(schemaOf(doors), schemaOf(defineModel({ table, wants: [RunQueued], fold() {} })));
  const changed: Record<string, AnyModel> = {
    'another fold': defineModel({ table, wants: [RunQueued], foldVersion: 2, fold() {} }),
    'another event': defineModel({ table, wants: [RunQueued, RunAsked], fold() {} }),
    'another statement': defineModel({ table, wants: [RunQueued], statements: ['select 1'], fold() {} }),
    'another index': defineModel({ table: { ...table, indexes: ['(door)'] }, wants: [RunQueued], fold() {} }),
    'another reader': defineModel({ table: { ...table, access: 'nobody' }, wants: [RunQueued], fold() {} }),
    'another column': defineModel({
      table: defineTable({ ...table, columns: { ...table.columns, opened_at: bigint() } }),
      wants: [RunQueued],
      fold() {},
    }),
  };
  const names = Object.entries(changed).map(([what, model]) => [schemaOf(model), what] as const);
  t.equal(new Map([...names, [schemaOf(doors), 'as it was'] as const]).size, names.length + 1);
});

t.test('it reads the categories of streams that its models want, and the ledger', async (t) => {
  const { streamPrefixes } = defineProjection({
    name: 'house',
    models: [doors],
    batchEveryMs: 0,
    isAnnounced: true,
  });
  t.same(streamPrefixes, ['ledger-', 'operation-']);
});

t.test('a table belongs to one model', async (t) => {
  t.throws(() => schemaOf(doors, doors), /two models make the table doors/);
});
