import t from 'tap';
import { certificateTroubleOf } from '../../src/wording/certificate-trouble.js';

t.test('a refused certificate is recognised by its error’s code or message', async (t) => {
  const coded = (code: string) => Object.assign(new Error('no connection'), { code });
  const inMessage = (text: string) =>
    new Error(`14 UNAVAILABLE: No connection established. Last error: ${text}.`);
  t.equal(certificateTroubleOf(coded('CERT_HAS_EXPIRED')), 'expired');
  t.equal(certificateTroubleOf(inMessage('certificate has expired')), 'expired');
  t.equal(certificateTroubleOf(coded('CERT_NOT_YET_VALID')), 'not-yet-valid');
  t.equal(certificateTroubleOf(coded('ERR_TLS_CERT_ALTNAME_INVALID')), 'for-another-name');
  t.equal(
    certificateTroubleOf(inMessage("Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 …")),
    'for-another-name',
  );
  for (const code of [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ])
    t.equal(certificateTroubleOf(coded(code)), 'not-trusted', code);
  t.equal(certificateTroubleOf(inMessage('unable to verify the first certificate')), 'not-trusted');
  for (const other of [coded('ECONNREFUSED'), inMessage('connect ECONNREFUSED'), undefined, 'expired'])
    t.equal(certificateTroubleOf(other), undefined);
});
