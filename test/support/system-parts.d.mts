export interface SystemPart {
  readonly title: string;
  readonly variable: string;
  readonly commands: readonly string[];
  readonly debianPackage: string;
}

export const systemParts: Readonly<Record<'natsServer' | 'chromium', SystemPart>>;
export function findSystemPart(part: SystemPart): string | undefined;
export function missingReason(part: SystemPart): string;
