import { DEMO_AREAS, DEMO_VARIANTS, type DemoArea, type DemoDefinition } from './demo-definitions.js';
import { createDemoRandom, type DemoRandom } from './demo-random.js';

export type DemoValue = string | number | readonly string[];

/** A generated settings catalog policy, not yet in Graph's form. */
export interface DemoPolicy {
  /** Unique in the tenant for all generations; the id is derived from it. */
  readonly serial: number;
  readonly area: DemoArea;
  readonly variant: string;
  readonly revision: number;
  readonly values: ReadonlyMap<string, DemoValue>;
  /** Indices into the tenant's groups. */
  readonly groups: readonly number[];
  readonly createdIn: number;
  readonly changedIn: number;
}

/** A generated tenant in one generation. */
export interface DemoModel {
  readonly generation: number;
  readonly nextSerial: number;
  readonly policies: readonly DemoPolicy[];
  /**
   * Days by which quality updates are deferred, by update ring; the part that changes outside the settings
   * catalog.
   */
  readonly deferralDays: readonly number[];
  readonly minimumOsBuild: number;
}

const POLICIES_MIN = 24;
const POLICIES_MAX = 44;
const CHANGES_MIN = 3;
const CHANGES_MAX = 6;
/** Draws until a value differs from the one before it. */
const DRAWS_MAX = 20;
const DEMO_GROUPS_USED = 9;

/** The tenant's first generation. */
export function firstDemoModel(seed: string): DemoModel {
  const random = createDemoRandom(`${seed}/0`);
  let model: DemoModel = {
    generation: 0,
    nextSerial: 1,
    policies: [],
    deferralDays: [0, 3, 7],
    minimumOsBuild: 22_631,
  };
  const size = random.integer(POLICIES_MIN + 6, POLICIES_MAX - 4);
  while (model.policies.length < size) model = added(model, random, 0);
  return model;
}

/** The next generation: the model with a few changes that administrators typically make. */
export function nextDemoModel(seed: string, before: DemoModel): DemoModel {
  const generation = before.generation + 1;
  const random = createDemoRandom(`${seed}/${generation}`);
  let model: DemoModel = { ...before, generation };
  const changes = random.integer(CHANGES_MIN, CHANGES_MAX);
  for (let change = 0; change < changes; change++) model = changed(model, random, generation);
  return model;
}

function changed(model: DemoModel, random: DemoRandom, generation: number): DemoModel {
  const roll = random.integer(1, 20);
  const policy = random.pick(model.policies);
  if (roll <= 7) return replaced(model, { ...withValue(policy, random), changedIn: generation });
  if (roll <= 10) return replaced(model, { ...withToggledSetting(policy, random), changedIn: generation });
  if (roll <= 13) return replaced(model, withOtherGroups(policy, random));
  if (roll <= 15)
    return replaced(model, {
      ...withValue(policy, random),
      revision: policy.revision + 1,
      changedIn: generation,
    });
  if (roll === 16) return recreated(model, policy, generation);
  if (roll === 17) return { ...model, deferralDays: model.deferralDays.map((days) => (days + 2) % 15) };
  if (roll === 18) return { ...model, minimumOsBuild: model.minimumOsBuild + random.integer(1, 400) };
  const grow = model.policies.length <= POLICIES_MIN || (roll === 19 && model.policies.length < POLICIES_MAX);
  if (grow) return added(model, random, generation);
  return { ...model, policies: model.policies.filter((other) => other !== policy) };
}

function added(model: DemoModel, random: DemoRandom, generation: number): DemoModel {
  const free = DEMO_AREAS.flatMap((area) => DEMO_VARIANTS.map((variant) => ({ area, variant }))).filter(
    ({ area, variant }) => !model.policies.some((p) => p.area === area && p.variant === variant),
  );
  if (free.length === 0) return model;
  const { area, variant } = random.pick(free);
  const values = new Map<string, DemoValue>();
  for (const definition of area.definitions)
    if (random.fraction() < 0.75) values.set(definition.id, drawValue(definition, random));
  const policy: DemoPolicy = {
    serial: model.nextSerial,
    area,
    variant,
    revision: 0,
    values,
    groups: [random.integer(0, DEMO_GROUPS_USED - 1)],
    createdIn: generation,
    changedIn: generation,
  };
  return { ...model, nextSerial: model.nextSerial + 1, policies: [...model.policies, policy] };
}

function recreated(model: DemoModel, policy: DemoPolicy, generation: number): DemoModel {
  const again = { ...policy, serial: model.nextSerial, createdIn: generation, changedIn: generation };
  const policies = model.policies.map((other) => (other === policy ? again : other));
  return { ...model, nextSerial: model.nextSerial + 1, policies };
}

function replaced(model: DemoModel, policy: DemoPolicy): DemoModel {
  const policies = model.policies.map((other) => (other.serial === policy.serial ? policy : other));
  return { ...model, policies };
}

function withValue(policy: DemoPolicy, random: DemoRandom): DemoPolicy {
  const set = policy.area.definitions.filter(({ id }) => policy.values.has(id));
  if (set.length === 0) return withToggledSetting(policy, random);
  const definition = random.pick(set);
  const before = String(policy.values.get(definition.id));
  let value = drawValue(definition, random);
  for (let draw = 0; draw < DRAWS_MAX && String(value) === before; draw++)
    value = drawValue(definition, random);
  return { ...policy, values: new Map(policy.values).set(definition.id, value) };
}

function withToggledSetting(policy: DemoPolicy, random: DemoRandom): DemoPolicy {
  const definition = random.pick(policy.area.definitions);
  const values = new Map(policy.values);
  if (!values.delete(definition.id)) values.set(definition.id, drawValue(definition, random));
  return { ...policy, values };
}

function withOtherGroups(policy: DemoPolicy, random: DemoRandom): DemoPolicy {
  const group = random.integer(0, DEMO_GROUPS_USED - 1);
  const groups = policy.groups.includes(group)
    ? policy.groups.filter((other) => other !== group)
    : [...policy.groups, group];
  return { ...policy, groups };
}

function drawValue(definition: DemoDefinition, random: DemoRandom): DemoValue {
  switch (definition.kind) {
    case 'choice':
      return `${definition.id}_${random.integer(0, definition.options - 1)}`;
    case 'integer':
      return random.integer(definition.min, definition.max);
    case 'text':
      return random.pick(definition.texts);
    case 'texts':
      return definition.texts.filter((_, index) => index === 0 || random.fraction() < 0.5);
  }
}
