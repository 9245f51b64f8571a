import t from 'tap';
import { carriesFile, isSecretName } from '../../src/sanitize/secret-names.js';
import { namesOfOtherThings, namesOfSecrets } from './corpus/secret-names.js';

t.test('names of secrets are recognised in every style', (t) => {
  t.same(
    namesOfSecrets.filter((name) => !isSecretName(name)),
    [],
  );
  t.end();
});

t.test('rules about secrets and public keys, codes and tokens are no names of secrets', (t) => {
  t.same(namesOfOtherThings.filter(isSecretName), []);
  t.end();
});

t.test('fields that carry whole files are told from those that describe them', (t) => {
  const carriers = ['scriptContent', 'detectionScriptContent', 'payload', 'payloadJson', 'encodedSettingXml'];
  const definitions = [
    'device_vendor_msft_wifi_profile_{ssid}_wlanxml',
    'advancedThreatProtectionOnboardingBlob',
  ];
  t.same(
    [...carriers, ...definitions].filter((name) => !carriesFile(name)),
    [],
  );
  t.same(['payloadName', 'payloadFileName', 'scriptName', 'blobCount', 'content'].filter(carriesFile), []);
  t.end();
});
