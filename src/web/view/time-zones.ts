/** Current names of zones that the runtime lists under older names. */
export const NAMES_TODAY: Readonly<Record<string, string>> = {
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Godthab': 'America/Nuuk',
  'America/Indianapolis': 'America/Indiana/Indianapolis',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
};
const nameToday = (zone: string): string => NAMES_TODAY[zone] ?? zone;

/** Every time zone to choose from, by name, UTC first. */
export const TIME_ZONES: readonly string[] = [
  'UTC',
  ...Intl.supportedValuesOf('timeZone')
    .filter((zone) => zone !== 'UTC')
    .map(nameToday)
    .sort(),
];
const LISTED = new Set(TIME_ZONES);

/**
 * The zone of the list with this name; older names and any case are accepted. Undefined when the list has no such zone.
 */
export function listedZone(text: string): string | undefined {
  try {
    const zone = nameToday(new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone);
    return LISTED.has(zone) ? zone : undefined;
  } catch {
    return undefined;
  }
}
