import fc from 'fast-check';
import t from 'tap';
import { alikeKey, nameDifferences } from '../../src/mapping/alike-names.js';

/** Goal: whatever a name holds, names that only look different are found, and the difference is named. */

const anyName = fc.string({ unit: 'binary', maxLength: 20 });

t.test('differences are named, and only those that are there', (t) => {
  const cases: readonly (readonly [string, string, readonly string[] | null])[] = [
    ['SEC-Laptops', 'SEC-Laptops', []],
    ['SEC-Laptops', 'sec-laptops', ['letter_case']],
    ['SEC-Laptops', 'SEC-Laptops ', ['spaces']],
    ['All  Devices', 'All Devices', ['spaces']],
    ['All\u00a0Devices', 'All Devices', ['spaces']],
    ['M\u00fcnchen', 'Mu\u0308nchen', ['unicode_form']],
    ['\uff33\uff25\uff23', 'SEC', ['unicode_form']],
    ['SEC\u200b-Laptops', 'SEC-Laptops', ['invisible_characters']],
    ['STRASSE', 'straße', ['letter_case']],
    ['  sec-m\u00fcnchen', 'SEC-Mu\u0308nchen', ['unicode_form', 'spaces', 'letter_case']],
    ['SEC-Laptops', 'SEC-Laptop', null],
    ['SEC-Laptops', 'SEC Laptops', null],
    ['p\u0430ypal', 'paypal', null],
  ];
  for (const [one, other, expected] of cases) {
    t.strictSame(nameDifferences(one, other), expected, JSON.stringify([one, other]));
    t.strictSame(nameDifferences(other, one), expected, JSON.stringify([other, one]));
  }
  t.end();
});

t.test('names are alike when their keys are equal, and a key is alike to its name', (t) => {
  fc.assert(
    fc.property(anyName, anyName, (one, other) => {
      const alike = nameDifferences(one, other) !== null;
      return alike === (alikeKey(one) === alikeKey(other)) && alikeKey(alikeKey(one)) === alikeKey(one);
    }),
  );
  t.end();
});

t.test('a disguised name is found, and only equal names have no difference', (t) => {
  const disguises: readonly ((name: string) => string)[] = [
    (name) => name.toUpperCase(),
    (name) => ` ${name}\u2003`,
    (name) => name.normalize('NFD'),
    (name) => [...name].join('\u200d'),
  ];
  fc.assert(
    fc.property(anyName, fc.subarray([...disguises]), (name, chosen) => {
      const disguised = chosen.reduce((text, disguise) => disguise(text), name);
      const differences = nameDifferences(name, disguised);
      return differences !== null && (differences.length === 0) === (name === disguised);
    }),
  );
  t.end();
});
