/** What an id of the settings catalog begins with before it says anything about the setting. */
const CATALOG_START = /^(?:(?:device|user)_)?vendor_msft_(?:policy_config_)?/i;

/** A setting of a policy, as evidence and policies hold it. */
interface NamedSetting {
  readonly label: string | null;
  readonly path: string;
}

/**
 * The part of a settings catalog id that names the setting: `defender_signatureupdateinterval` of
 * `device_vendor_msft_policy_config_defender_signatureupdateinterval`. Ids of administrative templates inside the
 * catalog name their categories before it, separated by `~`. Null for a name of another kind.
 */
export function catalogName(id: string): string | null {
  const name = id.replace(CATALOG_START, '');
  if (name === id) return null;
  return name.slice(name.lastIndexOf('~') + 1);
}

/** A setting with a label that people can read, if the last step of its path is an id of the settings catalog. */
export const withCatalogName = <Setting extends NamedSetting>(setting: Setting): Setting => ({
  ...setting,
  label: setting.label ?? catalogName(lastStep(setting.path)),
});

/** A value of a setting; of a choice of the settings catalog only what follows the setting's own id. */
export function choiceOf(path: string, value: string): string {
  const start = `${lastStep(path)}_`.toLowerCase();
  const isChoice = value.length > start.length && value.toLowerCase().startsWith(start);
  return isChoice ? value.slice(start.length) : value;
}

const lastStep = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
