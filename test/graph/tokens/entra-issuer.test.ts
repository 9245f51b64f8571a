import t from 'tap';
import { directoryOfIssuer } from '../../../src/graph/tokens/entra-issuer.js';

const DIRECTORY = '33333333-3333-4333-8333-33333333abcd';

t.test('the directory stands in Entra’s issuers alone', async (t) => {
  for (const host of [
    'login.microsoftonline.com',
    'login.microsoftonline.us',
    'login.partner.microsoftonline.cn',
  ])
    t.equal(directoryOfIssuer(`https://${host}/${DIRECTORY.toUpperCase()}/v2.0`), DIRECTORY, host);
  for (const issuer of [
    `https://login.evil.example/${DIRECTORY}/v2.0`,
    `https://login.microsoftonline.com.evil.example/${DIRECTORY}/v2.0`,
    `http://login.microsoftonline.com/${DIRECTORY}/v2.0`,
    'https://login.microsoftonline.com/organizations/v2.0',
    `https://login.microsoftonline.com/${DIRECTORY}/v2.0/more`,
    'demo',
    '',
  ])
    t.equal(directoryOfIssuer(issuer), null, issuer);
});
