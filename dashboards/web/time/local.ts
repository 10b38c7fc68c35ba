/** Instants as `datetime-local` inputs hold them: wall time of the reader, to the second. Pure but for the reader's zone. */
const two = (n: number) => String(n).padStart(2, '0');

export function localText(at: number | null): string {
  if (at === null) return '';
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Null for an empty text. What was not edited stays as it was, to the millisecond. */
export function instantIn(text: string, before: number | null): number | null {
  if (text === localText(before)) return before;
  return text === '' ? null : new Date(text).getTime();
}
