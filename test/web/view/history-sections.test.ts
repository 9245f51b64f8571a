import fc from 'fast-check';
import t from 'tap';
import { productEvents } from '../../../src/program/product-events.js';
import { historySections } from '../../../src/web/view/history-sections.js';

const isMinor = (type: string) => productEvents.definition(type)?.importance === 'minor';

const sectionsOf = (types: readonly string[], newDays: readonly number[] = []) =>
  historySections(
    types.map((type, index) => ({ type, index, minor: isMinor(type) })),
    ({ index }) => newDays.includes(index),
  ).map(({ folded, summary, events }) => `${folded ? 'folded' : 'shown'} ${events.length}: ${summary}`);

t.test('consecutive minor events are one line', async (t) => {
  t.same(
    sectionsOf([
      'RunQueued',
      'RunStarted',
      'RunTotalSet',
      'RunProgressNoted',
      'RunProgressNoted',
      'RunCompleted',
    ]),
    [
      'shown 2: 1 RunQueued, 1 RunStarted',
      'folded 3: 1 RunTotalSet, 2 RunProgressNoted',
      'shown 1: 1 RunCompleted',
    ],
  );
  t.same(
    sectionsOf(['RunStarted', 'RunTotalSet', 'RunCompleted']),
    ['shown 1: 1 RunStarted', 'shown 1: 1 RunTotalSet', 'shown 1: 1 RunCompleted'],
    'one alone is shown as it is',
  );
  t.same(
    sectionsOf(['RunProgressNoted', 'RunProgressNoted', 'RunProgressNoted', 'RunProgressNoted'], [0, 2]),
    ['folded 2: 2 RunProgressNoted', 'folded 2: 2 RunProgressNoted'],
    'a new day comes before its events',
  );
  t.same(
    sectionsOf(['EffectIntended', 'EffectSettled', 'TypeOfTomorrow', 'TypeOfTomorrow']),
    ['shown 4: 1 EffectIntended, 1 EffectSettled, 2 TypeOfTomorrow'],
    'changes outside and unknown types are never folded',
  );
});

t.test('nothing is left out and the order stays', async () => {
  const type = fc.constantFrom('RunStarted', 'RunProgressNoted', 'RunItemsRecorded', 'RunWaiting');
  fc.assert(
    fc.property(fc.array(type, { maxLength: 40 }), (types) => {
      const sections = historySections(
        types.map((name) => ({ type: name, minor: isMinor(name) })),
        () => false,
      );
      return (
        sections
          .flatMap(({ events }) => events)
          .map((event) => event.type)
          .join() === types.join()
      );
    }),
  );
});
