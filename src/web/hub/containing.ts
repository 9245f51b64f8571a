/** The `like` pattern for texts that contain this text. Special characters are escaped. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;
