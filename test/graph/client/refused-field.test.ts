import t from 'tap';
import { refusedField } from '../../../src/graph/client/refused-field.js';

/** Goal: a refusal says which field it is about, and never repeats anything else of Graph's words. */

const body = {
  name: 'Firewall',
  platforms: 'windows10',
  technologies: 'mdm',
  settings: [{ settingInstance: { simpleSettingValue: { value: 'Secret1!' } } }],
};
const refusal = (message: string) => JSON.stringify({ error: { code: 'BadRequest', message } });
const inIntuneForm = (message: string) =>
  refusal(JSON.stringify({ _version: 3, Message: message, CustomApiErrorPhrase: '' }));

t.test('a field of the request that the refusal names is found', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    [refusal('Property platforms can’t be changed'), 'platforms'],
    [inIntuneForm("The property 'technologies' does not exist on type"), 'technologies'],
    [refusal('Invalid value for "settingInstance.simpleSettingValue".'), 'settingInstance'],
    [refusal('name must not be empty. Property name is required'), 'name'],
    [refusal('Update of platforms is not supported'), 'platforms'],
  ];
  for (const [answer, field] of cases) t.equal(refusedField(400, answer, body), field, answer);
});

t.test('nothing else is repeated', async (t) => {
  const answers = [
    refusal('The value Secret1! is too short'),
    refusal("Property 'password' has the value 'Secret1!'"),
    refusal('The name of this value has a settings type id'),
    'no JSON: platforms',
    JSON.stringify({ error: { message: 7 } }),
    '[]',
    '',
  ];
  for (const answer of answers) t.equal(refusedField(400, answer, body), null, answer);
  t.equal(refusedField(409, refusal('Property platforms'), body), null);
  t.equal(refusedField(400, refusal('Property platforms'), undefined), null);
  t.equal(refusedField(400, null, body), null);
});
