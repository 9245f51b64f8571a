import {
  AND,
  BY,
  CHANGES,
  COPULAS,
  DIRECTIONS,
  GIVING,
  LABELS,
  LEADS,
  NOW,
  OTHER_OWNERS,
  PASSED_OVER,
  REPLACEMENTS,
  TRANSFERS,
} from './clause-words.js';
import type { Word } from './sentence-words.js';

/** How firmly the word before a value says that it is the secret. */
export enum Joint {
  /** The word before says that this is a value of something else. */
  Other,
  /** After a preposition, where the owner of the secret stands. */
  Owner,
  None,
  /** A verb such as “retrieved” or “using”. */
  Loose,
  /** A word for a value, such as “value”. */
  Label,
  /** A copula, a sign, or a word of direction after a verb of change. */
  Firm,
}

const IDENTIFIER = /[-_]ids?$/;

/** Whether what follows a word is the value of something else: `Schlüssel-ID …`, `device …`. */
export function isOtherOwner(lower: string): boolean {
  return OTHER_OWNERS.has(lower) || IDENTIFIER.test(lower);
}

/** Reads the words of a clause and knows how firmly what has been read leads to the next word. */
export class JointReader {
  private joint: Joint;
  /** A verb of change stands before, so that words of direction lead to a value. */
  private change: 'none' | 'change' | 'replacement' = 'none';
  /** The word before is a value, or “and” after one. */
  private isList = false;
  /** A firm joint stands right before the last word, which is the user's name if “and” and a password follow. */
  private isPair = false;
  /** The last word names something else, so that a sign after it leads to the value of that. */
  private isField = false;

  /** The word for an identifier has come, whose value follows: `sleutel-id begint met …`. */
  private owesIdentifier = false;
  private readonly isPolish: boolean;

  constructor(first: Joint, { isChange, isPolish }: { isChange: boolean; isPolish: boolean }) {
    this.joint = first;
    this.isPolish = isPolish;
    if (isChange) this.change = 'change';
  }

  /** How firmly the words so far lead to the next one. */
  get lead(): Joint {
    return this.owesIdentifier ? Joint.Other : this.joint;
  }

  readSign(sign: string): void {
    if (/[:=>]$|^--?$/.test(sign)) this.joint = this.jointAfterSign(sign);
    else if (this.isList && /^[,/|]$/.test(sign)) this.joint = Joint.Label;
    else if (this.isPair && /^[,/]$/.test(sign)) this.joint = Joint.Label;
    else if (/[,(]$/.test(sign) && this.joint === Joint.None) this.joint = Joint.Loose;
  }

  private jointAfterSign(sign: string): Joint {
    if (this.isField) return Joint.Other;
    return this.change === 'none' || sign.endsWith('>') ? Joint.Firm : Joint.Label;
  }

  readWord({ lower, sign }: Word, isValue: boolean): void {
    if (this.owesIdentifier && /\d/.test(lower)) {
      this.owesIdentifier = false;
      this.joint = Joint.None;
      return;
    }
    if (IDENTIFIER.test(lower)) this.owesIdentifier = true;
    const isAnd = AND.has(lower);
    const before = this.joint;
    if (isAnd && (this.isList || this.isPair)) {
      this.joint = Joint.Label;
      return;
    }
    if (REPLACEMENTS.has(lower)) this.change = 'replacement';
    else if (CHANGES.has(lower)) this.change = 'change';
    else if (TRANSFERS.has(lower)) this.change = 'none';
    this.joint = isOtherOwner(lower) ? Joint.Other : isValue ? Joint.None : this.jointAfter(lower);
    this.isField =
      OTHER_OWNERS.has(lower) ||
      (sign.endsWith(',') && !isValue && this.joint === Joint.None && before === Joint.Loose);
    this.isList = isValue;
    this.isPair = before === Joint.Firm && this.joint === Joint.None && !isValue && !isOtherOwner(lower);
  }

  private jointAfter(lower: string): Joint {
    if (COPULAS.has(lower) || (this.isPolish && lower === 'to')) return Joint.Firm;
    if (this.change !== 'none' && DIRECTIONS.has(lower)) return Joint.Firm;
    if (this.change === 'replacement' && BY.has(lower)) return Joint.Firm;
    if (LABELS.has(lower)) return Joint.Label;
    if (NOW.has(lower)) return Math.max(this.joint, Joint.Label);
    if (GIVING.has(lower) || CHANGES.has(lower)) return Joint.Loose;
    if (PASSED_OVER.has(lower)) return this.joint;
    return LEADS.has(lower) ? Joint.Owner : Joint.None;
  }
}
