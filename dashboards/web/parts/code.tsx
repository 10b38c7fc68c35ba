/** What a person types or sets stands between back-ticks in the words. */
export const withCode = (text: string) =>
  text.split('`').map((part, n) => (n % 2 === 1 ? <code key={n}>{part}</code> : part));
