import t from 'tap';
import { directoryOfIssuer, issuerTemplateOf } from '../../../src/graph/tokens/entra-issuer.js';

const DIRECTORY = '33333333-3333-4333-8333-33333333abcd';

t.test('only issuers of Entra name a directory', async (t) => {
  for (const host of [
    'login.microsoftonline.com',
    'login.microsoftonline.us',
    'login.partner.microsoftonline.cn',
  ])
    t.equal(directoryOfIssuer(`https://${host}/${DIRECTORY.toUpperCase()}/v2.0`), DIRECTORY, host);
  t.equal(directoryOfIssuer(`http://127.0.0.1:8765/${DIRECTORY}/v2.0`), DIRECTORY, 'a simulator’s');
  for (const issuer of [
    `https://login.evil.example/${DIRECTORY}/v2.0`,
    `https://login.microsoftonline.com.evil.example/${DIRECTORY}/v2.0`,
    `http://login.microsoftonline.com/${DIRECTORY}/v2.0`,
    `http://127.0.0.1.evil.example/${DIRECTORY}/v2.0`,
    `https://localhost/${DIRECTORY}/v2.0`,
    'https://login.microsoftonline.com/organizations/v2.0',
    `https://login.microsoftonline.com/${DIRECTORY}/v2.0/more`,
    'demo',
    '',
  ])
    t.equal(directoryOfIssuer(issuer), null, issuer);
});

t.test('the issuer of many directories has a placeholder, at Entra’s addresses alone', async (t) => {
  for (const host of ['login.microsoftonline.com', 'login.microsoftonline.us'])
    for (const audience of ['common', 'organizations'])
      t.equal(
        issuerTemplateOf(new URL(`https://${host}/${audience}/v2.0`)),
        `https://${host}/{tenantid}/v2.0`,
      );
  t.equal(
    issuerTemplateOf(new URL('http://localhost:8765/common/v2.0')),
    'http://localhost:8765/{tenantid}/v2.0',
    'a simulator’s',
  );
  for (const address of [
    `https://login.microsoftonline.com/${DIRECTORY}/v2.0`,
    'https://login.microsoftonline.com/consumers/v2.0',
    'https://login.microsoftonline.com/organizations/v2.0/more',
    'https://login.evil.example/organizations/v2.0',
    'http://login.microsoftonline.com/organizations/v2.0',
  ])
    t.equal(issuerTemplateOf(new URL(address)), null, address);
});
