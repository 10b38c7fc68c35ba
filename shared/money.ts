/** Amounts in the smallest unit of their currency: cents, pence, yen. Whole numbers, so that sums are exact. */

/** More is a slip: a thousand million, of a currency with cents. */
export const mostCents = 100_000_000_000;

export const isCurrency = (code: string): boolean =>
  /^[A-Z]{3}$/.test(code) && Intl.supportedValuesOf('currency').includes(code);

/** Two of the euro, none of the yen. */
export const minorDigits = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/** `1250.50`: without any separator of thousands, as tables have it. */
export const amountText = (cents: number, currency: string): string =>
  (cents / 10 ** minorDigits(currency)).toFixed(minorDigits(currency));

/**
 * The amount that a person typed, with point or comma before the part of a unit. Null where it is no amount, or has more
 * decimals than the currency: 1,250 is not taken for 1250.
 */
export function centsIn(text: string, currency: string): number | null {
  const [, sign, whole, part = ''] = /^(-?)(\d{1,15})(?:[.,](\d{1,3}))?$/.exec(text.trim()) ?? [];
  const digits = minorDigits(currency);
  if (whole === undefined || part.length > digits) return null;
  const cents = Number(whole + part.padEnd(digits, '0'));
  return sign === '-' ? -cents : cents;
}
