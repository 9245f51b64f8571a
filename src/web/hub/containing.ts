/** The `like` pattern of texts that contain this one, whatever characters stand in it. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
