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

t.test('names of rules about secrets, public keys and codes are not names of secrets', (t) => {
  t.same(namesOfOtherThings.filter(isSecretName), []);
  t.end();
});

t.test('fields with whole files are distinguished from fields that describe files', (t) => {
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
