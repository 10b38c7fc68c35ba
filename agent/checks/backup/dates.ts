/**
 * Dates as programs print them in their user's culture. No single text can be trusted (03/04 is March or April), so all
 * texts of one column are read together: a number above 12 is a day, dots mean that the day comes first, and of
 * cultures with slashes those with AM and PM put the month first. What stays open is null, never a guess.
 */
import { strictInstant as isoInstant, localInstant } from './instants.ts';

export type DateOrder = 'dmy' | 'mdy' | 'ymd';

/** Halves of the day as .NET's cultures write them, without dots and blanks. Others are unknown, not mornings. */
const halves: Readonly<Record<string, 0 | 12>> = {
  ...{ am: 0, pm: 12, 午前: 0, 午後: 12, 上午: 0, 下午: 12, 오전: 0, 오후: 12, πμ: 0, μμ: 12, ص: 0, م: 12 },
  ...{ sa: 0, ch: 12, pd: 0, md: 12 },
};

const shape =
  /^(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})\.?(?:T| |, )(?:([^\d ]{1,12}) ?)?(\d{1,2})[:.](\d\d)(?:[:.](\d\d)(?:[.,]\d{1,9})?)?(?: ?([^\d ].{0,12}))?$/u;

interface DateShape {
  numbers: [number, number, number];
  separator: string;
  hour: number;
  minute: number;
  second: number;
  /** 0 or 12 hours; null without a marker, undefined with an unknown one. */
  half: 0 | 12 | null | undefined;
}

/** Marks of writing direction go, and every kind of blank is one: newer systems put U+202F before PM. */
const plain = (text: string) =>
  text
    .replace(/[\u200e\u200f\u061c]/g, '')
    .replace(/[\u00a0\u202f]/g, ' ')
    .replace(/^(\d{4})\. (\d{1,2})\. (\d{1,2})\./, '$1.$2.$3.')
    .trim();

function shapeOf(text: string): DateShape | null {
  const match = text.length > 80 ? null : shape.exec(plain(text));
  if (!match) return null;
  const [, a, separator = '', b, c, before, hour, minute, second, after] = match;
  const word = before ?? after;
  const half = word === undefined ? null : halves[word.replace(/[. ]/g, '').toLowerCase()];
  const numbers: DateShape['numbers'] = [Number(a), Number(b), Number(c)];
  return { numbers, separator, hour: Number(hour), minute: Number(minute), second: Number(second ?? 0), half };
}

/** The order of the parts that all dates of one column have; null when they contradict each other. */
function orderOf(shapes: readonly DateShape[]): DateOrder | null {
  const short = shapes.filter(({ numbers: [a] }) => a <= 31);
  if (short.length === 0) return 'ymd';
  const day = short.some(({ numbers: [a] }) => a > 12);
  const month = short.some(({ numbers: [, b] }) => b > 12);
  if (day || month) return day && month ? null : day ? 'dmy' : 'mdy';
  return short.some(({ separator, half }) => separator === '/' && half !== null) ? 'mdy' : 'dmy';
}

function instantOf({ numbers: [a, b, c], hour, minute, second, half }: DateShape, order: DateOrder): number | null {
  const [year, month, day] = a > 31 ? [a, b, c] : order === 'mdy' ? [c, a, b] : [c, b, a];
  if (half === undefined || (half !== null && (hour < 1 || hour > 12))) return null;
  const hours = half === null ? hour : (hour % 12) + half;
  return localInstant([year, month, day, hours, minute, second, 0]);
}

/**
 * A reader of local times for one column of a table.
 * @param texts every date of the column, empty ones too
 * @param declared the order that the settings name, over what is observed
 */
export function columnOfDates(
  texts: readonly (string | null | undefined)[],
  declared?: DateOrder,
): (text: string | null | undefined) => number | null {
  const shapes = texts.flatMap((text) => shapeOf(text ?? '') ?? []);
  const order = declared ?? orderOf(shapes);
  // Where one has its half of the day, one without was cut off.
  const halved = shapes.some(({ half }) => half !== null);
  return (text) => {
    const whole = isoInstant(text);
    if (whole !== null) return whole;
    const found = shapeOf(text ?? '');
    if (!found || (halved && found.half === null)) return null;
    const [a, b] = found.numbers;
    // In a column that contradicts itself only a date that proves its own order is read.
    const own = order ?? (a > 12 ? 'dmy' : b > 12 ? 'mdy' : null);
    return own === null ? null : instantOf(found, own);
  };
}
